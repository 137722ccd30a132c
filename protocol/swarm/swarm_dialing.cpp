// How links come about: whom we dial, what became of it, which of two connections that cross stays, and who is linked
// beyond the neighbor graph.
#include <algorithm>
#include <tuple>

#include "protocol/assert.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// How long a dial is put off because somebody has connected who has not said who it is.
constexpr Duration kHold = 2s;
// How long a neighbor's old link may be silent before a newer one with a valid handshake replaces it.
constexpr Duration kContentionGrace = 2s;

}  // namespace

void Swarm::dial_due(Instant now) {
  for (const NeighborIndex due : neighborhood_.take_due(now)) {
    const Neighbor& n = neighborhood_[due];
    // Who usually dials us may be the one that is at the door. A second connection could be one too many for it.
    if (!n.dial && !n.dial_held && anybody_greets_)
      neighborhood_.hold_dial(due, now + kHold);
    else
      effects_.emplace_back(Dial{n.id});
  }
}

LinkId Swarm::on_dialed(PeerId peer, Instant now, const std::optional<Origin>& reached, std::optional<PeerId> proven) {
  const LinkId link = new_link(std::nullopt, proven, now);
  const NeighborIndex neighbor = dialed_neighbor(peer, now);
  neighborhood_.dial_ended(neighbor);
  if (reached) neighborhood_[neighbor].addresses = {*reached};
  neighborhood_[neighbor].dial_at = kNever;  // one that had been forgotten meanwhile is due as if it were new
  at(link).neighbor = neighbor;
  if (neighborhood_[neighbor].link && !may_take_over(neighbor)) {
    close(link, "already linked", now, EndKind::duplicate);
    return link;
  }
  // Most acceptors wait for the dialler, so it speaks first.
  at(link).handshake_due = true;
  ready(link);
  return link;
}

void Swarm::on_dial_failed(PeerId peer, DialFault fault, Instant now, const std::vector<Origin>& tried) {
  const auto neighbor = neighborhood_.find(peer);
  if (!neighbor) return;
  Neighbor& n = neighborhood_[*neighbor];
  neighborhood_.dial_ended(*neighbor);
  if (!tried.empty()) n.addresses = tried;
  if (n.link) return;
  n.fault = fault;
  if (config_.open || n.guest) return forget(*neighbor);
  // Other faults are of this machine, of its network, or of a name server.
  if (fault == DialFault::refused || fault == DialFault::timed_out) neighborhood_.on_nobody_there(*neighbor);
  neighborhood_.dial_again(*neighbor, now, random_);
  if (n.absent && complete()) check_swarm_complete(now);
}

/// A neighbor that is linked already has come again. It may have restarted without our noticing the old link's end;
/// or somebody uses its ID. The old link decides by being heard of, or not, for a while; and so does our own connection
/// to a neighbor, where the two have crossed. Whichever of two accepted links from different places wins, the listed
/// address is asked, too.
void Swarm::contend(LinkId link, Instant now) {
  for (std::uint32_t i = 0; i < links_.size(); ++i)
    if (links_[i] && links_[i]->phase == Link::Phase::contending && links_[i]->neighbor == at(link).neighbor)
      return close(link, "already linked, and another link waits to take over", now, EndKind::duplicate);
  at(link).phase = Link::Phase::contending;
  at(link).contends_since = now;
}

void Swarm::decide_contention(LinkId link, Instant now) {
  const Link& l = at(link);
  const NeighborIndex neighbor = *l.neighbor;
  const auto old = neighborhood_[neighbor].link;
  const bool is_listed_place = comes_from_where_it_is_listed(link);
  const bool one_place = old && at(*old).origin == l.origin;
  if (old && at(*old).origin && !comes_from_where_it_is_listed(*old) && is_listed_place) {
    close(*old, "its peer has come from the address that is listed for it", now, EndKind::duplicate);
    return establish(link, now);
  }
  if (old && (at(*old).heard > l.contends_since || takes_what_is_sent(*old, now))) {
    close(link, "already linked", now, EndKind::duplicate);
    return one_place ? void() : doubt(neighbor, now);
  }
  if ((old || greeting(neighbor)) && now - l.contends_since < kContentionGrace) return;
  if (old) close(*old, "silent while the peer came back on another connection", now, EndKind::duplicate);
  establish(link, now);
  if (old && !one_place && !is_listed_place) doubt(neighbor, now);
}

/// Whether bytes leave for the remote: one that takes a large piece may have nothing to say meanwhile.
bool Swarm::takes_what_is_sent(LinkId link, Instant now) const {
  const Link& l = at(link);
  return l.sending && l.blocked_since != kNever && now - l.blocked_since < kContentionGrace;
}

/// Several use this neighbor's ID, or one that is not it: whoever answers at the address that is listed for it is it.
void Swarm::doubt(NeighborIndex neighbor, Instant now) {
  const auto link = neighborhood_[neighbor].link;
  if (!config_.open && (!link || at(*link).origin)) neighborhood_.doubt(neighbor, now);
}

