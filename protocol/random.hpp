// The core's only source of randomness: seeded, injected, the same on every platform (std::uniform_int_distribution
// is not), so that one seed replays a run exactly. Not for secrets.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "protocol/assert.hpp"

namespace p2p {

/// SplitMix64 (Steele, Lea, Flood 2014): 8 bytes of state, passes BigCrush.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, bound); bound > 0. The bias of at most bound / 2^32 does not matter to any choice made here.
  std::uint32_t below(std::uint32_t bound) {
    P2P_ASSERT(bound > 0);
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(static_cast<std::uint32_t>(i))]);
  }

 private:
  std::uint64_t state_;
};

}  // namespace p2p
