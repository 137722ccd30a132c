// Bytes as base64url without padding (RFC 4648, section 5), as keys and their fingerprints are written.
//
// There is one text of given bytes: the bits behind the last byte are zero. Nothing is kept of what passes through, and
// the caller owns both sides, so that secrets can be zeroed.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace p2p::config {

constexpr std::size_t base64url_characters(std::size_t bytes) { return (8 * bytes + 5) / 6; }

/// Precondition: text.size() == base64url_characters(bytes.size()).
void to_base64url(std::span<const std::byte> bytes, std::span<char> text);

/// Fills `out`. False when `text` is not the one text of so many bytes; `out` is then unspecified.
bool from_base64url(std::string_view text, std::span<std::byte> out);

}  // namespace p2p::config
