// How many pieces a content may have.
#pragma once

#include <cstdint>

namespace p2p::config {

/// A peer needs some 50 bytes of memory a piece, each piece is announced to each neighbor, and each announcement is a
/// line of the log: beyond this a start takes longer than anybody waits. The protocol itself would carry 2^31 - 1.
constexpr std::uint64_t kMostPieces = 16u << 20;

}  // namespace p2p::config
