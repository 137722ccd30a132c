#include "protocol/wire/introduction.hpp"

#include <algorithm>

#include "protocol/wire/big_endian.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {
namespace {

// Behind the length: type, port, whether it leaves.
constexpr std::size_t kTypeAt = 4;
constexpr std::size_t kPortAt = 5;
constexpr std::size_t kLeavingAt = 7;

}  // namespace

std::array<std::byte, kIntroductionBytes> encode(const Introduction& introduction) {
  std::array<std::byte, kIntroductionBytes> bytes{};
  store_u32(static_cast<std::uint32_t>(kIntroductionBytes - kTypeAt), std::span(bytes).first<4>());
  bytes[kTypeAt] = std::byte{kIntroductionType};
  bytes[kPortAt] = static_cast<std::byte>(introduction.port >> 8);
  bytes[kPortAt + 1] = static_cast<std::byte>(introduction.port & 0xff);
  bytes[kLeavingAt] = static_cast<std::byte>(introduction.leaving);
  return bytes;
}

std::optional<Introduction> decode_introduction(std::span<const std::byte, kIntroductionBytes> bytes) {
  const auto port = std::to_integer<unsigned>(bytes[kPortAt]) << 8 | std::to_integer<unsigned>(bytes[kPortAt + 1]);
  const Introduction introduction{static_cast<std::uint16_t>(port), bytes[kLeavingAt] != std::byte{}};
  if (introduction.leaving && introduction.port == 0) return std::nullopt;
  return std::ranges::equal(encode(introduction), bytes) ? std::optional(introduction) : std::nullopt;
}

}  // namespace p2p
