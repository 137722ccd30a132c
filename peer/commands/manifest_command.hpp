// peerProcess manifest: hashes files and writes their manifest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <vector>

#include "config/manifest.hpp"
#include "peer/report/progress_line.hpp"

namespace p2p {

struct ManifestOptions {
  std::vector<std::filesystem::path> paths;  ///< At least one; see find_source() (peer/content/source.hpp).
  std::filesystem::path output;
  std::optional<std::uint32_t> piece_size;   ///< Bytes; none: usual_piece_size().
  config::PieceHash piece_hash = config::PieceHash::sha256;
  unsigned jobs = 1;
  ProgressMode progress = ProgressMode::automatic;
  bool json = false;
};

/// Writes the manifest and prints the content id, alone on a line or in a JSON object, to `out`. The output appears
/// whole or not at all.
/// Throws ExitError (usage, io, interrupted) and std::system_error.
void make_manifest(const ManifestOptions& options, std::ostream& out);

}  // namespace p2p
