// log_peer_<id>.log: exactly the course's lines (docs/PROTOCOL.md, "Log") and nothing else. The one place where an
// event becomes such a line.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "protocol/ids.hpp"
#include "protocol/swarm/events.hpp"

namespace spdlog {
class logger;
}

namespace p2p {

/// The line for an event without its time; none for an event that the course does not log.
std::optional<std::string> course_line(PeerId self, const Event& event);

class EventLog {
 public:
  /// Appends to the file, which a restarted peer may have left. Throws ExitError (io) when it cannot be written.
  EventLog(const std::filesystem::path& path, PeerId self);
  ~EventLog();

  void write(const Event& event);
  /// To the operating system, so that a kill loses nothing. Cheap when nothing was written.
  void flush();

 private:
  PeerId self_;
  std::unique_ptr<spdlog::logger> logger_;
  bool dirty_ = false;
};

}  // namespace p2p
