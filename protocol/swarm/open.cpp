// The open swarm: neighbors that no list names. They are found by others (add_neighbor) or come by themselves, and are
// forgotten when they are gone, so that a swarm that runs for months holds those that are there.
#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

constexpr std::uint32_t kLargestPeerId = 0x7fffffff;

}  // namespace

void Swarm::add_neighbor(PeerId peer, Instant now) {
  P2P_ASSERT(config_.open);
  if (peer != config_.self && !neighborhood_.find(peer)) neighborhood_.add(peer, true, now);
}

/// Whom a dial led to. An open swarm may have forgotten it meanwhile.
NeighborIndex Swarm::dialed_neighbor(PeerId peer, Instant now) {
  const auto known = neighborhood_.find(peer);
  P2P_ASSERT(known || config_.open);
  return known ? *known : neighborhood_.add(peer, true, now);
}

/// Whether an unknown ID is worth a look: of a link that we dialled it is one that we did not expect.
bool Swarm::admits(const Link& link, PeerId peer) const {
  return config_.open && (link.neighbor || (peer.value <= kLargestPeerId && neighborhood_.known() < config_.most_neighbors));
}

void Swarm::on_dial_failed(PeerId peer, Instant now) {
  const auto neighbor = neighborhood_.find(peer);
  if (!neighbor || neighborhood_[*neighbor].link) return;
  if (config_.open) return forget(*neighbor);
  neighborhood_.dial_again(*neighbor, now, random_);
}

/// A neighbor has no link any more. In an open swarm one that was linked may only have lost its connection; whoever did
/// not let us in has nothing for us.
void Swarm::on_unlinked(NeighborIndex neighbor, bool was_established, Instant now) {
  if (config_.open && !(neighborhood_[neighbor].dial && was_established)) return forget(neighbor);
  neighborhood_.dial_again(neighbor, now, random_);
}

void Swarm::forget(NeighborIndex neighbor) {
  if (neighborhood_[neighbor].convicted) return;
  // What is under way with it brings us here again.
  const auto refers = [neighbor](const std::optional<Link>& l) { return l && l->phase != Link::Phase::closed && l->neighbor == neighbor; };
  if (std::ranges::none_of(links_, refers)) neighborhood_.remove(neighbor);
}

}  // namespace p2p