/// Whether a link that we dialled replaces the one that the neighbor has.
bool Swarm::may_take_over(NeighborIndex neighbor) const {
  const Neighbor& n = neighborhood_[neighbor];
  return n.doubted && n.link && at(*n.link).origin;
}

/// Or has proven that it is its peer, wherever it comes from.
bool Swarm::comes_from_where_it_is_listed(LinkId link) const {
  if (at(link).proven) return true;
  const auto& [origin, addresses] = std::tie(at(link).origin, neighborhood_[*at(link).neighbor].addresses);
  return origin && std::ranges::find(addresses, *origin) != addresses.end();
}

/// Our own connection to a neighbor, on which it has not answered yet.
std::optional<LinkId> Swarm::greeting(NeighborIndex neighbor) const {
  for (std::uint32_t i = 0; i < links_.size(); ++i) {
    const auto& l = links_[i];
    if (l && l->phase == Link::Phase::handshaking && l->direction == Direction::dialed && l->neighbor == neighbor)
      return LinkId{i};
  }
  return std::nullopt;
}

/// A neighbor without a link has come. If a connection of ours is on its way to it, both sides must keep the same one.
/// Returns whether the new one is it.
bool Swarm::wins_crossing(LinkId link, Instant now) {
  const NeighborIndex neighbor = *at(link).neighbor;
  const auto ours = greeting(neighbor);
  if (!ours) return true;
  if (neighborhood_[neighbor].yields) return false;
  close(*ours, "the peer has come by itself", now, EndKind::duplicate);
  return true;
}

/// A connection that we dialled ends without having been a link.
void Swarm::note_fault(NeighborIndex neighbor, EndKind kind) {
  if (neighborhood_[neighbor].link) return;
  // Not where we ended it ourselves.
  if (kind != EndKind::duplicate && kind != EndKind::flood) neighborhood_.on_nobody_there(neighbor);
  neighborhood_[neighbor].fault = kind == EndKind::remote              ? DialFault::hung_up
                                  : kind == EndKind::handshake_timeout ? DialFault::silent
                                                                       : DialFault::foreign;
}

// --- beyond the graph ------------------------------------------------------------------------------------------------

/// Whether a peer that is no neighbor may be one for as long as it is linked: it lacks what none of its own neighbors
/// has.
bool Swarm::welcomes(PeerId peer) const {
  if (!seeker_.lists(peer)) return false;
  std::uint32_t guests = 0;
  for (NeighborIndex i = 0; i < neighborhood_.size(); ++i)
    guests += neighborhood_[i].guest && !neighborhood_[i].dial && !neighborhood_[i].out();
  return guests < config_.most_guests;
}

/// A guest of before that is remembered, because somebody lied under its ID.
bool Swarm::is_idle_guest(NeighborIndex peer) const {
  const Neighbor& n = neighborhood_[peer];
  return n.guest && !n.convicted && !n.link && !n.dialing && n.dial_at == kNever && !greeting(peer);
}

/// A guest of before that lied here under its ID is remembered, and yet only a guest.
bool Swarm::comes_back_uninvited(LinkId link, NeighborIndex peer) const {
  const Neighbor& n = neighborhood_[peer];
  const bool is_alone = !n.link && !greeting(peer);
  return !config_.open && n.guest && is_alone && at(link).direction == Direction::accepted && !welcomes(n.id);
}

void Swarm::seek(Instant now) {
  if (complete()) return seeker_.rest();
  bool fed = false;
  for_established([&](LinkId link) { fed = fed || at(link).wanted > 0; });
  if (!seeker_.look(fed, now)) return;
  std::uint32_t sought = 0;
  std::optional<LinkId> oldest;
  for (NeighborIndex i = 0; i < neighborhood_.size(); ++i) {
    const Neighbor& n = neighborhood_[i];
    if (!n.guest || !n.dial || n.convicted || !(n.link || n.dialing || n.dial_at != kNever || greeting(i))) continue;
    ++sought;
    if (n.link && (!oldest || at(*n.link).opened < at(*oldest).opened)) oldest = n.link;
  }
  if (sought >= Seeker::kMostSought) {
    if (oldest && now - at(*oldest).opened >= Seeker::kTrial)
      close(*oldest, "it is no neighbor, and has nothing for us", now, EndKind::duplicate);
    return;
  }
  const auto peer = seeker_.next([this](PeerId id) {
    const auto known = neighborhood_.find(id);
    return id == config_.self || (known && !is_idle_guest(*known));
  });
  if (!peer) return;
  if (const auto known = neighborhood_.find(*peer))
    neighborhood_.dial_now(*known, now);
  else
    neighborhood_.add(*peer, true, true, now);
}

}  // namespace p2p
