// The sizes that the benchmarks share.
#pragma once

#include <cstdint>

#include "protocol/bitfield.hpp"
#include "protocol/random.hpp"

namespace p2p::bench {

constexpr std::uint32_t kPeers = 1'000;
constexpr std::uint32_t kPieces = 100'000;
constexpr std::uint64_t kSeed = 1;

/// Each piece is there with a chance of `percent`.
inline Bitfield random_pieces(std::uint32_t size, std::uint32_t percent, Random& random) {
  Bitfield pieces(size);
  for (std::uint32_t i = 0; i < size; ++i)
    if (random.below(100) < percent) pieces.set(PieceIndex{i});
  return pieces;
}

}  // namespace p2p::bench
