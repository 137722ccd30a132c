// The daemon's clock: the only place that reads the time for the core.
#pragma once

#include <chrono>

#include "protocol/clock.hpp"

namespace p2p {

/// The steady clock's time as the core counts it. Jumps of the wall clock do not show.
inline Instant now() {
  return Instant(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

/// The inverse, for timers.
inline std::chrono::steady_clock::time_point to_steady(Instant instant) {
  return std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(instant.time_since_epoch()));
}

}  // namespace p2p
