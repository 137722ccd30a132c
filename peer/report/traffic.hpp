// What goes over connections as payload of pieces.
#pragma once

#include <cstdint>

namespace p2p {

/// In bytes.
struct Traffic {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;

  Traffic& operator+=(const Traffic& other) {
    received += other.received;
    sent += other.sent;
    return *this;
  }
};

}  // namespace p2p
