// peerProcess verify: compares files on disk with their manifest.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <variant>

#include "peer/commands/subcommand.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/report/progress_line.hpp"

namespace p2p {

struct VerifyOptions {
  std::filesystem::path manifest;
  std::filesystem::path content;  ///< Of a folder: the folder. Of a file: the folder that it is in, or the file itself.
  unsigned jobs = 1;
  ProgressMode progress = ProgressMode::automatic;
  bool json = false;
};

/// The options, or the code to exit with after --help or a usage error, whose text has been printed. argv[1] is the
/// subcommand.
std::variant<VerifyOptions, ExitCode> parse_verify(int argc, const char* const* argv);

/// Reads all that the manifest describes and says on `out` which files are missing, of another size, or have bad
/// pieces, a line each, or in one JSON object. Files beyond the manifest are mentioned and are no fault. Sizes and
/// bytes are compared, not permissions; symbolic links stand for what they point to. Returns content_mismatch when
/// something is not as it should be. Throws ConfigError for a bad manifest, ExitError (io, interrupted) and
/// std::system_error for what cannot be read.
ExitCode verify_content(const VerifyOptions& options, std::ostream& out);

extern const Subcommand kVerifyCommand;

}  // namespace p2p
