#include "peer/discovery/member_discovery.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "peer/ground/clock.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

/// How often the hosts that the user named are looked up: their addresses may
/// change while a node runs.
constexpr auto kResolveInterval = 30s;

std::optional<MemberAddress> literal_address(const std::string& host, std::uint16_t port) {
  std::error_code not_literal;
  const auto ip = asio::ip::make_address(host, not_literal);
  return not_literal ? std::nullopt : std::optional(member_address(ip, port));
}

Node as_node(const MemberAddress& member) { return {PeerId{}, member.host(), member.port}; }

}  // namespace

struct MemberDiscovery::Search {
  Search(asio::io_context& io, std::optional<ContentId> content, OnNode node, std::function<void()> done)
      : id(content), on_node(std::move(node)), on_done(std::move(done)), timer(io) {}

  std::optional<ContentId> id;
  OnNode on_node;
  std::function<void()> on_done;
  std::set<Address> reported;
  std::set<Address> asked;     ///< For their lists.
  std::size_t asking = 0;      ///< Lists and the DHT.
  std::size_t more_lists = 0;  ///< Asked beside those of the user's.
  bool answered = false;
  asio::steady_timer timer;
};

struct MemberDiscovery::Farewell {
  Farewell(asio::io_context& io, std::function<void()> then) : gone(std::move(then)), timer(io) {}

  std::deque<MemberAddress> left;
  std::size_t telling = 0;
  std::function<void()> gone;
  asio::steady_timer timer;
};

MemberDiscovery::MemberDiscovery(asio::io_context& io, DiscoveryOptions options, std::unique_ptr<Discovery> dht)
    : io_(io),
      options_(std::move(options)),
      members_(self()),
      resolver_(io),
      resolve_timer_(io),
      timer_(io),
      dht_(std::move(dht)) {
  if (options_.multicast) {
    const auto own = listens() ? std::optional(LocalSearch::Self{self(), options_.self->port}) : std::nullopt;
    const auto on_node = [this](const asio::ip::address& ip, std::uint16_t port) {
      const MemberAddress address = member_address(ip, port);
      members_.told(address, address, now());
      for (const auto& search : std::set(searches_)) report(search);
      go_on();
    };
    local_.emplace(io_, options_.network, own, is_loopback_only(options_), on_node);
  }
  if (listens()) begin_listening();
}

void MemberDiscovery::settle(const Node& self) {
  options_.self = self;
  if (local_) local_->show({self.peer, self.port});
  begin_listening();
}

/// Looks for others without being asked to.
void MemberDiscovery::begin_listening() {
  if (local_) local_->ask();
  resolve_seeds();
}

MemberDiscovery::~MemberDiscovery() { alive_.reset(); }

void MemberDiscovery::announce(const Holding& holding) {
  if (dht_) dht_->announce(holding);
}

void MemberDiscovery::withdraw(const Holding& holding) {
  if (dht_) dht_->withdraw(holding);
}

// --- knowing members
// ---------------------------------------------------------------------------------------------------

void MemberDiscovery::resolve_seeds() {
  for (const Rendezvous& seed : options_.join) {
    if (const auto address = literal_address(seed.host, seed.port)) {
      members_.named(*address, now());
      continue;
    }
    const auto resolved = [this, port = seed.port](const std::error_code& error,
                                                   const tcp::resolver::results_type& results) {
      if (error) return;
      for (const auto& result : results) members_.named(member_address(result.endpoint().address(), port), now());
      go_on();
    };
    resolver_.async_resolve(seed.host, std::to_string(seed.port), while_alive(resolved));
  }
  resolve_timer_.expires_after(kResolveInterval);
  resolve_timer_.async_wait(while_alive([this](const std::error_code& error) {
    if (!error) resolve_seeds();
  }));
  go_on();
}

