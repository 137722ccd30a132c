// Where a connection comes from, as far as limits are concerned: an address, or the key that was proven on it.
//
// A machine with one IPv6 address has a whole /64 of them, so there the network counts, not the address. Link-local
// addresses share one network and are counted one by one.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>

namespace p2p {

class Origin {
 public:
  using V4 = std::array<std::byte, 4>;
  using V6 = std::array<std::byte, 16>;

  static constexpr Origin of(const V4& address) {
    Origin origin;
    origin.bytes_[10] = origin.bytes_[11] = std::byte{0xff};
    std::ranges::copy(address, origin.bytes_.begin() + 12);
    return origin;
  }

  /// An IPv4 address that is written as an IPv6 one is the IPv4 address.
  static constexpr Origin of(const V6& address) {
    Origin origin;
    const bool is_mapped = std::equal(address.begin(), address.begin() + 12, of(V4{}).bytes_.begin());
    const bool is_link_local = address[0] == std::byte{0xfe} && (address[1] & std::byte{0xc0}) == std::byte{0x80};
    const bool is_loopback =
        std::all_of(address.begin(), address.begin() + 15, [](std::byte b) { return b == std::byte{}; });
    std::copy_n(address.begin(), is_mapped || is_link_local || is_loopback ? 16 : 8, origin.bytes_.begin());
    return origin;
  }

  /// Of who has proven a key, by its fingerprint. Such an origin is never that of an address.
  static constexpr Origin of_key(const std::array<std::byte, 32>& fingerprint) {
    Origin origin;
    origin.is_key_ = true;
    std::copy_n(fingerprint.begin(), origin.bytes_.size(), origin.bytes_.begin());
    return origin;
  }

  friend constexpr auto operator<=>(const Origin&, const Origin&) = default;

 private:
  bool is_key_ = false;
  std::array<std::byte, 16> bytes_{};
};

}  // namespace p2p
