// peerProcess get: finds who has a file, fetches it from all of them at once, verifies it, and ends.
#pragma once

#include <iosfwd>
#include <variant>

#include "peer/commands/subcommand.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/node/get_options.hpp"

namespace p2p {

/// The options, or the code to exit with after --help or a usage error, whose text has been printed. argv[1] is the
/// subcommand.
std::variant<GetOptions, ExitCode> parse_get(int argc, const char* const* argv);

/// Prints content id and path, or a JSON object, to `out` when the file is there. Throws ExitError (network, timeout,
/// content_mismatch, disk_full, io, usage).
ExitCode get_shared(const GetOptions& options, std::ostream& out);

extern const Subcommand kGetCommand;

}  // namespace p2p
