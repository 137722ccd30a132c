#include "protocol/swarm/neighborhood.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
constexpr Duration kFirstBackoff = 50ms;
constexpr Duration kLongestBackoff = 5s;
// After a violation; doubled with each one that follows.
constexpr Duration kFirstPenalty = 5s;
constexpr Duration kLongestPenalty = 5min;

}  // namespace

Neighborhood::Neighborhood(PeerId self, const std::vector<PeerId>& listed, Instant now) {
  bool earlier = true;
  for (const PeerId id : listed) {
    if (id == self) {
      P2P_ASSERT(earlier);
      earlier = false;
      continue;
    }
    const bool is_new = index_.emplace(id, static_cast<NeighborIndex>(neighbors_.size())).second;
    P2P_ASSERT(is_new);
    neighbors_.push_back({.id = id, .dial = earlier, .backoff = kFirstBackoff, .dial_at = earlier ? now : kNever});
  }
  P2P_ASSERT(!earlier);
  if (!neighbors_.empty()) next_due_ = neighbors_.front().dial_at;
}

NeighborIndex Neighborhood::add(PeerId id, bool dial, Instant now) {
  if (vacant_.empty()) {
    vacant_.push_back(static_cast<NeighborIndex>(neighbors_.size()));
    neighbors_.emplace_back();
  }
  const NeighborIndex index = vacant_.back();
  const bool is_new = index_.emplace(id, index).second;
  P2P_ASSERT(is_new);
  vacant_.pop_back();
  neighbors_[index] = {.id = id, .dial = dial, .backoff = kFirstBackoff, .dial_at = dial ? now : kNever};
  next_due_ = std::min(next_due_, neighbors_[index].dial_at);
  return index;
}

void Neighborhood::remove(NeighborIndex index) {
  P2P_ASSERT(!neighbors_[index].link && !neighbors_[index].vacant);
  index_.erase(neighbors_[index].id);
  neighbors_[index] = {.id = {}, .vacant = true};
  vacant_.push_back(index);
}

std::optional<NeighborIndex> Neighborhood::find(PeerId id) const {
  const auto it = index_.find(id);
  if (it == index_.end()) return std::nullopt;
  return it->second;
}

std::vector<NeighborIndex> Neighborhood::take_due(Instant now) {
  std::vector<NeighborIndex> due;
  if (now < next_due_) return due;
  next_due_ = kNever;
  for (NeighborIndex i = 0; i < neighbors_.size(); ++i) {
    if (neighbors_[i].dial_at <= now) {
      neighbors_[i].dial_at = kNever;
      due.push_back(i);
    }
    next_due_ = std::min(next_due_, neighbors_[i].dial_at);
  }
  return due;
}

void Neighborhood::dial_again(NeighborIndex index, Instant now, Random& random) {
  Neighbor& n = neighbors_[index];
  if (!n.dial || n.convicted) return;
  n.dial_at = now + from_seconds(seconds(n.backoff) * (0.5 + random.unit()));
  n.backoff = std::min(2 * n.backoff, kLongestBackoff);
  next_due_ = std::min(next_due_, n.dial_at);
}

void Neighborhood::on_linked(NeighborIndex index, LinkId link) {
  neighbors_[index].link = link;
  neighbors_[index].met = true;
  neighbors_[index].dial_at = kNever;
}

void Neighborhood::reset_backoff(NeighborIndex index) { neighbors_[index].backoff = kFirstBackoff; }

void Neighborhood::lengthen_backoff(NeighborIndex index) {
  Neighbor& n = neighbors_[index];
  n.backoff = kFirstPenalty;
  for (std::uint32_t i = 0; i < n.offenses && n.backoff < kLongestPenalty; ++i) n.backoff *= 2;
  n.backoff = std::min(n.backoff, kLongestPenalty);
  ++n.offenses;
}

void Neighborhood::convict(NeighborIndex index) {
  neighbors_[index].convicted = true;
  neighbors_[index].dial_at = kNever;
}

void Neighborhood::forget_told() {
  for (Neighbor& n : neighbors_) n.told = false;
}

bool Neighborhood::all_complete() const {
  return std::ranges::all_of(neighbors_, [](const Neighbor& n) { return n.complete || n.out(); });
}

bool Neighborhood::all_linked_or_told() const {
  return std::ranges::all_of(neighbors_, [](const Neighbor& n) { return n.link || n.told || n.out(); });
}

}  // namespace p2p
