// How somebody who asks for members says who asks (docs/PROTOCOL.md, "Asking
// for members"): the one message behind its handshake.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace p2p {

constexpr std::size_t kIntroductionBytes = 8;

struct Introduction {
  std::uint16_t port = 0;  ///< Where it listens; 0: it does not, and only asks.
  bool leaving = false;    ///< It is about to end. Only of one that listens.

  friend bool operator==(const Introduction&, const Introduction&) = default;
};

std::array<std::byte, kIntroductionBytes> encode(const Introduction& introduction);
/// Empty when the bytes are none; else encode() gives them back.
std::optional<Introduction> decode_introduction(std::span<const std::byte, kIntroductionBytes> bytes);

}  // namespace p2p
