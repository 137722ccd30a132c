// One peer from start to end: listener, exchange, log, progress, signals.
#pragma once

#include "peer/command_line.hpp"
#include "peer/exit_code.hpp"
#include "peer/setup.hpp"

namespace p2p {

/// Runs until every listed peer has the file, a signal, the time-out, or a failure.
/// SIGTERM or SIGINT: stops accepting, lets the frames on their way out, and returns `interrupted` within 5 s; a second
/// one ends the process at once. Throws ExitError for what goes wrong at the start and for disk errors.
ExitCode run_daemon(const Setup& setup, const Options& options);

}  // namespace p2p
