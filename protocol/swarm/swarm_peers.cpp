// The open swarm: neighbors name each other, so that those who come to one holder find each other at once, and keep
// their swarm when it goes (docs/PROTOCOL.md, "Naming peers"). Whom others have named is kept in the PeerBook.
#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// The first messages follow each other soon: of those who come at the same time they cannot tell yet.
constexpr Duration kFirstPause = 50ms;
constexpr Duration kNamingInterval = 10s;
// How many messages a neighbor may have sent on a link beside one in each half interval.
constexpr std::uint32_t kHeardBurst = 12;

/// Doubles with each message.
Duration pause_after(std::uint32_t messages) {
  if (messages == 0) return {};
  return std::min(kFirstPause * (1u << std::min(messages - 1, 16u)), kNamingInterval);
}

}  // namespace

std::uint32_t Swarm::offering_neighbors() const {
  std::uint32_t count = 0;
  for_established([&](LinkId link) { count += at(link).wanted > 0; });
  return count;
}

std::uint32_t Swarm::present_neighbors() const {
  std::uint32_t count = 0;
  for (NeighborIndex i = 0; i < neighborhood_.size(); ++i) {
    const Neighbor& n = neighborhood_[i];
    count += n.link || n.dialing || n.dial_at != kNever;
  }
  return count;
}

std::optional<Endpoint> Swarm::place_of(PeerId handle) const {
  const auto neighbor = neighborhood_.find(handle);
  return neighbor && neighborhood_[*neighbor].link ? at(*neighborhood_[*neighbor].link).remote : std::nullopt;
}

bool Swarm::is_linked(PeerId claimed, const Origin& from) const {
  bool found = false;
  for_established([&](LinkId link) {
    const Link& l = at(link);
    found = found || (l.remote && l.remote->origin() == from && peer_of(link) == claimed);
  });
  return found;
}

/// The link in use of the same peer that the other side dialled. A peer that we dialled and one that came are two
/// neighbors, as anybody can show an ID; that they come from one address makes them the same.
std::optional<LinkId> Swarm::twin(LinkId link, PeerId peer) const {
  const Link& l = at(link);
  if (!config_.open || !l.remote) return std::nullopt;
  std::optional<LinkId> found;
  for_established([&](LinkId other) {
    const Link& o = at(other);
    if (o.direction != l.direction && o.remote && o.remote->ip == l.remote->ip && peer_of(other) == peer) found = other;
  });
  return found;
}

// --- what we say -----------------------------------------------------------------------------------------------------

/// The neighbor's place is known from now on, and others hear of it.
void Swarm::note_place(LinkId link, Instant now) {
  at(link).naming.place_number = ++places_;
  for_established([&](LinkId other) {
    Link& o = at(other);
    if (!o.naming.understood || !may_name(at(link), o)) return;
    if (const Instant at_last = o.naming.sent_at + pause_after(o.naming.messages); at_last > now) {
      sweep_at_ = std::min(sweep_at_, at_last);
      return;
    }
    o.naming.due = true;
    o.naming.sent_at = now;
    ready(other);
  });
}

/// Only the place of one that has shown us the content, and only where it leads to it.
bool Swarm::may_name(const Link& named, const Link& to) const {
  if (&named == &to || named.naming.place_number == 0 || named.phase != Link::Phase::established || !to.remote)
    return false;
  const Endpoint& place = *named.remote;
  return place.port >= kSmallestNamedPort && place.is_one_machine() &&
         (!place.is_loopback() || to.remote->is_loopback());
}

bool Swarm::has_news(LinkId link) const {
  bool found = false;
  for_established([&](LinkId other) {
    found = found || (at(other).naming.place_number > at(link).naming.told && may_name(at(other), at(link)));
  });
  return found;
}

void Swarm::name_peers_due(Instant now) {
  if (!config_.open) return;
  for_established([&](LinkId link) {
    Link::Naming& naming = at(link).naming;
    if (!naming.understood || naming.due || naming.told == places_) return;
    const Duration pause = pause_after(naming.messages);
    if (now - naming.sent_at < pause || !has_news(link)) return;
    naming.due = true;
    naming.sent_at = now;
    ready(link);
  });
}

/// Our own port, and those who are new to this neighbor: some of them at random where they are too many.
void Swarm::append_named(LinkId link, Bytes& out) {
  Link::Naming& naming = at(link).naming;
  naming.due = false;
  std::vector<NamedPeer> news;
  for_established([&](LinkId other) {
    const Link& o = at(other);
    if (o.naming.place_number > naming.told && may_name(o, at(link))) news.push_back({*o.remote, peer_of(other)});
  });
  naming.told = places_;
  random_.shuffle(std::span(news));
  if (news.size() > kMostNamedPeers) news.resize(kMostNamedPeers);
  naming.messages += !news.empty();
  append_peers(config_.listens_at, news, out);
}

// --- what others say -------------------------------------------------------------------------------------------------

void Swarm::on_peers(LinkId link, const PeersMessage& message, Instant now) {
  Link& l = at(link);
  if (!l.naming.understood) return on_violation(link, {"peers named by one that has not said that it does so"}, now);
  const auto allowed = kHeardBurst + static_cast<std::uint64_t>((now - l.opened) / (kNamingInterval / 2));
  if (++l.naming.heard > allowed) {
    punish(link, now);
    return close(link, "a flood of named peers", now, EndKind::flood);
  }
  if (!l.remote) return;
  // Whom we have dialled we have found already.
  if (l.direction == Direction::accepted && message.port > 0 && l.naming.place_number == 0) {
    l.remote->port = message.port;
    note_place(link, now);
  }
  if (config_.wanted_neighbors == 0) return;
  book_.add(*message.peers, *l.remote, random_, now);
  meet(now);
}

/// Asks to be led to some of those who were named, while there are too few neighbors.
void Swarm::meet(Instant now) {
  if (config_.wanted_neighbors == 0 || !lacks_what_is_wanted()) return;
  std::uint32_t neighbors = present_neighbors();
  const auto is_new = [this](const NamedPeer& each) {
    return each.peer != config_.self && !is_linked(each.peer, each.place.origin());
  };
  for (; neighbors < config_.wanted_neighbors; ++neighbors) {
    const auto drawn = book_.draw(is_new, random_, now);
    if (!drawn) return;
    effects_.emplace_back(Meet{*drawn});
  }
}

}  // namespace p2p
