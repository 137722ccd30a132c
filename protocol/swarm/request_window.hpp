// How many requests to keep open on one link, and how long to wait for an answer.
//
// A slow start up to the bandwidth-delay product: one open request at first, one more for each answer, as long as
// less is on its way than the link can carry in the time an answer takes. Opening more than that only takes pieces
// away from links that could bring them sooner. Absent: which pieces (picker), on which links (swarm).
#pragma once

#include <cstdint>

#include "protocol/clock.hpp"

namespace p2p {

class RequestWindow {
 public:
  /// `limit`: never more open requests than this, at least 1. `piece_size` in bytes.
  RequestWindow(std::uint32_t limit, std::uint32_t piece_size);

  /// The content turned out to have larger or smaller pieces; at least 1.
  void set_piece_size(std::uint32_t bytes) { piece_size_ = bytes; }

  /// How many requests may be open now, 1 to `limit`.
  std::uint32_t size() const { return size_; }

  /// Bytes a second that the link delivers while requests are open; 0 before the first answer.
  double rate() const { return rate_; }

  /// How long an answer takes, from request to end; zero before the first one.
  Duration response() const { return response_; }

  /// A request goes out while `open_before` others are open.
  void on_asked(Instant now, std::uint32_t open_before);

  /// The head of an answer came to a request that went out at `asked` when no other was open.
  void on_lone_head(Instant asked, Instant now);

  /// Payload bytes came.
  void on_progress(Instant now) { progress_ = now; }

  /// A whole answer of `bytes` (0 counts as 1) came to a request that went out at `asked`.
  void on_answered(Instant asked, Instant now, std::uint32_t bytes);

  /// True when requests are open and nothing has come for longer than answers on this link may take. `drain`: how long
  /// all that is asked for on all links takes to come; no link is blamed for a full downlink.
  bool stalled(Instant now, std::uint32_t open, Duration drain = {}) const {
    return open > 0 && now - progress_ > patience() + drain;
  }

  /// How often in a row that happened with no answer in between.
  std::uint32_t stalls() const { return stalls_; }

  /// The open requests were given up: start again from one, and wait twice as long.
  void on_stalled();

 private:
  Duration patience() const;

  std::uint32_t limit_;
  std::uint32_t piece_size_;
  std::uint32_t size_ = 1;
  std::uint32_t stalls_ = 0;  ///< In a row.
  double rate_ = 0;
  double seconds_per_byte_ = 0;  ///< Smoothed; its inverse is the rate (an average of rates would favour bursts).
  Duration latency_ = Duration::max();  ///< Smallest time from a lone request to the head of its answer.
  Duration response_{};                 ///< Smoothed time from a request to the end of its answer.
  Instant progress_{};                  ///< Last payload byte, or last request on an idle link.
  Instant answered_{};
};

}  // namespace p2p
