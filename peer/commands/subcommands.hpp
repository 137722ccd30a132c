// The table of the subcommands.
//
// They are recognised by the first word alone, which is otherwise a peer's ID: so the classic command line keeps every
// option and every message that it has, and they know nothing of it.
#pragma once

#include <optional>
#include <string>

#include "peer/ground/exit_code.hpp"

namespace p2p {

/// Runs the subcommand that argv[1] names and flushes stdout; none when the command line is that of a peer. Without a
/// word, or with an unknown one, it says which there are. Throws ConfigError and ExitError.
std::optional<ExitCode> run_subcommand(int argc, const char* const* argv);

/// For peerProcess --help: a line or two for each.
std::string subcommands_help();

}  // namespace p2p
