#include "peer/node/share_node.hpp"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "config/hex.hpp"
#include "config/manifest_path.hpp"
#include "peer/discovery/address.hpp"
#include "peer/discovery/member_link.hpp"
#include "peer/ground/clock.hpp"
#include "peer/ground/random_seed.hpp"
#include "peer/node/exchange_status.hpp"
#include "peer/node/open_swarm.hpp"
#include "peer/report/diagnostics.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// Whose addresses are remembered.
constexpr std::size_t kMostCallers = 256;
// How long an exchange is kept that nobody takes part in.
constexpr Duration kIdle = 10s;
constexpr auto kSweepInterval = 1s;
// So many exchanges that end at once are worth giving their memory back to the system.
constexpr std::size_t kManyGone = 16;
// A catalog of so many entries is kept until something changes: to write it again for each who asks would be work that
// strangers give us. And so many of these are kept.
constexpr std::size_t kLongCatalog = 1'000;
constexpr std::size_t kMostLongCatalogs = 4;

}  // namespace

/// One content that somebody has asked for.
struct ShareNode::Served {
  Served(asio::io_context& io, PeerId self, std::uint16_t port, const std::filesystem::path& path,
         const ManifestPtr& known, Exchange::Hooks hooks)
      : store(content_of(path, known), {.serve_only = true}),
        exchange(io, sharers_swarm(self, store, port), store, random_seed(), std::move(hooks)) {}

  PieceStore store;
  Exchange exchange;
  Instant used = now();
};

ShareNode::ShareNode(asio::io_context& io, Node self, Network network, Library& library, const DoorLimits& limits,
                     Hooks hooks)
    : io_(io),
      self_(self),
      network_(std::move(network)),
      library_(library),
      hooks_(std::move(hooks)),
      everything_in_full_(catalog_key(network_, "/")),
      everything_(catalog_key(network_, "")),
      members_(members_key(network_)),
      sweep_timer_(io),
      most_contents_(limits.contents),
      doorway_(io, self.peer, limits, *this,
               {.exchange = [this](StreamPtr stream, const Admit& admit) { serve(std::move(stream), admit); },
                .text =
                    [this](Use use, const ContentPrefix& key) {
                      return use == Use::catalog ? catalog_for(key) : manifest_for(key);
                    },
                .members = hooks_.members}) {
  sweep();
}

ShareNode::~ShareNode() = default;

// --- what is offered -----------------------------------------------------------------------------------------------

void ShareNode::offered(const Holding& holding) {
  const auto entry = holdings_.insert_or_assign(holding.name, holding);
  ids_[prefix_of(holding.id)] = holding.id;
  by_id_[catalog_key(network_, config::to_hex(holding.id))] = holding.id;
  named_.insert_or_assign(catalog_key(network_, holding.name), entry.first);
  long_catalogs_.clear();
  if (!entry.second) return;
  for (const std::string_view above : config::folders_of(holding.name)) {
    const std::string prefix = std::string(above) + "/";
    Folder& folder = folders_[catalog_key(network_, prefix)];
    folder.prefix = prefix;
    ++folder.files;
  }
}

void ShareNode::withdrawn(const Holding& holding) {
  named_.erase(catalog_key(network_, holding.name));
  long_catalogs_.clear();
  if (holdings_.erase(holding.name) > 0)
    for (const std::string_view above : config::folders_of(holding.name)) {
      const auto folder = folders_.find(catalog_key(network_, std::string(above) + "/"));
      if (--folder->second.files == 0) folders_.erase(folder);
    }
  if (!library_.offers(holding.id)) {
    ids_.erase(prefix_of(holding.id));
    by_id_.erase(catalog_key(network_, config::to_hex(holding.id)));
  }
  // Even when another file has this content: the exchange may read the one that has changed.
  drop(holding.id);
}

void ShareNode::drop(const ContentId& id) {
  auto node = served_.extract(id);
  if (!node) return;
  ending_.push_back(std::move(node.mapped()));
  ending_.back()->exchange.finish(false, [] {});
}

// --- texts ---------------------------------------------------------------------------------------------------------

