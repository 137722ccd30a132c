// An address as limits and convictions see it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>

#include "peer/net/asio.hpp"
#include "protocol/origin.hpp"

namespace p2p {

inline Origin origin_of(const asio::ip::address& address) {
  const auto as_bytes = [](const auto& from) {
    std::array<std::byte, std::tuple_size_v<std::decay_t<decltype(from)>>> bytes{};
    std::ranges::transform(from, bytes.begin(), [](unsigned char byte) { return std::byte{byte}; });
    return bytes;
  };
  return address.is_v4() ? Origin::of(as_bytes(address.to_v4().to_bytes()))
                         : Origin::of(as_bytes(address.to_v6().to_bytes()));
}

}  // namespace p2p
