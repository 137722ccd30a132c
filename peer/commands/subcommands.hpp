// The command lines of peerProcess manifest, verify, chunks, share, ls and get as checked values.
//
// They are recognised by the first word alone, which is otherwise a peer's ID: so the classic command line keeps every
// option and every message that it has, and they know nothing of it.
#pragma once

#include <optional>
#include <variant>

#include "peer/commands/chunk_command.hpp"
#include "peer/commands/manifest_command.hpp"
#include "peer/commands/verify_command.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/commands/share_options.hpp"

namespace p2p {

using Subcommand = std::variant<ManifestOptions, VerifyOptions, ChunkOptions, ShareOptions, LsOptions, GetOptions, ExitCode>;

/// The subcommand's options, or the code to exit with after --help or a usage error, whose text has been printed; none
/// when the command line is that of a peer. Without a word, or with an unknown one, it says which there are.
std::optional<Subcommand> parse_subcommand(int argc, const char* const* argv);

/// Runs one that was parsed and prints its result to stdout. Throws ConfigError and ExitError.
ExitCode run_subcommand(const Subcommand& subcommand);

/// For peerProcess --help.
extern const char* const kSubcommandHelp;

}  // namespace p2p
