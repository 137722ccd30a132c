#include "protocol/wire/handshake.hpp"

#include <algorithm>
#include <cstring>

#include "protocol/wire/big_endian.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {
namespace {

struct Dialect {
  std::string_view first_bytes;
  std::string_view name;
};

using namespace std::string_view_literals;

constexpr Dialect kDialects[] = {
    {"\xac\xed\x00\x05"sv, "Java object serialisation"},
    {"\x13"
     "BitTorrent"sv,
     "BitTorrent"},
    {"\x16\x03"sv, "TLS"},
    {"GET "sv, "HTTP"},
    {"POST "sv, "HTTP"},
    {"HEAD "sv, "HTTP"},
    {"PUT "sv, "HTTP"},
    {"OPTIONS "sv, "HTTP"},
    {"CONNECT "sv, "HTTP"},
    {"HTTP/"sv, "HTTP"},
    {"SSH-"sv, "SSH"},
};

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::array<std::byte, kHandshakeBytes> encode(const Handshake& handshake) {
  std::array<std::byte, kHandshakeBytes> out{};
  std::memcpy(out.data(), kHandshakeHeader.data(), kHandshakeHeader.size());
  std::copy(handshake.reserved.begin(), handshake.reserved.end(), out.begin() + kHandshakeHeader.size());
  store_u32(handshake.peer.value, std::span(out).last<4>());
  return out;
}

Handshake decode_handshake(std::span<const std::byte, kHandshakeBytes> bytes) {
  Handshake handshake;
  std::copy_n(bytes.begin() + kHandshakeHeader.size(), kReservedBytes, handshake.reserved.begin());
  handshake.peer = PeerId{load_u32(bytes.last<4>())};
  return handshake;
}

std::optional<Violation> check_handshake_prefix(std::span<const std::byte> received) {
  const std::string_view text = as_text(received).substr(0, kHandshakeHeader.size());
  if (kHandshakeHeader.starts_with(text)) return std::nullopt;
  for (const Dialect& dialect : kDialects) {
    if (as_text(received).starts_with(dialect.first_bytes))
      return Violation{std::string(dialect.name) + " spoken to this port, expected the handshake header " +
                       std::string(kHandshakeHeader)};
    // Not yet decided between two answers: wait for the next bytes.
    if (dialect.first_bytes.starts_with(as_text(received))) return std::nullopt;
  }
  return Violation{"not a handshake: the header is not " + std::string(kHandshakeHeader)};
}

bool begins_have(std::span<const std::byte> received) {
  constexpr std::array kHead{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{5},
                             static_cast<std::byte>(MessageType::have)};
  const auto head = received.first(std::min(received.size(), kHead.size()));
  return std::ranges::equal(head, std::span(kHead).first(head.size()));
}

std::size_t early_have_bytes(std::span<const std::byte> received) {
  std::size_t bytes = 0;
  const auto next = [&] { return received.subspan(bytes); };
  while (bytes < kMostEarlyHaves * kHaveFrameBytes && next().size() >= kHaveFrameBytes && begins_have(next()))
    bytes += kHaveFrameBytes;
  return bytes;
}

namespace detail {

std::optional<std::string> ascii_digits(std::uint32_t id) {
  std::array<std::byte, 4> bytes{};
  store_u32(id, bytes);
  const std::string_view text = as_text(bytes);
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  return std::string(text);
}

}  // namespace detail
}  // namespace p2p
