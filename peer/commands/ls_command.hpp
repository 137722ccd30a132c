// peerProcess ls: what all nodes of a network offer.
#pragma once

#include <iosfwd>
#include <string>
#include <variant>

#include "peer/commands/subcommand.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/node/get_options.hpp"

namespace p2p {

struct LsOptions {
  NetworkOptions net;
  std::string prefix = {};  ///< Only names that begin so.
  bool in_full = false;     ///< With the addresses of the holders.
};

/// The options, or the code to exit with after --help or a usage error, whose text has been printed. argv[1] is the
/// subcommand.
std::variant<LsOptions, ExitCode> parse_ls(int argc, const char* const* argv);

/// Prints a table, or a JSON array, to `out`: name, bytes, content id, holders. Throws ExitError (network, usage).
ExitCode list_shared(const LsOptions& options, std::ostream& out);

extern const Subcommand kLsCommand;

}  // namespace p2p
