// Announcements under any cut of any stream: each is read as it stands on the wire, or is a violation, and what was
// read is written back byte for byte.
#include <algorithm>
#include <string>
#include <vector>

#include "protocol/wire/decoder.hpp"
#include "protocol/wire/encoder.hpp"
#include "tests/fuzz/byte_source.hpp"

namespace p2p {
namespace {

constexpr std::uint32_t kChunks = 9;
constexpr std::uint32_t kKnownSize = 3;

/// The chunks' even half is settled.
Geometry geometry() {
  Geometry chunks = Geometry::of_chunks(kChunks);
  for (std::uint32_t i = 0; i < kChunks; i += 2) chunks.learn(PieceIndex{i}, kKnownSize);
  return chunks;
}

std::uint32_t number(const Bytes& stream, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(stream[i]);
  return value;
}

/// How many bytes of whole and legal frames the stream begins with, the last of them cut or not, straight from
/// docs/PROTOCOL.md; and the announcements among them as they stand there.
struct Model {
  std::vector<Bytes> announcements{};
  bool legal = true;

  explicit Model(const Bytes& stream) {
    for (std::size_t at = 0; stream.size() - at >= 4;) {
      const std::size_t length = number(stream, at);
      if (length > 0 && stream.size() - at < 5) return;
      const auto type = length == 0 ? 0 : std::to_integer<unsigned>(stream[at + 4]);
      const std::size_t have = stream.size() - at - 4;
      if (length > 0 && !judge(stream, at, type, length, have)) {
        legal = false;
        return;
      }
      if (have < length) return;
      const auto begin = stream.begin() + static_cast<std::ptrdiff_t>(at);
      if (type == 16 && length > 0) announcements.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(4 + length));
      at += 4 + length;
    }
  }

  /// False as soon as the bytes that are there prove it illegal. Bitfields are told as legal only when they are zero.
  static bool judge(const Bytes& stream, std::size_t at, unsigned type, std::size_t length, std::size_t have) {
    if (type <= 3) return length == 1;
    if (type == 4 || type == 6) return length == 5 && (have < 5 || number(stream, at + 5) < kChunks);
    if (type == 5)
      return length == 1 || (length == 3 && (have < 3 || (std::to_integer<unsigned>(stream[at + 6]) & 0x7f) == 0));
    if (type == 7) {
      if (length < 5) return false;
      if (have < 5) return true;
      const std::uint32_t piece = number(stream, at + 5);
      return piece < kChunks && piece % 2 == 0 && length == 5 + kKnownSize;
    }
    if (type != 16) return length <= 64 * 1024;
    if (length < 42 || length > 296) return false;
    return have < length || (number(stream, at + 5) < kChunks && number(stream, at + 9) <= 0xffffffff - 5);
  }
};

struct Reading {
  std::vector<Bytes> announcements{};
  bool legal = true;
};

Reading read(const Bytes& stream, std::span<const std::byte> cuts) {
  Decoder decoder(geometry());
  Bytes greeting;
  append_handshake({PeerId{1}, {}}, greeting);
  std::span<const std::byte> greeted(greeting);
  (void)decoder.next(greeted);
  Reading reading;
  std::size_t at = 0;
  for (std::size_t i = 0; at < stream.size(); ++i) {
    const std::size_t wanted = cuts.empty() ? stream.size() : 1 + std::to_integer<std::size_t>(cuts[i % cuts.size()]);
    // On the heap and of exactly the size, so that the address sanitizer sees reads behind the end.
    const Bytes part(stream.begin() + static_cast<std::ptrdiff_t>(at),
                     stream.begin() + static_cast<std::ptrdiff_t>(std::min(stream.size(), at + wanted)));
    at += part.size();
    for (std::span<const std::byte> input(part); !input.empty();) {
      if (decoder.payload_left() > 0) {
        const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(decoder.payload_left(), input.size()));
        decoder.payload_taken(n);
        input = input.subspan(n);
        continue;
      }
      const Decoded item = decoder.next(input);
      if (std::holds_alternative<Violation>(item)) {
        P2P_ASSERT(!std::get<Violation>(item).reason.empty());
        reading.legal = false;
        return reading;
      }
      const auto* message = std::get_if<Message>(&item);
      const auto* announcement = message ? std::get_if<ChunkAnnouncement>(message) : nullptr;
      if (!announcement) continue;
      P2P_ASSERT(announcement->claim && announcement->piece.value < kChunks &&
                 announcement->claim->size <= Geometry::kMaxChunkSize);
      append_announcement(announcement->piece, *announcement->claim, reading.announcements.emplace_back());
    }
  }
  return reading;
}

}  // namespace
}  // namespace p2p

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  fuzz::ByteSource source(data, size);
  const auto cuts = source.bytes(source.below(6));
  const auto rest = source.rest();
  const Bytes stream(rest.begin(), rest.end());
  const Model model(stream);
  const Reading whole = read(stream, {});
  P2P_ASSERT(whole.legal == model.legal && whole.announcements == model.announcements);
  const Reading cut = read(stream, cuts);
  P2P_ASSERT(cut.legal == whole.legal && cut.announcements == whole.announcements);
  return 0;
}
