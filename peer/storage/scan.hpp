// Looks at many pieces on disk at once.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/geometry.hpp"

namespace p2p {

struct ScanProgress {
  std::uint64_t done_bytes;
  std::uint64_t total_bytes;
};
/// Called on the thread that scans: a few times a second, and at the end with everything done.
using OnScan = std::function<void(const ScanProgress&)>;

/// Reads a piece into the buffer, which has exactly its size, and says whether it is right. Called from several threads
/// at once; must not throw.
using CheckPiece = std::function<bool(PieceIndex, std::span<std::byte>)>;

/// Which of the pieces are right. Uses all cores; holds a buffer of one piece for each.
Bitfield scan_pieces(const Geometry& geometry, const std::vector<PieceIndex>& pieces, const CheckPiece& check, const OnScan& on_scan);

}  // namespace p2p