std::shared_ptr<const std::string> ShareNode::manifest_for(const ContentPrefix& prefix) {
  const auto id = ids_.find(prefix);
  if (id == ids_.end()) return nullptr;
  // A copy: a manifest that is damaged withdraws what it was for.
  const ContentId wanted = id->second;
  const ManifestPtr known = library_.manifest(wanted);
  return known ? text_of(known) : nullptr;
}

std::shared_ptr<const std::string> ShareNode::catalog_for(const ContentPrefix& key) {
  if (const auto known = long_catalogs_.find(key); known != long_catalogs_.end()) return known->second;
  std::vector<config::CatalogEntry> entries;
  const auto add = [&](const Holding& holding) {
    entries.push_back({holding.name, holding.size, holding.id});
    if (key != everything_) entries.back().sha256 = library_.digest_of(holding);
  };
  if (key == everything_ || key == everything_in_full_)
    for (const auto& [name, holding] : holdings_) add(holding);
  else
    for (const std::string& name : names_for(key)) add(holdings_.at(name));
  auto text = std::make_shared<const std::string>(config::catalog_text(entries));
  if (entries.size() < kLongCatalog) return text;
  if (long_catalogs_.size() == kMostLongCatalogs) long_catalogs_.clear();
  return long_catalogs_[key] = std::move(text);
}

/// In ascending order. A name may have the digits of another content's id.
std::set<std::string> ShareNode::names_for(const ContentPrefix& key) const {
  std::set<std::string> names;
  if (const auto named = named_.find(key); named != named_.end()) names.insert(named->second->first);
  if (const auto id = by_id_.find(key); id != by_id_.end())
    for (const std::string& name : library_.names_of(id->second))
      if (holdings_.contains(name)) names.insert(name);
  if (const auto folder = folders_.find(key); folder != folders_.end())
    for (auto each = holdings_.lower_bound(folder->second.prefix);
         each != holdings_.end() && each->first.starts_with(folder->second.prefix); ++each)
      names.insert(each->first);
  return names;
}

// --- contents ------------------------------------------------------------------------------------------------------

void ShareNode::serve(StreamPtr stream, const Admit& admit) {
  // Closing tells whoever came that it is not here.
  Served* const content = served(admit.content);
  if (!content) return;
  const Remote& from = stream->remote();
  callers_.emplace_front(admit.handshake.peer, to_string(Address{from.address.to_string(), from.port}));
  if (callers_.size() > kMostCallers) callers_.pop_back();
  content->exchange.add_accepted(std::move(stream), admit.handshake);
}

ShareNode::Served* ShareNode::served(const ContentPrefix& prefix) {
  const auto offered = ids_.find(prefix);
  if (offered == ids_.end()) return nullptr;
  const ContentId id = offered->second;
  if (const auto running = served_.find(id); running != served_.end()) return running->second.get();
  if (!room_for_content()) return nullptr;
  const ManifestPtr known = library_.manifest(id);
  // Of an empty file there is nothing to exchange.
  const auto path = known && known->manifest.has_bytes() ? library_.path_of(id) : std::nullopt;
  if (!path) return nullptr;
  const auto name = hooks_.on_event ? std::make_shared<const std::string>(name_of(id)) : nullptr;
  Exchange::Hooks hooks{.on_event =
                            [this, id, name](const Event& event) {
                              log_diagnostic(event);
                              if (hooks_.on_event) hooks_.on_event(event, name);
                              if (const auto* const closed = std::get_if<LinkClosed>(&event))
                                note_gone(id, closed->peer);
                              if (!std::holds_alternative<PiecesLost>(event)) return;
                              library_.look();
                              // Not now: this comes from inside of the exchange.
                              asio::post(io_, [this, id] { drop(id); });
                            },
                        .on_settled = [] {},
                        .dial = [](PeerId) {},
                        .on_sent = [this, id](PeerId peer, std::uint64_t bytes) { note_sent(id, peer, bytes); }};
  auto content = std::make_unique<Served>(io_, self_.peer, self_.port, *path, known, std::move(hooks));
  // The store has noted by now what the file looks like: if that is not what was hashed, the library sees it, too.
  if (library_.path_of(id) != path) return nullptr;
  content->exchange.start();
  return served_.emplace(id, std::move(content)).first->second.get();
}

