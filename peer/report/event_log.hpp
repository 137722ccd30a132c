// log_peer_<id>.log: exactly the course's lines (docs/PROTOCOL.md, "Log") and nothing else. The one place where an
// event becomes such a line.
//
// A swarm of small pieces is mostly haves, and each is a line: so lines are put together by hand in one buffer, which
// goes to the file as a block.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "protocol/ids.hpp"
#include "protocol/swarm/events.hpp"

namespace p2p {

/// Appends the line for an event without its time. False, and nothing appended: an event that the course does not log.
bool append_course_line(PeerId self, const Event& event, std::string& out);

/// The same as a value.
std::optional<std::string> course_line(PeerId self, const Event& event);

class EventLog {
 public:
  /// Appends to the file, which a restarted peer may have left. Throws ExitError (io) when it cannot be written.
  EventLog(std::filesystem::path path, PeerId self);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  void write(const Event& event);
  /// To the operating system, so that a kill loses nothing. Cheap when nothing was written. On a disk that is full
  /// lines wait for the next call, up to a measure; beyond that they are dropped.
  void flush();
  /// The file may have been renamed: what was written is in it, and what follows goes to one of the name of before. An
  /// error is told, and changes nothing.
  void reopen();

 private:
  void append_time();

  PeerId self_;
  std::filesystem::path path_;
  int file_;
  std::string pending_;
  std::string second_;  ///< The time of the last line, up to the point before its milliseconds.
  std::int64_t second_of_ = -1;
  bool failing_ = false;
};

}  // namespace p2p
