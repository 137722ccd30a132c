#include "peer/discovery/beacons.hpp"

#include <utility>

namespace p2p {

Beacons::Beacons(Network network) : network_(std::move(network)), tag_(network_tag(network_)) {}

std::vector<std::byte> Beacons::here_i_am(std::uint16_t port, PeerId peer) const {
  return datagram({tag_, Beacon::Kind::here_i_am, port, peer});
}

std::vector<std::byte> Beacons::who_is_there() const { return datagram({.network = tag_}); }

std::vector<std::byte> Beacons::datagram(const Beacon& beacon) const {
  const auto bytes = encode(beacon);
  if (network_.is_private()) return network_.seal(bytes);
  return {bytes.begin(), bytes.end()};
}

std::optional<Beacon> Beacons::hear(std::span<const std::byte> datagram, Instant now) {
  const auto beacon = read(datagram);
  return beacon && beacon->network == tag_ && budget_.take(now) ? beacon : std::nullopt;
}

std::optional<Beacon> Beacons::read(std::span<const std::byte> datagram) const {
  if (!network_.is_private()) return decode_beacon(datagram);
  if (datagram.size() != kBeaconBytes + Network::kBoxBytes) return std::nullopt;
  const auto bytes = network_.open(datagram);
  return bytes ? decode_beacon(*bytes) : std::nullopt;
}

}  // namespace p2p
