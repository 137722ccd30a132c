#include "protocol/swarm/neighborhood.hpp"

#include <algorithm>
#include <utility>

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

Neighborhood::Neighborhood(PeerId self, const std::vector<PeerId>& listed, Instant now) : self_(self) {
  relist(listed, now);
  P2P_ASSERT(index_.size() + 1 == listed.size());
}

bool Neighborhood::relist(const std::vector<PeerId>& listed, Instant now) {
  bool earlier = true;
  bool anybody_new = false;
  for (const PeerId id : listed) {
    if (id == self_) {
      P2P_ASSERT(earlier);
      earlier = false;
      continue;
    }
    auto known = find(id);
    if (!known) {
      known = add(id, earlier, false, now);
      if (!earlier) neighbors_[*known].dial_at = now + kTurnAbout;
      anybody_new = true;
    }
    Neighbor& n = neighbors_[*known];
    n.yields = earlier;
    n.guest = false;
    const bool has_come_before_us = earlier && !std::exchange(n.dial, n.dial || earlier);
    if (has_come_before_us && !n.link && !n.dialing && !n.convicted) n.dial_at = now;
    next_due_ = std::min(next_due_, n.dial_at);
  }
  P2P_ASSERT(!earlier);
  return anybody_new;
}

NeighborIndex Neighborhood::add(PeerId id, bool dial, bool guest, Instant now) {
  if (vacant_.empty()) {
    vacant_.push_back(static_cast<NeighborIndex>(neighbors_.size()));
    neighbors_.emplace_back();
  }
  const NeighborIndex index = vacant_.back();
  const bool is_new = index_.emplace(id, index).second;
  P2P_ASSERT(is_new);
  vacant_.pop_back();
  neighbors_[index] = {.id = id,
                       .claims = id,
                       .dial = dial,
                       .yields = id < self_,
                       .guest = guest,
                       .backoff = kFirstBackoff,
                       .dial_at = dial ? now : kNever};
  next_due_ = std::min(next_due_, neighbors_[index].dial_at);
  return index;
}

void Neighborhood::remove(NeighborIndex index) {
  P2P_ASSERT(!neighbors_[index].link && !neighbors_[index].vacant);
  index_.erase(neighbors_[index].id);
  neighbors_[index] = {.id = {}, .claims = {}, .vacant = true};
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
      neighbors_[i].dialing = true;
      due.push_back(i);
    }
    next_due_ = std::min(next_due_, neighbors_[i].dial_at);
  }
  return due;
}

void Neighborhood::dial_again(NeighborIndex index, Instant now, Random& random) {
  Neighbor& n = neighbors_[index];
  if (n.convicted || n.dialing) return;
  if (n.dial) {
    n.dial_at = now + from_seconds(seconds(n.backoff) * (0.5 + random.unit()));
    n.backoff = std::min(2 * n.backoff, kLongestBackoff);
  } else if ((!n.met || n.doubted) && !n.guest) {
    n.dial_at = now + from_seconds(seconds(kTurnAbout) * (0.75 + random.unit() / 2));
    n.dial_held = false;
  }
  next_due_ = std::min(next_due_, n.dial_at);
}

void Neighborhood::rest(NeighborIndex index, Instant now) {
  Neighbor& n = neighbors_[index];
  if (n.convicted || n.dialing) return;
  n.dial_at = now + kRest;
  next_due_ = std::min(next_due_, n.dial_at);
}

void Neighborhood::hold_dial(NeighborIndex index, Instant until) {
  neighbors_[index].dialing = false;
  neighbors_[index].dial_held = true;
  neighbors_[index].dial_at = until;
  next_due_ = std::min(next_due_, until);
}

void Neighborhood::on_linked(NeighborIndex index, LinkId link, bool by_us) {
  Neighbor& n = neighbors_[index];
  n.link = link;
  n.met = true;
  n.dial |= by_us;
  // Whoever has come by itself is not the answer to a doubt.
  if (by_us || !n.doubted) n.dial_at = kNever;
  n.fault = DialFault::none;
  n.absent = false;
  if (by_us) {
    n.doubted = false;
    n.found = true;
  }
}

void Neighborhood::on_unlinked(NeighborIndex index, const Bitfield& pieces, Instant now) {
  Neighbor& n = neighbors_[index];
  n.link.reset();
  n.seen = now;
  n.pieces = pieces.count();
  if (n.low_bit_first) n.had = pieces;
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

void Neighborhood::bar(NeighborIndex index, const Origin& from) {
  // The liar's word on what the peer has is worth nothing either.
  neighbors_[index].complete = neighbors_[index].told = false;
  std::vector<Origin>& barred = neighbors_[index].barred;
  if (neighbors_[index].bars(from)) return;
  if (barred.size() == kMostBarred) barred.erase(barred.begin());
  barred.push_back(from);
}

void Neighborhood::dial_now(NeighborIndex index, Instant now) {
  Neighbor& n = neighbors_[index];
  P2P_ASSERT(!n.link && !n.dialing && !n.convicted);
  n.dial = true;
  n.dial_at = now;
  next_due_ = std::min(next_due_, now);
}

void Neighborhood::doubt(NeighborIndex index, Instant now) {
  Neighbor& n = neighbors_[index];
  if (n.convicted || (n.doubted_at != kNever && now - n.doubted_at < kTurnAbout)) return;
  n.doubted = true;
  n.doubted_at = now;
  if (n.dialing) return;
  // If it is the one that was turned away just now, it hears of that first.
  n.dial_at = now + kFirstBackoff;
  n.dial_held = true;
  next_due_ = std::min(next_due_, n.dial_at);
}

void Neighborhood::forget_told() {
  for (Neighbor& n : neighbors_) n.told = false;
}

bool Neighborhood::all_complete() const {
  return std::ranges::all_of(neighbors_, [](const Neighbor& n) { return n.complete || n.out(); });
}

std::optional<Instant> Neighborhood::all_unseen_since() const {
  std::optional<Instant> since;
  for (const Neighbor& n : neighbors_)
    if (!n.complete && !n.out()) since = std::max(since.value_or(Instant::min()), n.met ? n.seen : kNever);
  return since;
}

bool Neighborhood::all_linked_or_told() const {
  return std::ranges::all_of(neighbors_, [](const Neighbor& n) { return n.link || n.told || n.out(); });
}

}  // namespace p2p
