// An address as the core sees it: for limits and convictions, and as a place that peers name to each other.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "peer/net/asio.hpp"
#include "protocol/endpoint.hpp"

namespace p2p {

inline Endpoint endpoint_of(const asio::ip::address& address, std::uint16_t port) {
  const auto v6 = address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()) : address.to_v6();
  Endpoint endpoint{.port = port};
  std::ranges::transform(v6.to_bytes(), endpoint.ip.begin(), [](unsigned char byte) { return std::byte{byte}; });
  return endpoint;
}

inline asio::ip::address address_of(const Endpoint& endpoint) {
  asio::ip::address_v6::bytes_type bytes{};
  std::ranges::transform(endpoint.ip, bytes.begin(),
                         [](std::byte byte) { return std::to_integer<unsigned char>(byte); });
  const asio::ip::address_v6 v6(bytes);
  if (!v6.is_v4_mapped()) return v6;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, v6);
}

inline Origin origin_of(const asio::ip::address& address) { return endpoint_of(address, 0).origin(); }

}  // namespace p2p
