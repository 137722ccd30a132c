// The fingerprint of a public key, as people and files write it: the SHA-256 of the key's SubjectPublicKeyInfo (RFC
// 5280, section 4.1) in base64url without padding (RFC 4648, section 5), which is 43 characters.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace p2p::config {

struct Fingerprint {
  static constexpr std::size_t kBytes = 32;
  static constexpr std::size_t kCharacters = 43;

  std::array<std::byte, kBytes> bytes{};

  friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
};

std::string to_text(const Fingerprint& fingerprint);
/// Empty when it is none. There is one text of each fingerprint: the bits behind the last byte are zero.
std::optional<Fingerprint> parse_fingerprint(std::string_view text);

}  // namespace p2p::config