/// Beyond the bound the one goes that nobody has taken part in for longest. The door sees to it that there is one.
bool ShareNode::room_for_content() {
  if (served_.size() < most_contents_) return true;
  const auto has_nobody = [](const auto& each) { return !each.second->exchange.has_connections(); };
  auto idlest = served_.end();
  for (auto it = served_.begin(); it != served_.end(); ++it)
    if (has_nobody(*it) && (idlest == served_.end() || it->second->used < idlest->second->used)) idlest = it;
  if (idlest == served_.end()) return false;
  count_out(*idlest->second);
  served_.erase(idlest);
  return true;
}

void ShareNode::count_out(const Served& gone) {
  sent_before_ += gone.exchange.traffic().sent;
  end_visits(*gone.store.content().id);
}

void ShareNode::note_sent(const ContentId& id, PeerId peer, std::uint64_t bytes) {
  const auto [visit, is_new] = visits_.try_emplace({id, peer});
  if (is_new) {
    const auto caller = std::ranges::find(callers_, peer, &std::pair<PeerId, std::string>::first);
    const std::string name = name_of(id);
    const auto holding = holdings_.find(name);
    const std::uint64_t size = holding == holdings_.end() ? 0 : holding->second.size;
    visit->second = {.name = name, .id = id, .size = size, .address = caller == callers_.end() ? "" : caller->second};
    if (hooks_.on_fetching) hooks_.on_fetching(visit->second);
  }
  visit->second.bytes += bytes;
}

void ShareNode::note_gone(const ContentId& id, PeerId peer) {
  const auto visit = visits_.extract({id, peer});
  if (visit && hooks_.on_fetched) hooks_.on_fetched(visit.mapped());
}

void ShareNode::end_visits(const ContentId& id) {
  for (auto visit = visits_.lower_bound({id, PeerId{0}}); visit != visits_.end() && visit->first.first == id;)
    note_gone(id, (visit++)->first.second);
}

std::string ShareNode::name_of(const ContentId& id) const {
  const std::vector<std::string> names = library_.names_of(id);
  return names.empty() ? config::to_hex(id) : names.front();
}

std::vector<ShareNode::Visit> ShareNode::visits() const {
  std::vector<Visit> all;
  for (const auto& [key, visit] : visits_) all.push_back(visit);
  return all;
}

void ShareNode::sweep() {
  const Instant at = now();
  const std::size_t before = served_.size();
  for (auto it = served_.begin(); it != served_.end();) {
    Served& content = *it->second;
    if (content.exchange.has_connections()) content.used = at;
    if (at - content.used < kIdle) {
      ++it;
      continue;
    }
    count_out(content);
    it = served_.erase(it);
  }
  std::erase_if(ending_, [&](const std::unique_ptr<Served>& content) {
    if (content->exchange.has_connections()) content->used = at;
    const bool gone = at - content->used >= kIdle;
    if (gone) count_out(*content);
    return gone;
  });
  // Memory that thousands of exchanges took goes back to the system: so many may never come again.
  if (served_.size() + kManyGone <= before) ::malloc_trim(0);
  sweep_timer_.expires_after(kSweepInterval);
  sweep_timer_.async_wait([this](const std::error_code& error) {
    if (!error) sweep();
  });
}

void ShareNode::finish(std::function<void()> on_finished) {
  on_finished_ = std::move(on_finished);
  doorway_.close();
  const auto left = std::make_shared<std::size_t>(served_.size() + 1);
  const auto one_less = [this, left] {
    if (--*left == 0) on_finished_();
  };
  for (const auto& [id, content] : served_) content->exchange.finish(false, one_less);
  one_less();
}

void ShareNode::sample_rates(Instant at) {
  for (const auto& [id, content] : served_) content->exchange.sample_rates(at);
}

void ShareNode::describe_to(Status& status) const {
  for (const auto& [id, content] : served_)
    if (content->exchange.has_connections()) add_neighbors(status, content->exchange, name_of(id), nullptr);
}

std::uint64_t ShareNode::sent_bytes() const {
  std::uint64_t sum = sent_before_;
  for (const auto& [id, content] : served_) sum += content->exchange.traffic().sent;
  for (const auto& content : ending_) sum += content->exchange.traffic().sent;
  return sum;
}

}  // namespace p2p
