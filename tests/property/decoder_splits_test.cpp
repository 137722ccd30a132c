// However the network cuts a byte stream, the decoder gives the same items.
#include <string>
#include <vector>

#include "protocol/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/decoding.hpp"

namespace p2p {
namespace {

using test::hex;
using test::operator+;

/// Eleven pieces of four bytes, the last of two.
const Geometry kGeometry(42, 4);

Bytes greeting() {
  Bytes bytes;
  append_handshake({PeerId{1001}, {}}, bytes);
  return bytes;
}

/// The stream in reads that end at `cuts`.
std::string decoded_in_reads(const Geometry& geometry, const Bytes& stream, const std::vector<std::size_t>& cuts) {
  test::Reading reading(geometry);
  std::size_t from = 0;
  for (const std::size_t to : cuts) {
    reading.feed(std::span(stream).subspan(from, to - from));
    from = to;
  }
  reading.feed(std::span(stream).subspan(from));
  return reading.items();
}

std::vector<std::size_t> every_byte(const Bytes& stream) {
  std::vector<std::size_t> cuts(stream.size());
  for (std::size_t i = 0; i < cuts.size(); ++i) cuts[i] = i;
  return cuts;
}

TEST_CASE("every way to cut a stream in three reads gives the same items", "[random]") {
  const std::vector<Bytes> streams = {
      // each message once, a zero length, an unknown type
      greeting() + hex("00000003 05 b020 00000001 02 00000001 01 00000000 00000005 06 0000000a"),
      greeting() + hex("00000007 07 0000000a aabb 00000005 04 00000001 00000004 14 010203 00000001 03 00000001 00"),
      greeting() + hex("00000001 05 00000009 07 00000001 01020304 00000009 07 00000002 05060708"),
      // violations: the same reason wherever the reads end
      greeting() + hex("00000001 01 00000005 04 0000000b 00000001 01"),
      greeting() + hex("00000003 05 fff0"),
      greeting() + hex("00000009 07 0000000a aabbccdd"),
      greeting() + hex("0000000a 14 00"),
      greeting() + hex("01000000 02"),
      test::text("GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n"),
      test::text("POST"),
      test::text("P2PFILESHARINGPROX and then something else"),
      hex("aced0005 00000000000000000000000000000000000000000000000000000000"),
  };
  for (const Bytes& stream : streams) {
    const std::string whole = test::decoded(kGeometry, stream);
    INFO(test::to_hex(stream));
    for (std::size_t first = 0; first <= stream.size(); ++first)
      for (std::size_t second = first; second <= stream.size(); ++second) {
        const std::string cut = decoded_in_reads(kGeometry, stream, {first, second});
        if (cut != whole) {
          INFO("cut at " << first << " and " << second);
          REQUIRE(cut == whole);
        }
      }
    CHECK(decoded_in_reads(kGeometry, stream, every_byte(stream)) == whole);
  }
}

/// A stream of random messages, most of them legal.
Bytes random_stream(const Geometry& geometry, Random& random, bool with_faults) {
  Bytes out = greeting();
  Bitfield pieces(geometry.piece_count());
  for (std::uint32_t i = 0; i < geometry.piece_count(); ++i)
    if (random.below(2) == 0) pieces.set(PieceIndex{i});
  append_bitfield(pieces, out);
  for (int messages = 0; messages < 60; ++messages) {
    const PieceIndex piece{random.below(geometry.piece_count())};
    switch (random.below(with_faults ? 7 : 6)) {
      case 0: append_signal(MessageType{static_cast<std::uint8_t>(random.below(4))}, out); break;
      case 1: append_indexed(MessageType::have, piece, out); break;
      case 2: append_indexed(MessageType::request, piece, out); break;
      case 3:
        append_piece_head({piece, geometry.size_of(piece)}, out);
        for (std::uint32_t i = 0; i < geometry.size_of(piece); ++i)
          out.push_back(static_cast<std::byte>(random.next()));
        break;
      case 4: out = out + hex("00000000"); break;
      case 5: out = out + hex("00000003 63 0102"); break;
      default: out.push_back(static_cast<std::byte>(random.next())); break;  // everything after it is shifted
    }
  }
  return out;
}

TEST_CASE("long random streams give the same items whatever the reads", "[random]") {
  constexpr std::uint64_t kSeed = 20240613;
  Random random(kSeed);
  const Geometry geometry(1000, 37);
  for (int round = 0; round < 300; ++round) {
    INFO("seed " << kSeed << ", round " << round);
    const bool with_faults = round % 3 == 2;
    const Bytes stream = random_stream(geometry, random, with_faults);
    const std::string whole = test::decoded(geometry, stream);
    if (!with_faults) REQUIRE(whole.find("violation") == std::string::npos);

    REQUIRE(decoded_in_reads(geometry, stream, every_byte(stream)) == whole);
    for (int tries = 0; tries < 5; ++tries) {
      std::vector<std::size_t> cuts;
      for (std::size_t at = random.below(40); at < stream.size(); at += random.below(120)) cuts.push_back(at);
      REQUIRE(decoded_in_reads(geometry, stream, cuts) == whole);
    }
  }
}

TEST_CASE("random bytes end in a violation or wait for more, whatever the reads", "[random]") {
  constexpr std::uint64_t kSeed = 20240614;
  Random random(kSeed);
  for (int round = 0; round < 3000; ++round) {
    INFO("seed " << kSeed << ", round " << round);
    Bytes stream = greeting();
    for (std::uint32_t i = random.below(80); i > 0; --i) {
      // Mostly small values, so that lengths and types are often nearly right.
      const auto small = static_cast<std::byte>(random.below(12));
      stream.push_back(random.below(3) > 0   ? std::byte{0}
                       : random.below(4) > 0 ? small
                                             : static_cast<std::byte>(random.next()));
    }
    REQUIRE(decoded_in_reads(kGeometry, stream, every_byte(stream)) == test::decoded(kGeometry, stream));
  }
}

}  // namespace
}  // namespace p2p
