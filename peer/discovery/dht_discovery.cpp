#include "peer/discovery/dht_discovery.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "config/text.hpp"
#include "peer/discovery/dht_module.hpp"
#include "peer/keys/openssl.hpp"
#include "protocol/assert.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using udp = asio::ip::udp;

/// How long a search waits for the first node that is up; for nodes that do not answer; and for those when it has
/// results, which one near node is enough for.
constexpr auto kJoinTime = 4s;
constexpr auto kSearchTime = 6s;
constexpr auto kQuietTime = 1500ms;
constexpr std::size_t kMostResults = 4'096;
/// How long what is found waits for its withdrawal, which the next node may have: nodes that were the nearest to a key
/// once do not hear of it. Nothing waits longer than its search takes.
constexpr auto kHoldTime = 100ms;

/// How often the nodes to join are contacted: while alone; and otherwise, so that parts that began apart come together.
constexpr auto kLonelyInterval = 2s;
constexpr auto kContactInterval = 30s;

constexpr auto kFarewellTime = 1s;

/// How many holdings are announced at once, and how often.
constexpr std::size_t kAtATime = 4;
constexpr auto kPace = 100ms;

AnnouncementSecret random_secret() {
  AnnouncementSecret secret;
  fill_randomly(secret);
  return secret;
}

}  // namespace

DhtDiscovery::DhtDiscovery(asio::io_context& io, DiscoveryOptions options, const DhtNodeOptions& node_options)
    : io_(io),
      options_(std::move(options)),
      resolver_(io),
      contact_timer_(io),
      pace_timer_(io),
      node_(open_dht_node(io, node_options, while_alive([this](bool connected) { on_connected(connected); }))) {
  if (options_.self) publish({}, {node_key(options_.network)});
  contact_all();
}

DhtDiscovery::~DhtDiscovery() {
  end();
  std::vector<DhtValue> farewells;
  for (const auto& [holding, published] : published_) append_withdrawals(published, farewells);
  node_->take_back(farewells, connected_ ? kFarewellTime : 0s);
}

// --- What we announce ---

void DhtDiscovery::announce(const Holding& holding) {
  P2P_ASSERT(options_.self);
  if (!is_valid(holding))
    return spdlog::warn("others cannot find {}: no name that they would accept", config::in_quotes(holding.name));
  if (std::ranges::find(announced_, holding) != announced_.end()) return;
  if (announced_.size() == kMostAnnounced) withdraw(Holding(announced_.front()));
  announced_.push_back(holding);
  if (!publishing_) publish_some();
}

void DhtDiscovery::withdraw(const Holding& holding) {
  std::erase(announced_, holding);
  const auto found = published_.find(holding);
  if (found == published_.end()) return;
  std::vector<DhtValue> withdrawals;
  append_withdrawals(found->second, withdrawals);
  published_.erase(found);
  node_->take_back(withdrawals, 0s);
}

/// OpenDHT does what it is told to do in order, and its end waits for all of it: so it gets little at a time.
void DhtDiscovery::publish_some() {
  std::size_t left = kAtATime;
  for (const Holding& holding : announced_) {
    if (published_.contains(holding)) continue;
    publish(holding, {name_key(options_.network, holding.name), content_key(options_.network, holding.id)});
    if (--left == 0) break;
  }
  publishing_ = left < kAtATime;
  if (!publishing_) return;
  pace_timer_.expires_after(kPace);
  pace_timer_.async_wait(while_alive([this](const std::error_code& error) {
    if (!error) publish_some();
  }));
}

void DhtDiscovery::publish(const std::optional<Holding>& holding, const std::vector<DhtKey>& keys) {
  Published published{
      .secret = random_secret(), .announcement = {.node = *options_.self, .holding = holding}, .values = {}};
  published.announcement.seal = seal_of(published.secret);
  const std::vector<std::byte> bytes = encode(published.announcement);
  for (const DhtKey& key : keys) {
    std::vector<std::byte> value = to_value(bytes, options_.network);
    const std::uint64_t number = announcement_number(value);
    published.values.push_back({key, number, std::move(value)});
    node_->put(published.values.back());
  }
  published_.emplace(holding, std::move(published));
}

void DhtDiscovery::append_withdrawals(const Published& published, std::vector<DhtValue>& to) const {
  for (const DhtValue& value : published.values)
    to.push_back({value.key, value.number, to_value(encode(Withdrawal{published.secret}), options_.network)});
}

// --- Neighbors ---

void DhtDiscovery::on_connected(bool connected) {
  connected_ = connected;
  if (!connected) return contact_all();
  for (const auto& [holding, published] : published_)
    for (const DhtValue& value : published.values) node_->put(value);
  for (const auto& search : std::set(searches_))
    if (!search->running) look(search);
}

void DhtDiscovery::contact_all() {
  for (const Rendezvous& rendezvous : options_.join)
    resolver_.async_resolve(
        rendezvous.host, std::to_string(rendezvous.port),
        while_alive([this](const std::error_code& error, const udp::resolver::results_type& results) {
          if (!error) node_->contact({results.begin(), results.end()});
        }));
  if (!options_.join.empty())
    contact_after(connected_ ? Clock::duration(kContactInterval) : Clock::duration(kLonelyInterval));
}

