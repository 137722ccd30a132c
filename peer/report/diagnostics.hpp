// What goes to stderr for the person who runs the peer: warnings and, with --log-level, the links' life.
// Never in the course's log file.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/swarm/events.hpp"

namespace p2p {

/// Makes spdlog's default logger write to stderr with the peer's ID. `level`: debug, info, warn, error or off.
void start_diagnostics(std::uint32_t peer_id, const std::string& level);
/// The same under another name than a peer's.
void start_diagnostics(const std::string& name, const std::string& level);

/// Tells an event, where it is worth a line.
void log_diagnostic(const Event& event);

}  // namespace p2p
