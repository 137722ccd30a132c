// peerProcess ID: exchanges the file of Common.cfg with the peers of PeerInfo.cfg. The classic command line.
#pragma once

#include <iosfwd>
#include <variant>

#include "peer/ground/exit_code.hpp"
#include "peer/node/run_options.hpp"

namespace p2p {

/// Options to run with, or the code to exit with after --help, --version or a usage error, whose text has been printed.
std::variant<RunOptions, ExitCode> parse_classic(int argc, const char* const* argv);

/// With RunOptions::check says on `out` what would happen. Otherwise runs until what RunOptions::exit_when says has
/// come about and RunOptions::linger_s are over, a signal, the time-out, or a failure. SIGTERM or SIGINT: stops
/// accepting, lets the frames on their way out, and returns within 5 s: `interrupted`, or `complete` when the peer
/// served on by wish alone; a second one ends the process at once. Throws ConfigError; ExitError for all that goes
/// wrong at the start, and for disk errors.
ExitCode run_classic(const RunOptions& options, std::ostream& out);

}  // namespace p2p
