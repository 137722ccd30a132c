// The 32 bytes that both sides send before anything else (docs/PROTOCOL.md, "Handshake").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/ids.hpp"
#include "protocol/violation.hpp"

namespace p2p {

constexpr std::string_view kHandshakeHeader = "P2PFILESHARINGPROJ";
constexpr std::size_t kReservedBytes = 10;
constexpr std::size_t kHandshakeBytes = kHandshakeHeader.size() + kReservedBytes + 4;
static_assert(kHandshakeBytes == 32);

/// A peer's greeting. Classic peers send ten zeros; what others put there is kept and never refused.
struct Handshake {
  PeerId peer;
  std::array<std::byte, kReservedBytes> reserved{};

  friend bool operator==(const Handshake&, const Handshake&) = default;
};

std::array<std::byte, kHandshakeBytes> encode(const Handshake& handshake);

/// Precondition: check_handshake_prefix() accepts the bytes.
Handshake decode_handshake(std::span<const std::byte, kHandshakeBytes> bytes);

/// Judges the first bytes of a stream, at most kHandshakeBytes of them, as early as they can be judged: a violation as
/// soon as they cannot become a handshake. The reason names the dialect (HTTP, TLS, BitTorrent, Java serialisation)
/// where it is one that people point at this port by mistake.
std::optional<Violation> check_handshake_prefix(std::span<const std::byte> received);

/// How many bytes at the front of a stream are haves that come before the handshake, as some peers send them: the whole
/// ones, at most kMostEarlyHaves.
std::size_t early_have_bytes(std::span<const std::byte> received);
/// Whether these bytes are the beginning of a have, or all of it, whose piece may be any.
bool begins_have(std::span<const std::byte> received);
constexpr std::uint32_t kMostEarlyHaves = 16;
constexpr std::size_t kHaveFrameBytes = 9;

/// Why an ID that nobody has might have been sent: "1001" as ASCII digits, or little-endian. Empty when it looks
/// like neither. `known` tells whether an ID is one of the swarm.
template <class Known>
std::string explain_unknown_id(PeerId id, Known&& known);

namespace detail {
std::optional<std::string> ascii_digits(std::uint32_t id);
constexpr std::uint32_t byte_swapped(std::uint32_t v) {
  return v >> 24 | (v >> 8 & 0xff00u) | (v << 8 & 0xff0000u) | v << 24;
}
}  // namespace detail

template <class Known>
std::string explain_unknown_id(PeerId id, Known&& known) {
  if (const auto digits = detail::ascii_digits(id.value))
    return " (the bytes are the ASCII digits \"" + *digits + "\"; expected a 32-bit big-endian binary integer)";
  if (known(PeerId{detail::byte_swapped(id.value)}))
    return " (" + std::to_string(detail::byte_swapped(id.value)) + " in little-endian order; expected big-endian)";
  return {};
}

}  // namespace p2p