/// Asks whoever is to be asked now, and comes back when the next one is. A
/// visitor asks nobody but for a search.
void MemberDiscovery::go_on() {
  if (!listens()) return;
  while (const auto address = members_.poll(now())) ask(*address);
  timer_.cancel();
  const Instant next = members_.next_deadline(now());
  if (next == kNever) return;
  timer_.expires_at(to_steady(next));
  timer_.async_wait(while_alive([this](const std::error_code& error) {
    if (!error) go_on();
  }));
}

void MemberDiscovery::ask(const MemberAddress& address) {
  const auto patience = std::make_shared<asio::steady_timer>(io_, kPatience);
  const auto silent = std::make_shared<bool>(false);
  patience->async_wait(while_alive([this, address, silent](const std::error_code& error) {
    if (error) return;
    *silent = true;
    members_.failed(address, now());
    go_on();
  }));
  // One that answers late has answered after all.
  ask_members(io_, self(), address_of(address), options_.network, {options_.self->port},
              while_alive([this, address, patience, silent, began = now()](const std::optional<MembersAnswer>& answer) {
                patience->cancel();
                if (answer)
                  take(*answer, now() - began);
                else if (!*silent)
                  members_.failed(address, now());
                go_on();
              }));
}

void MemberDiscovery::take(const MembersAnswer& answer, Duration took) {
  members_.answered(answer.address, answer.peer, took, now());
  for (const config::Member& member : answer.members) members_.told(member.address, answer.address, now());
}

std::shared_ptr<const std::string> MemberDiscovery::answer(const asio::ip::address& from,
                                                           const Introduction& introduction) {
  const MemberAddress address = member_address(from, introduction.port);
  if (introduction.leaving)
    members_.left(address, now());
  else if (introduction.port != 0)
    members_.introduced(address, now());
  if (introduction.port != 0) go_on();
  if (introduction.leaving) return nullptr;
  return std::make_shared<const std::string>(config::member_list_text(members_.list_for(address.is_loopback(), now())));
}

void MemberDiscovery::note_answer(const std::string& host, std::uint16_t port, std::optional<PeerId> peer,
                                  Duration took) {
  const auto address = literal_address(host, port);
  if (!address) return;
  if (peer)
    members_.answered(*address, *peer, took, now());
  else
    members_.failed(*address, now());
}

// --- searches
// ----------------------------------------------------------------------------------------------------------

void MemberDiscovery::find_name(const std::string&, std::function<void(const Found&)> on_found,
                                std::function<void()> on_done) {
  start(
      {},
      [on_found = std::move(on_found)](const Node& node) {
        on_found({node, {}});
      },
      std::move(on_done));
}

void MemberDiscovery::find_content(const ContentId& id, std::function<void(const Found&)> on_found,
                                   std::function<void()> on_done) {
  start(
      id,
      [on_found = std::move(on_found)](const Node& node) {
        on_found({node, {}});
      },
      std::move(on_done));
}

void MemberDiscovery::find_nodes(std::function<void(const Node&)> on_found, std::function<void()> on_done) {
  start({}, std::move(on_found), std::move(on_done));
}

void MemberDiscovery::start(const std::optional<ContentId>& id, OnNode on_node, std::function<void()> on_done) {
  const auto search = std::make_shared<Search>(io_, id, std::move(on_node), std::move(on_done));
  searches_.insert(search);
  asio::post(io_, while_alive([this, search] { begin(search); }));
}

void MemberDiscovery::begin(const std::shared_ptr<Search>& search) {
  end_in(search, kSearchTime);
  if (local_) local_->ask();
  for (const Rendezvous& seed : options_.join) ask_list(search, {seed.host, seed.port});
  if (dht_) ask_dht(search);
  report(search);
  ask_more_lists(search);
  finish_if_answered(search);
}

