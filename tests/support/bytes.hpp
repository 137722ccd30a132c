// Bytes as hexadecimal pictures, so that a test shows the wire and a failure shows what differs.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "protocol/assert.hpp"
#include "protocol/wire/encoder.hpp"

namespace p2p::test {

/// "00000005 04 00000007": blanks are for the eye only.
inline Bytes hex(std::string_view picture) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  Bytes bytes;
  bool half = false;
  for (const char c : picture) {
    if (c == ' ') continue;
    const auto digit = kDigits.find(c);
    P2P_ASSERT(digit != std::string_view::npos);
    if (half)
      bytes.back() |= static_cast<std::byte>(digit);
    else
      bytes.push_back(static_cast<std::byte>(digit << 4));
    half = !half;
  }
  P2P_ASSERT(!half);
  return bytes;
}

/// The inverse, in groups: `grouping` {4, 1, 4} gives "00000005 04 00000007"; what is left follows as one group.
inline std::string to_hex(std::span<const std::byte> bytes, std::initializer_list<std::size_t> grouping = {}) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string picture;
  auto group = grouping.begin();
  std::size_t left = group == grouping.end() ? bytes.size() : *group;
  for (const std::byte byte : bytes) {
    if (left == 0) {
      picture += ' ';
      if (group != grouping.end()) ++group;
      left = group == grouping.end() ? bytes.size() : *group;
    }
    picture += kDigits[std::to_integer<unsigned>(byte) >> 4];
    picture += kDigits[std::to_integer<unsigned>(byte) & 15];
    --left;
  }
  return picture;
}

inline Bytes text(std::string_view characters) {
  Bytes bytes;
  for (const char c : characters) bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace p2p::test
