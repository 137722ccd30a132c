// One reader of /events: its place among the events, and when it was last sent something.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "peer/status/event_ring.hpp"
#include "protocol/clock.hpp"

namespace p2p {

/// Where a stream begins, by the header Last-Event-ID, which goes first, or by ?since=. None: with the next event. A
/// number that is none is as if it were not there.
std::optional<std::uint64_t> stream_position(std::optional<std::string_view> last_event_id,
                                             std::optional<std::string_view> since);

class EventStream {
 public:
  /// Without anything else to say, a comment is sent so often.
  static constexpr Duration kKeepAlive = std::chrono::seconds(15);

  EventStream(const EventRing& ring, std::optional<std::uint64_t> since, Instant now)
      : reader_(ring, since.value_or(ring.last())), said_at_(now) {}
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// Up to `most` bytes of what is to be sent; empty: nothing for now.
  std::string_view take(std::size_t most, Instant now);

 private:
  EventReader reader_;
  Instant said_at_;
  std::string text_ = "retry: 2000\n\n";
  std::string_view pending_ = text_;
};

}  // namespace p2p