void MemberDiscovery::ask_list(const std::shared_ptr<Search>& search, const Address& address) {
  if (!search->asked.insert(address).second) return;
  ++search->asking;
  const Introduction introduction{listens() ? options_.self->port : std::uint16_t{0}};
  ask_members(io_, self(), address, options_.network, introduction,
              while_alive([this, search, address, began = now()](const std::optional<MembersAnswer>& answer) {
                --search->asking;
                if (answer) take(*answer, now() - began);
                if (!answer) note_answer(address.host, address.port, {}, {});
                if (!searches_.contains(search)) return;
                if (answer && !std::exchange(search->answered, true)) end_in(search, kFurtherTime);
                report(search);
                ask_more_lists(search);
                finish_if_answered(search);
              }));
}

/// Other nodes may know some that the first do not, soon after they have
/// started.
void MemberDiscovery::ask_more_lists(const std::shared_ptr<Search>& search) {
  for (const Address& address : std::set(search->reported)) {
    if (search->more_lists >= kMostLists) return;
    if (search->asked.contains(address)) continue;
    ++search->more_lists;
    ask_list(search, address);
  }
}

void MemberDiscovery::ask_dht(const std::shared_ptr<Search>& search) {
  ++search->asking;
  const auto on_node = [this, search](const Node& node) {
    // A visitor keeps it; a node asks it before it tells others.
    if (const auto address = literal_address(node.host, node.port)) members_.told(*address, *address, now());
    if (searches_.contains(search)) report(search);
    go_on();
  };
  const auto on_done = [this, search] {
    --search->asking;
    search->answered = true;
    if (searches_.contains(search)) finish_if_answered(search);
  };
  if (search->id)
    dht_->find_content(
        *search->id, [on_node](const Found& found) { on_node(found.node); }, on_done);
  else
    dht_->find_nodes(on_node, on_done);
}

void MemberDiscovery::report(const std::shared_ptr<Search>& search) {
  const std::weak_ptr alive = alive_;
  for (const MemberAddress& member : members_.candidates(now())) {
    const Node node = as_node(member);
    if (!search->reported.insert({node.host, node.port}).second) continue;
    search->on_node(node);
    if (alive.expired()) return;
  }
}

void MemberDiscovery::end_in(const std::shared_ptr<Search>& search, Duration time) {
  search->timer.expires_after(time);
  search->timer.async_wait(while_alive([this, search](const std::error_code& error) {
    if (!error) finish(search);
  }));
}

/// Nobody is waited for any more; only where nobody at all has answered there
/// is multicast to wait for.
void MemberDiscovery::finish_if_answered(const std::shared_ptr<Search>& search) {
  if (search->asking > 0) return;
  if (search->answered || !local_) return finish(search);
  search->answered = true;
  end_in(search, kLocalTime);
}

void MemberDiscovery::finish(const std::shared_ptr<Search>& search) {
  if (searches_.erase(search) == 0) return;
  search->timer.cancel();
  search->on_done();
}

// --- the end
// -----------------------------------------------------------------------------------------------------------

void MemberDiscovery::leave(std::function<void()> gone) {
  const auto farewell = std::make_shared<Farewell>(io_, std::move(gone));
  timer_.cancel();
  local_.reset();
  if (listens())
    for (const MemberAddress& member : members_.candidates(now()))
      if (members_.is_member(member)) farewell->left.push_back(member);
  farewell->timer.expires_after(kFarewellTime);
  farewell->timer.async_wait(while_alive([farewell](const std::error_code&) {
    farewell->left.clear();
    std::exchange(farewell->gone, [] {})();
  }));
  say_goodbye(farewell);
}

void MemberDiscovery::say_goodbye(const std::shared_ptr<Farewell>& farewell) {
  while (farewell->telling < kFarewellsAtATime && !farewell->left.empty()) {
    const Address address = address_of(farewell->left.front());
    farewell->left.pop_front();
    ++farewell->telling;
    ask_members(io_, self(), address, options_.network, {options_.self->port, true},
                while_alive([this, farewell](const auto&) {
                  --farewell->telling;
                  say_goodbye(farewell);
                }));
  }
  if (farewell->telling == 0) farewell->timer.cancel();
}

}  // namespace p2p
