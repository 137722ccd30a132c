// How much goes over one connection, and how fast.
#pragma once

#include "peer/report/progress_line.hpp"
#include "peer/report/traffic.hpp"

namespace p2p {

/// The rates are of use while somebody samples them a few times a second.
struct LinkMeter {
  Traffic traffic{};
  RecentRate received{}, sent{};

  void sample(Instant at) {
    received.sample(traffic.received, at);
    sent.sample(traffic.sent, at);
  }
};

}  // namespace p2p
