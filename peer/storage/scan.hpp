// Looks at many pieces on disk at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "peer/storage/file.hpp"
#include "peer/storage/layout.hpp"
#include "protocol/bitfield.hpp"
#include "protocol/geometry.hpp"

namespace p2p {

struct ScanProgress {
  std::uint64_t done_bytes;
  std::uint64_t total_bytes;
};
/// Called on the thread that scans: a few times a second, and at the end with everything done. May throw: that ends the
/// scan, and comes out of it.
using OnScan = std::function<void(const ScanProgress&)>;

/// Reads a piece into the buffer, which has exactly its size, and says whether it is right. Called from several threads
/// at once; must not throw.
using CheckPiece = std::function<bool(PieceIndex, std::span<std::byte>)>;

/// Reads a piece of the content whose files are below `root`, opened with this mode. False when they do not have all of
/// it or cannot be read. Waits for a descriptor when there is none left. Any thread.
bool read_piece(const Layout& layout, const std::filesystem::path& root, File::Mode mode, PieceIndex piece,
                std::span<std::byte> buffer);

/// Which of the pieces are right. Uses all cores; holds a buffer of one piece for each.
Bitfield scan_pieces(const Geometry& geometry, const std::vector<PieceIndex>& pieces, const CheckPiece& check,
                     const OnScan& on_scan);

}  // namespace p2p
