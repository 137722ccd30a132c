// What goes to stderr for the person who runs the peer: warnings and, with --log-level, the links' life.
// Never in the course's log file.
#pragma once

#include <string>

#include "peer/report/piece_words.hpp"
#include "protocol/swarm/events.hpp"

namespace p2p {

/// Makes spdlog's default logger write to stderr with the peer's name. `level`: debug, info, warn, error or off.
void start_diagnostics(const std::string& name, const std::string& level);

/// Tells an event, where it is worth a line.
void log_diagnostic(const Event& event, const PieceWords& words = {});

}  // namespace p2p
