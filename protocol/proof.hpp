// What a connection has proven of its other end before a byte of the protocol came: the one thing that the protocol
// knows of keys. A plain connection proves nothing.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "protocol/ids.hpp"
#include "protocol/origin.hpp"

namespace p2p {

struct Proof {
  /// The fingerprint of its public key (config/fingerprint.hpp).
  std::array<std::byte, 32> key{};
  /// The only ID that who has this key may show: the one that PeerInfo.cfg lists it with, or the one that follows from
  /// the key.
  PeerId peer;

  /// The key as an origin, so that limits and convictions hold by key as they hold by address.
  Origin origin() const { return Origin::of_key(key); }

  friend bool operator==(const Proof&, const Proof&) = default;
};

}  // namespace p2p
