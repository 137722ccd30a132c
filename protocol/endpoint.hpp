// Where somebody listens, as it travels between peers and as the core compares it: an IP address and a port. Names of
// hosts are no business of the core.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "protocol/origin.hpp"

namespace p2p {

struct Endpoint {
  Origin::V6 ip{};  ///< An IPv4 address a.b.c.d is ::ffff:a.b.c.d here.
  std::uint16_t port = 0;

  constexpr Origin origin() const { return Origin::of(ip); }

  constexpr bool is_v4() const {
    constexpr std::array<std::byte, 12> kMapped{
        {{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, std::byte{0xff}, std::byte{0xff}}};
    return std::equal(kMapped.begin(), kMapped.end(), ip.begin());
  }

  constexpr bool is_loopback() const {
    if (is_v4()) return ip[12] == std::byte{127};
    return std::all_of(ip.begin(), ip.begin() + 15, [](std::byte b) { return b == std::byte{}; }) &&
           ip[15] == std::byte{1};
  }

  /// Whether the address means the same machine wherever it is dialled from: no group, nobody's and everybody's
  /// address, and no IPv6 address that holds on one link alone. (The loopback is another matter: is_loopback().)
  constexpr bool is_one_machine() const {
    if (is_v4()) return ip[12] != std::byte{} && ip[12] < std::byte{224};
    const bool is_zero = std::all_of(ip.begin(), ip.end(), [](std::byte b) { return b == std::byte{}; });
    const bool is_link_local = ip[0] == std::byte{0xfe} && (ip[1] & std::byte{0xc0}) == std::byte{0x80};
    return !is_zero && !is_link_local && ip[0] != std::byte{0xff};
  }

  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace p2p
