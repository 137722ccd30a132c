// The ID of a process that no list names.
#pragma once

#include <random>

#include "protocol/ids.hpp"

namespace p2p {

/// Not 0, 31 bits: two nodes of one network have the same one about once in 2^31 pairs; then one of them is not seen.
inline PeerId random_peer_id() {
  std::random_device device;
  return PeerId{std::uniform_int_distribution<std::uint32_t>(1, kLargestPeerId)(device)};
}

}  // namespace p2p
