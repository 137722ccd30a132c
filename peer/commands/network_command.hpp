// peerProcess network: the private networks that this user is in, and the secret of a new one.
#pragma once

#include <iosfwd>
#include <string>
#include <variant>

#include "peer/commands/subcommand.hpp"
#include "peer/ground/exit_code.hpp"

namespace p2p {

struct NetworkCommandOptions {
  enum class Action { make, join, list, leave };

  Action action = Action::list;
  std::string name = {};  ///< Of the network that is made or left.
  bool json = false;      ///< Of the list, and of what was joined. A secret is never in it.
};

/// The options, or the code to exit with after --help or a usage error, whose text has been printed: a secret that
/// stands on the command line by mistake is not repeated in it. argv[1] is the subcommand.
std::variant<NetworkCommandOptions, ExitCode> parse_network(int argc, const char* const* argv);

/// What is printed goes to `out`; `join` reads one line of stdin. Throws ExitError (usage, not_authorised, disk_full,
/// io) and ConfigError.
ExitCode change_networks(const NetworkCommandOptions& options, std::ostream& out);

extern const Subcommand kNetworkCommand;

}  // namespace p2p
