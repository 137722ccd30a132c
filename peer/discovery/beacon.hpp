// The datagram by which nodes on one link find each other (docs/PROTOCOL.md, "On one link"). It comes from anybody, and
// what it says is a hint. Absent: sockets (peer/net/multicast_socket.hpp), and when something is said
// (local_search.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "peer/keys/network.hpp"
#include "protocol/ids.hpp"

namespace p2p {

constexpr std::size_t kBeaconBytes = 24;
/// In place of the network's name, which is never in a datagram.
using NetworkTag = std::array<std::byte, 8>;

struct Beacon {
  enum class Kind : std::uint8_t {
    here_i_am = 1,     ///< A node listens on this port.
    who_is_there = 2,  ///< Nodes are to say where they are; the port is 0.
  };
  NetworkTag network{};
  Kind kind = Kind::who_is_there;
  std::uint16_t port = 0;
  PeerId peer{};  ///< Of a node; 0 with who_is_there.

  friend bool operator==(const Beacon&, const Beacon&) = default;
};

NetworkTag network_tag(const Network& network);

/// Precondition: what Beacon says of its members.
std::array<std::byte, kBeaconBytes> encode(const Beacon& beacon);
/// Empty when the bytes are not exactly one beacon; else encode() gives them back.
std::optional<Beacon> decode_beacon(std::span<const std::byte> bytes);

}  // namespace p2p
