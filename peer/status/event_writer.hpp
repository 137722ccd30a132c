// --json-events: each event as a line on a file descriptor, without ever waiting for whoever reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "peer/status/event_record.hpp"

namespace p2p {

/// One thread. What the descriptor does not take at once waits here, up to kMostWaiting bytes; beyond that events are
/// left out, and a gap says so. A descriptor that cannot be written any more is given up, with one warning.
class EventWriter {
 public:
  static constexpr std::size_t kMostWaiting = std::size_t{16} << 20;

  /// Throws ExitError (usage) when the descriptor is not open for writing. It stays the caller's.
  explicit EventWriter(int descriptor);
  /// Gives a reader that is behind kPatience more.
  ~EventWriter();
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  void write(const EventRecord& record);
  /// A text of its own, lines with their ends. Where nothing more may wait it is left out without a gap.
  void write(const std::string& lines);
  /// As far as the descriptor takes it now.
  void flush() { flush(0); }
  /// Something waits.
  bool is_behind() const { return written_ < waiting_.size(); }

 private:
  void flush(int patience_ms);
  bool wait_for_room(int patience_ms) const;

  int descriptor_;
  std::size_t block_;  ///< So much is taken at once without waiting by what has room.
  std::string waiting_;
  std::size_t written_ = 0;  ///< Of what waits.
  std::uint64_t missed_ = 0;
  bool broken_ = false;
};

}  // namespace p2p
