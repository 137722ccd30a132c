// Where a node may be that leads to all others.
#pragma once

#include <cstdint>
#include <string>

namespace p2p {

/// A --join HOST:PORT.
struct Rendezvous {
  std::string host;
  std::uint16_t port = 0;
};

}  // namespace p2p
