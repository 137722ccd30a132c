// Big-endian integers, the only ones on the wire: of 32 bits, and ports of 16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace p2p {

constexpr std::uint32_t load_u32(std::span<const std::byte, 4> b) {
  return std::to_integer<std::uint32_t>(b[0]) << 24 | std::to_integer<std::uint32_t>(b[1]) << 16 |
         std::to_integer<std::uint32_t>(b[2]) << 8 | std::to_integer<std::uint32_t>(b[3]);
}

constexpr std::uint16_t load_u16(std::span<const std::byte, 2> b) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(b[0]) << 8 | std::to_integer<unsigned>(b[1]));
}

constexpr void store_u32(std::uint32_t v, std::span<std::byte, 4> b) {
  b[0] = static_cast<std::byte>(v >> 24);
  b[1] = static_cast<std::byte>(v >> 16);
  b[2] = static_cast<std::byte>(v >> 8);
  b[3] = static_cast<std::byte>(v);
}

}  // namespace p2p
