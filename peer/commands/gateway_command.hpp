// peerProcess gateway: answers HTTP requests for what the nodes of a network have, until a signal comes.
#pragma once

#include <iosfwd>
#include <variant>

#include "peer/commands/subcommand.hpp"
#include "peer/gateway/gateway.hpp"
#include "peer/ground/exit_code.hpp"

namespace p2p {

/// The options, or the code to exit with after --help or a usage error, whose text has been printed. argv[1] is the
/// subcommand.
std::variant<GatewayOptions, ExitCode> parse_gateway(int argc, const char* const* argv);

/// Runs until SIGINT or SIGTERM; a second one ends the process at once. Throws ExitError and StoreError.
ExitCode run_gateway(const GatewayOptions& options, std::ostream& out);

extern const Subcommand kGatewayCommand;

}  // namespace p2p
