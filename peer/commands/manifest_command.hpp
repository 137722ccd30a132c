// peerProcess manifest: hashes files and writes their manifest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <variant>
#include <vector>

#include "config/manifest.hpp"
#include "peer/commands/subcommand.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/report/progress_line.hpp"

namespace p2p {

struct ManifestOptions {
  std::vector<std::filesystem::path> paths;  ///< At least one; see find_source() (peer/content/source.hpp).
  std::filesystem::path output;
  std::optional<std::uint32_t> piece_size;  ///< Bytes; none: usual_piece_size().
  config::PieceHash piece_hash = config::PieceHash::sha256;
  unsigned jobs = 1;
  ProgressMode progress = ProgressMode::automatic;
  bool json = false;
};

/// The options, or the code to exit with after --help or a usage error, whose text has been printed. argv[1] is the
/// subcommand.
std::variant<ManifestOptions, ExitCode> parse_manifest(int argc, const char* const* argv);

/// Writes the manifest and prints the content id, alone on a line or in a JSON object, to `out`. The output appears
/// whole or not at all.
/// Throws ExitError (usage, io, interrupted) and std::system_error.
ExitCode make_manifest(const ManifestOptions& options, std::ostream& out);

extern const Subcommand kManifestCommand;

}  // namespace p2p
