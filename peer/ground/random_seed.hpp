// The seed of a swarm's random choices, which the core takes as a parameter.
#pragma once

#include <cstdint>
#include <random>

namespace p2p {

/// From the operating system.
inline std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace p2p
