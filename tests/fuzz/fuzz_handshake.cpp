// The handshake: every prefix of a stream is judged, and judged consistently.
#include <algorithm>
#include <string>
#include <vector>

#include "protocol/wire/handshake.hpp"
#include "tests/fuzz/byte_source.hpp"

namespace p2p {
namespace {

/// Whether a stream's first bytes are those of the header, byte by byte.
bool agrees_with_header(std::span<const std::byte> received) {
  for (std::size_t i = 0; i < std::min(received.size(), kHandshakeHeader.size()); ++i)
    if (std::to_integer<char>(received[i]) != kHandshakeHeader[i]) return false;
  return true;
}

/// Judges the stream byte by byte as it would come in, and returns whether all of it was accepted.
bool accepted(std::span<const std::byte> stream) {
  std::optional<std::string> rejected;
  for (std::size_t n = 0; n <= stream.size(); ++n) {
    const auto received = stream.first(n);
    const auto violation = check_handshake_prefix(received);
    if (rejected) P2P_ASSERT(violation && violation->reason == *rejected);  // for good, and for the same reason
    if (!violation) {
      // Other dialects are waited for only while there is something to tell apart.
      P2P_ASSERT(agrees_with_header(received) || n < kHandshakeHeader.size());
      continue;
    }
    P2P_ASSERT(!agrees_with_header(received));
    P2P_ASSERT(!violation->reason.empty());
    rejected = violation->reason;
  }
  return !rejected;
}

}  // namespace
}  // namespace p2p

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  // A copy of exactly the size, so that the address sanitizer sees reads behind the end.
  const auto input = std::as_bytes(std::span(data, std::min(size, kHandshakeBytes)));
  const std::vector<std::byte> stream(input.begin(), input.end());

  if (accepted(stream) && stream.size() == kHandshakeBytes) {
    const Handshake handshake = decode_handshake(std::span(stream).first<kHandshakeBytes>());
    P2P_ASSERT(std::ranges::equal(encode(handshake), stream));
    // The explanation of a bad ID takes any ID, of a swarm that may have its mirror image.
    const PeerId known{std::to_integer<std::uint32_t>(stream.back())};
    (void)explain_unknown_id(handshake.peer, [&](PeerId id) { return id == known; });
  }

  // The same bytes as a handshake's content: whatever is in the reserved bytes and the ID, it goes there and back.
  fuzz::ByteSource source(data, size);
  Handshake handshake;
  for (std::byte& byte : handshake.reserved) byte = std::byte{source.byte()};
  for (int i = 0; i < 4; ++i) handshake.peer.value = handshake.peer.value << 8 | source.byte();
  const auto bytes = encode(handshake);
  P2P_ASSERT(accepted(bytes));
  P2P_ASSERT(decode_handshake(bytes) == handshake);
  return 0;
}
