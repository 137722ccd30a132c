#include "protocol/wire/introduction.hpp"

#include <algorithm>

#include "protocol/wire/big_endian.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {
namespace {

// Behind the length: type, port, whether it leaves, and what is wanted.
constexpr std::size_t kTypeAt = 4;
constexpr std::size_t kPortAt = 5;
constexpr std::size_t kLeavingAt = 7;
constexpr std::size_t kContentIdBytes = 32;

}  // namespace

std::vector<std::byte> encode(const Introduction& introduction) {
  std::vector<std::byte> bytes(kIntroductionBytes + (introduction.wanted ? kContentIdBytes : 0));
  bytes[kTypeAt] = std::byte{kIntroductionType};
  bytes[kPortAt] = static_cast<std::byte>(introduction.port >> 8);
  bytes[kPortAt + 1] = static_cast<std::byte>(introduction.port & 0xff);
  bytes[kLeavingAt] = static_cast<std::byte>(introduction.leaving);
  if (introduction.wanted) std::ranges::copy(*introduction.wanted, bytes.begin() + kIntroductionBytes);
  store_u32(static_cast<std::uint32_t>(bytes.size() - kTypeAt), std::span(bytes).first<4>());
  return bytes;
}

std::size_t introduction_bytes(std::span<const std::byte, kIntroductionBytes> head) {
  const bool wants = load_u32(head.first<4>()) > kIntroductionBytes - kTypeAt;
  return kIntroductionBytes + (wants ? kContentIdBytes : 0);
}

std::optional<Introduction> decode_introduction(std::span<const std::byte> bytes) {
  if (bytes.size() < kIntroductionBytes || bytes.size() != introduction_bytes(bytes.first<kIntroductionBytes>()))
    return std::nullopt;
  const auto port = std::to_integer<unsigned>(bytes[kPortAt]) << 8 | std::to_integer<unsigned>(bytes[kPortAt + 1]);
  Introduction introduction{.port = static_cast<std::uint16_t>(port), .leaving = bytes[kLeavingAt] != std::byte{}};
  if (bytes.size() > kIntroductionBytes)
    std::ranges::copy(bytes.subspan(kIntroductionBytes), introduction.wanted.emplace().begin());
  if (introduction.leaving && (introduction.port == 0 || introduction.wanted)) return std::nullopt;
  return std::ranges::equal(encode(introduction), bytes) ? std::optional(introduction) : std::nullopt;
}

}  // namespace p2p
