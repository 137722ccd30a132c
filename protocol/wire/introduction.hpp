// How somebody who asks for members says who asks (docs/PROTOCOL.md, "Asking for members"): the one message behind its
// handshake.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace p2p {

/// Of the shortest; the length in them says how many follow.
constexpr std::size_t kIntroductionBytes = 8;

struct Introduction {
  std::uint16_t port = 0;  ///< Where it listens; 0: it does not, and only asks.
  bool leaving = false;    ///< It is about to end. Only of one that listens.
  /// A content that nodes with a DHT are to look for there. Not of one that leaves.
  std::optional<std::array<std::byte, 32>> wanted = {};

  friend bool operator==(const Introduction&, const Introduction&) = default;
};

std::vector<std::byte> encode(const Introduction& introduction);
/// How many bytes an introduction has that begins with these, if it is one.
std::size_t introduction_bytes(std::span<const std::byte, kIntroductionBytes> head);
/// Empty when the bytes are none; else encode() gives them back.
std::optional<Introduction> decode_introduction(std::span<const std::byte> bytes);

}  // namespace p2p
