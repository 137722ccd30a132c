// Private networks for tests. A number is a secret: those of different numbers are of different secrets.
#pragma once

#include <string>

#include "peer/keys/network.hpp"

namespace p2p::test {

/// Its bytes are `first`, `first` + 1, and so on.
inline NetworkSecret network_secret(unsigned first = 0) {
  NetworkSecret secret;
  for (std::byte& byte : secret.bytes()) byte = static_cast<std::byte>(first++);
  return secret;
}

inline Network private_network(const std::string& name = "lab", unsigned first = 0) {
  return Network(name, network_secret(first));
}

}  // namespace p2p::test
