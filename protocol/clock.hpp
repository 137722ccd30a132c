// Time as the core sees it: always a parameter. The clock has no now(), so that reading the time inside the core
// does not compile and a whole swarm can run on virtual time.
#pragma once

#include <chrono>
#include <cstdint>

namespace p2p {

struct SwarmClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<SwarmClock>;
  static constexpr bool is_steady = true;
};

using Duration = SwarmClock::duration;

/// A point in time on a steady clock whose origin the shell chooses.
using Instant = SwarmClock::time_point;

constexpr Instant kNever = Instant::max();

/// Seconds as a real number, for rates and ratios.
constexpr double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

/// The inverse of seconds(). `s` must be finite and within +-9e9.
constexpr Duration from_seconds(double s) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
}

}  // namespace p2p
