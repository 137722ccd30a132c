#include "protocol/swarm/neighborhood.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
constexpr Duration kFirstBackoff = 50ms;
constexpr Duration kLongestBackoff = 5s;

}  // namespace

Neighborhood::Neighborhood(PeerId self, const std::vector<PeerId>& listed, Instant now) {
  bool earlier = true;
  for (const PeerId id : listed) {
    if (id == self) {
      P2P_ASSERT(earlier);
      earlier = false;
      continue;
    }
    const bool is_new = index_.emplace(id, neighbors_.size()).second;
    P2P_ASSERT(is_new);
    neighbors_.push_back({.id = id, .dial = earlier, .backoff = kFirstBackoff, .dial_at = earlier ? now : kNever});
  }
  P2P_ASSERT(!earlier);
}

std::optional<NeighborIndex> Neighborhood::find(PeerId id) const {
  const auto it = index_.find(id);
  if (it == index_.end()) return std::nullopt;
  return it->second;
}

std::optional<NeighborIndex> Neighborhood::take_due(Instant now) {
  for (NeighborIndex i = 0; i < neighbors_.size(); ++i) {
    if (neighbors_[i].dial_at > now) continue;
    neighbors_[i].dial_at = kNever;
    return i;
  }
  return std::nullopt;
}

Instant Neighborhood::next_due() const {
  Instant due = kNever;
  for (const Neighbor& n : neighbors_) due = std::min(due, n.dial_at);
  return due;
}

void Neighborhood::dial_again(NeighborIndex index, Instant now, Random& random) {
  Neighbor& n = neighbors_[index];
  if (!n.dial) return;
  n.dial_at = now + from_seconds(seconds(n.backoff) * (0.5 + random.unit()));
  n.backoff = std::min(2 * n.backoff, kLongestBackoff);
}

void Neighborhood::reset_backoff(NeighborIndex index) { neighbors_[index].backoff = kFirstBackoff; }

bool Neighborhood::all_complete() const { return std::ranges::all_of(neighbors_, &Neighbor::complete); }

}  // namespace p2p
