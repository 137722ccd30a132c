// Bytes as hexadecimal digits, as digests are written in configuration and manifests.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace p2p::config {

/// Two lower-case digits a byte.
std::string to_hex(std::span<const std::byte> bytes);

/// Fills `out` from exactly two digits a byte, of either case. False when `digits` is anything else; `out` is then
/// unspecified.
bool from_hex(std::string_view digits, std::span<std::byte> out);

}  // namespace p2p::config
