#include "config/base64url.hpp"

#include <cstdint>

namespace p2p::config {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The character's value, or -1.
int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '-' ? 62 : c == '_' ? 63 : -1;
}

}  // namespace

void to_base64url(std::span<const std::byte> bytes, std::span<char> text) {
  std::uint32_t bits = 0;
  unsigned held = 0;  // of them, those that are not written yet
  std::size_t at = 0;
  for (const std::byte byte : bytes) {
    bits = bits << 8 | std::to_integer<std::uint32_t>(byte);
    for (held += 8; held >= 6; held -= 6) text[at++] = kAlphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) text[at] = kAlphabet[bits << (6 - held) & 63];
}

bool from_base64url(std::string_view text, std::span<std::byte> out) {
  if (text.size() != base64url_characters(out.size())) return false;
  std::uint32_t bits = 0;
  unsigned held = 0;
  std::size_t at = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out[at++] = static_cast<std::byte>(bits >> held);
  }
  return (bits & ((1u << held) - 1)) == 0;
}

}  // namespace p2p::config
