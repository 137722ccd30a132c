// A limit on bytes a second that several share: a token bucket, and the line of those that wait for it.
//
// Bytes are granted by quanta, in the order of the line, and whoever wants more goes to the end of it: so those that
// wait share the rate evenly, whatever each of them wants. The bucket is an instant, the one at which all that was
// granted is paid for (the generic cell rate algorithm): no tokens are counted, and rounding loses nothing.
//
// Invariant: in any span of time, not more than rate x (span + kBurst) + one quantum is granted.
// Absent: what the bytes are, and the clock (peer/net/throttle.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "protocol/clock.hpp"

namespace p2p {

class RateLimit {
 public:
  using Ticket = std::uint64_t;

  struct Grant {
    Ticket ticket;
    std::uint32_t bytes;  ///< From 1 to what was asked for.
  };

  static constexpr std::uint64_t kMostRate = 1'000'000'000'000;
  /// What was not used for this long may be made up for: a timer may be so late and costs nothing.
  static constexpr Duration kBurst = std::chrono::milliseconds(100);
  /// A quantum lasts so long, within these sizes.
  static constexpr Duration kQuantum = std::chrono::milliseconds(20);
  static constexpr std::uint32_t kSmallestQuantum = 1024;
  static constexpr std::uint32_t kLargestQuantum = 256 * 1024;

  /// `rate`: bytes a second, from 1 to kMostRate.
  RateLimit(std::uint64_t rate, Instant now);

  std::uint32_t quantum() const { return quantum_; }

  /// Joins the line at its end. `bytes`: at least 1.
  Ticket ask(std::uint32_t bytes);
  /// Leaves the line. No effect when the ticket was granted or has left.
  void leave(Ticket ticket);

  /// The first in the line, when its turn has come; it has left the line then. None: nobody waits, or not before
  /// next_deadline().
  std::optional<Grant> poll(Instant now);

  /// Bytes that were granted and not used.
  void give_back(std::uint32_t bytes) { spend(-static_cast<std::int64_t>(bytes)); }

  bool anybody_waits() const { return !line_.empty(); }
  /// When to poll() again; kNever while nobody waits.
  Instant next_deadline() const { return line_.empty() ? kNever : paid_; }

 private:
  struct Waiter {
    Ticket ticket;
    std::uint32_t bytes;
  };

  void spend(std::int64_t bytes);

  std::uint64_t rate_;
  std::uint32_t quantum_;
  Instant paid_;                ///< When what was granted is paid for.
  std::int64_t remainder_ = 0;  ///< What paid_ does not show: less than a nanosecond's worth, in 1 / rate_ nanoseconds.
  Ticket next_ticket_ = 0;
  std::deque<Waiter> line_;
};

}  // namespace p2p
