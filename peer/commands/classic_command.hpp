// One peer from start to end: listener, exchange, log, progress, signals.
#pragma once

#include "peer/commands/command_line.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/commands/setup.hpp"

namespace p2p {

/// Runs until what RunOptions::exit_when says has come about and RunOptions::linger_s are over, a signal, the time-out, or a
/// failure. SIGTERM or SIGINT: stops accepting, lets the frames on their way out, and returns within 5 s: `interrupted`,
/// or `complete` when the peer served on by wish alone; a second one ends the process at once. Throws ExitError for what
/// goes wrong at the start and for disk errors.
ExitCode run_daemon(const Setup& setup, const RunOptions& options);

}  // namespace p2p
