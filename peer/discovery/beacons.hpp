// What nodes of one network say and hear on a link: beacons, which are sealed where the network is private
// (docs/PROTOCOL.md, "On one link" and "Private networks"). Pure, as time is a parameter.
//
// A private network's datagram is a box and nothing else: whoever lacks the secret learns that somebody is there, and
// neither who nor of which network. A box that somebody has recorded and sends again is read again: it is a hint, as
// all beacons are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "peer/discovery/beacon.hpp"
#include "peer/discovery/members.hpp"
#include "peer/keys/network.hpp"

namespace p2p {

class Beacons {
 public:
  /// How many of our network's are heard: so many at once, and so many a minute for ever. Those of others do not count,
  /// so that a flood of them keeps no node from being heard: to tell what they are costs less than to receive them.
  static constexpr std::uint32_t kBurst = 500;
  static constexpr std::uint32_t kAMinute = 6'000;

  explicit Beacons(Network network);

  /// "A node listens on this port", and "who is there?", as datagrams.
  std::vector<std::byte> here_i_am(std::uint16_t port, PeerId peer) const;
  std::vector<std::byte> who_is_there() const;

  /// What a datagram says. Empty when it is none of our network's, or there were too many.
  std::optional<Beacon> hear(std::span<const std::byte> datagram, Instant now);

 private:
  std::vector<std::byte> datagram(const Beacon& beacon) const;
  std::optional<Beacon> read(std::span<const std::byte> datagram) const;

  Network network_;
  NetworkTag tag_;
  DialBudget budget_{kBurst, kAMinute};
};

}  // namespace p2p
