// The latest events, for readers in other threads, each of which is somewhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "peer/status/event_record.hpp"

namespace p2p {

/// Any thread. Numbers begin with 1 and have no holes.
class EventRing {
 public:
  static constexpr std::size_t kKept = 8192;
  static constexpr std::size_t kRecent = 50;

  /// Numbers the record; returns its number.
  std::uint64_t add(EventRecord record);
  /// 0: none yet.
  std::uint64_t last() const;
  /// The oldest that is kept; 0: none yet.
  std::uint64_t first() const;
  /// Those from `seq` on, at most so many; the first of them may be a later one, because others are not kept any more.
  std::vector<EventRecord> from(std::uint64_t seq, std::size_t most) const;
  /// The newest without haves, at most kRecent, the oldest first.
  std::vector<EventRecord> recent() const;

 private:
  mutable std::mutex mutex_;
  std::deque<EventRecord> kept_;
  std::deque<EventRecord> recent_;
  std::uint64_t last_ = 0;
};

/// One reader's place, and what it reads next in the form of server-sent events.
class EventReader {
 public:
  /// Behind event `since`. A number that no event has had yet is one of another run: then all that are kept come.
  EventReader(const EventRing& ring, std::uint64_t since);

  bool has_news() const { return restarted_ || ring_.last() >= next_; }
  /// The next events, about `most` bytes of them and at least one; empty: there is none. A gap goes before those that
  /// do not follow on the one before.
  std::string take(std::size_t most);

 private:
  const EventRing& ring_;
  std::uint64_t next_;
  bool restarted_ = false;
};

/// How an event goes over the wire.
std::string sse_text(const EventRecord& record);

}  // namespace p2p
