// The open swarm: neighbors that no list names. They are found by others (add_neighbor) or come by themselves, and are
// forgotten when they are gone, so that a swarm that runs for months holds those that are there. So are guests, who are
// linked beyond the neighbor graph.
#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

// Those that are remembered because they have lied count here, too.
constexpr std::size_t kMostKnown = 8192;

}  // namespace

void Swarm::add_neighbor(PeerId handle, PeerId claimed, Instant now) {
  P2P_ASSERT(config_.open && (handle == claimed || handle.value >= kFirstHandle));
  if (claimed == config_.self || neighborhood_.find(handle)) return;
  neighborhood_[neighborhood_.add(handle, true, false, now)].claims = claimed;
}

/// Whom a dial led to. One that no list or graph makes a neighbor may have been forgotten meanwhile.
NeighborIndex Swarm::dialed_neighbor(PeerId peer, Instant now) {
  const auto known = neighborhood_.find(peer);
  P2P_ASSERT(known || config_.open || seeker_.lists(peer));
  return known ? *known : neighborhood_.add(peer, true, !config_.open, now);
}

/// Whether an unknown ID is worth a look: of a link that we dialled it is one that we did not expect.
bool Swarm::admits(const Link& link, PeerId peer) const {
  if (!config_.open) return !link.neighbor && welcomes(peer);
  return link.neighbor || (peer.value <= kLargestPeerId && present_neighbors() < config_.most_neighbors &&
                           neighborhood_.known() < kMostKnown);
}

std::string Swarm::why_not_admitted(PeerId peer) const {
  const std::string id = std::to_string(peer.value);
  if (seeker_.lists(peer))
    return "peer " + id + " is not one of our neighbors (MaxConnections), and there is no room for it";
  return "handshake with the unknown ID " + id +
         explain_unknown_id(peer, [this](PeerId known) { return neighborhood_.find(known).has_value(); });
}

/// A neighbor has no link any more. In an open swarm one that was linked may only have lost its connection; whoever did
/// not let us in has nothing for us. Who has everything, as we have, is dialled when we lack something; and from
/// time to time, because one that is gone is to be forgotten.
void Swarm::on_unlinked(NeighborIndex neighbor, bool was_established, Instant now) {
  const Neighbor& n = neighborhood_[neighbor];
  if (n.guest || (config_.open && !(n.dial && was_established))) return forget(neighbor);
  if (config_.open && complete() && n.complete) return neighborhood_.rest(neighbor, now);
  neighborhood_.dial_again(neighbor, now, random_);
}

void Swarm::forget(NeighborIndex neighbor) {
  // Of one that is being dialled nobody else knows the ID that it claims.
  if (neighborhood_[neighbor].convicted || !neighborhood_[neighbor].barred.empty() ||
      (config_.open && neighborhood_[neighbor].dialing))
    return;
  // A dial or a link that is under way with it brings us here again.
  const auto refers = [neighbor](const std::optional<Link>& l) {
    return l && l->phase != Link::Phase::closed && l->neighbor == neighbor;
  };
  if (std::ranges::none_of(links_, refers)) neighborhood_.remove(neighbor);
}

}  // namespace p2p
