// What pieces are called where people read of them, and from which number on they count. On the wire, and in the
// course's log, they are pieces and count from 0.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/ids.hpp"

namespace p2p {

struct PieceWords {
  const char* one = "piece";
  const char* several = "pieces";
  std::uint32_t first = 0;

  std::string number(PieceIndex piece) const { return std::to_string(piece.value + first); }
};

/// As local_chunks.txt counts them.
constexpr PieceWords kChunkWords{"chunk", "chunks", 1};

}  // namespace p2p