void DhtDiscovery::contact_after(Clock::duration wait) {
  contact_timer_.expires_after(wait);
  contact_timer_.async_wait(while_alive([this](const std::error_code& error) {
    if (!error) contact_all();
  }));
}

// --- Searches ---

void DhtDiscovery::find_name(const std::string& name, std::function<void(const Found&)> on_found,
                             std::function<void()> on_done) {
  find_holdings(
      name_key(options_.network, name), [name](const Holding& holding) { return holding.name == name; },
      std::move(on_found), std::move(on_done));
}

void DhtDiscovery::find_content(const ContentId& id, std::function<void(const Found&)> on_found,
                                std::function<void()> on_done) {
  find_holdings(
      content_key(options_.network, id), [id](const Holding& holding) { return holding.id == id; }, std::move(on_found),
      std::move(on_done));
}

void DhtDiscovery::find_nodes(std::function<void(const Node&)> on_found, std::function<void()> on_done) {
  start(
      node_key(options_.network), [](const Announcement& announcement) { return !announcement.holding; },
      [on_found = std::move(on_found)](const Announcement& announcement) { on_found(announcement.node); },
      std::move(on_done));
}

void DhtDiscovery::find_holdings(const DhtKey& key, std::function<bool(const Holding&)> matches,
                                 std::function<void(const Found&)> on_found, std::function<void()> on_done) {
  start(
      key,
      [matches = std::move(matches)](const Announcement& announcement) {
        return announcement.holding && matches(*announcement.holding);
      },
      [on_found = std::move(on_found)](const Announcement& announcement) {
        on_found({announcement.node, *announcement.holding});
      },
      std::move(on_done));
}

void DhtDiscovery::start(const DhtKey& key, std::function<bool(const Announcement&)> matches,
                         std::function<void(const Announcement&)> on_found, std::function<void()> on_done) {
  const auto search = std::make_shared<Search>(io_);
  search->key = key;
  search->matches = std::move(matches);
  search->on_found = std::move(on_found);
  search->on_done = std::move(on_done);
  searches_.insert(search);
  asio::post(io_, while_alive([this, search] { begin(search); }));
}

void DhtDiscovery::begin(const std::shared_ptr<Search>& search) {
  std::vector<Announcement> own;
  for (const auto& [holding, published] : published_)
    if (search->matches(published.announcement)) own.push_back(published.announcement);
  if (!report(search, own)) return;
  if (connected_) return look(search);
  if (options_.join.empty()) return finish(search);
  end_at(search, Clock::now() + kJoinTime);
}

void DhtDiscovery::look(const std::shared_ptr<Search>& search) {
  end_at(search, Clock::now() + kSearchTime);
  const std::weak_ptr weak = search;  // it owns what keeps these callbacks
  search->running = node_->get(
      search->key,
      [this, weak](const std::vector<std::vector<std::byte>>& values) {
        if (const auto running = weak.lock()) take(running, values);
      },
      [this, weak] {
        if (const auto running = weak.lock()) finish(running);
      });
}

void DhtDiscovery::take(const std::shared_ptr<Search>& search, const std::vector<std::vector<std::byte>>& values) {
  const bool none_held = search->held.empty();
  for (const auto& bytes : values) {
    const auto value = read_value(bytes, options_.network);
    if (!value || search->held.size() + search->withdrawn.size() >= 2 * kMostResults) continue;
    const auto* announcement = std::get_if<Announcement>(&*value);
    if (!announcement)
      search->withdrawn.insert(seal_of(std::get<Withdrawal>(*value).secret));
    else if (search->matches(*announcement) && !search->results.contains({announcement->node, announcement->holding}))
      search->held.emplace(announcement->seal, *announcement);
  }
  if (!none_held || search->held.empty()) return;
  search->held_timer.expires_after(kHoldTime);
  search->held_timer.async_wait(while_alive([this, search](const std::error_code& error) {
    if (error || !searches_.contains(search) || !report_held(search)) return;
    if (search->results.size() >= kMostResults) return finish(search);
    end_at(search, std::min(search->deadline, Clock::now() + kQuietTime));
  }));
}

bool DhtDiscovery::report_held(const std::shared_ptr<Search>& search) {
  std::vector<Announcement> announcements;
  for (const auto& [seal, announcement] : std::exchange(search->held, {}))
    if (!search->withdrawn.contains(seal)) announcements.push_back(announcement);
  return report(search, announcements);
}

bool DhtDiscovery::report(const std::shared_ptr<Search>& search, const std::vector<Announcement>& announcements) {
  const auto alive = watch();
  for (const Announcement& announcement : announcements) {
    if (search->results.size() >= kMostResults ||
        !search->results.emplace(announcement.node, announcement.holding).second)
      continue;
    search->on_found(announcement);
    if (alive.expired()) return false;
  }
  return true;
}

void DhtDiscovery::end_at(const std::shared_ptr<Search>& search, Clock::time_point deadline) {
  search->deadline = deadline;
  search->timer.expires_at(deadline);
  search->timer.async_wait(while_alive([this, search](const std::error_code& error) {
    if (!error) finish(search);
  }));
}

void DhtDiscovery::finish(const std::shared_ptr<Search>& search) {
  if (searches_.erase(search) == 0) return;
  search->running.reset();
  search->timer.cancel();
  search->held_timer.cancel();
  if (report_held(search)) search->on_done();
}

}  // namespace p2p
