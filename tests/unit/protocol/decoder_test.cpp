// Bytes to values: what is accepted, and each way in which a remote may break the protocol.
#include "protocol/wire/decoder.hpp"

#include <string>

#include "tests/support/aborts.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/decoding.hpp"

namespace p2p {
namespace {

using test::hex;
using test::operator+;

/// Eleven pieces of four bytes, the last of two; a bitfield has two bytes, the longest message has 9.
const Geometry kGeometry(42, 4);

Bytes greeting() {
  Bytes bytes;
  append_handshake({PeerId{1001}, {}}, bytes);
  return bytes;
}

/// What the bytes after a handshake mean.
std::string meant(std::string_view picture, const Geometry& geometry = kGeometry) {
  const std::string items = test::decoded(geometry, greeting() + hex(picture));
  constexpr std::string_view kFirst = "handshake 1001, ";
  return items.starts_with(kFirst) ? items.substr(kFirst.size()) : items.substr(kFirst.size() - 2);
}

TEST_CASE("the handshake comes first", "[decoder]") {
  CHECK(test::decoded(kGeometry, greeting()) == "handshake 1001");
  CHECK(test::decoded(kGeometry, hex("00000001 00") + greeting()) ==
        "violation: not a handshake: the header is not P2PFILESHARINGPROJ");
  CHECK(test::decoded(kGeometry, test::text("GET / HTTP/1.1")) ==
        "violation: HTTP spoken to this port, expected the handshake header P2PFILESHARINGPROJ");
}

TEST_CASE("each message is understood", "[decoder]") {
  CHECK(meant("00000001 00") == "choke");
  CHECK(meant("00000001 01") == "unchoke");
  CHECK(meant("00000001 02") == "interested");
  CHECK(meant("00000001 03") == "not interested");
  CHECK(meant("00000005 04 0000000a") == "have 10");
  CHECK(meant("00000003 05 b020") == "bitfield 10110000001");
  CHECK(meant("00000005 06 00000000") == "request 0");
  CHECK(meant("00000009 07 00000001 aabbccdd") == "piece 1 = aabbccdd");
  CHECK(meant("00000007 07 0000000a aabb") == "piece 10 = aabb");
}

TEST_CASE("messages follow each other in one read", "[decoder]") {
  CHECK(meant("00000003 05 ffe0 00000001 01 00000009 07 00000002 01020304 00000005 04 00000003") ==
        "bitfield 11111111111, unchoke, piece 2 = 01020304, have 3");
}

TEST_CASE("a second bitfield is decoded like the first; whether it is legal is not decided here", "[decoder]") {
  CHECK(meant("00000003 05 b020 00000003 05 0040 00000001 01") ==
        "bitfield 10110000001, bitfield 00000000010, unchoke");
}

TEST_CASE("an unfinished message is waited for", "[decoder]") {
  CHECK(meant("") == "");
  CHECK(meant("000000") == "");
  CHECK(meant("00000005 04 0000") == "");
  CHECK(meant("00000003 05 b0") == "");
  CHECK(meant("00000009 07 00000001 aabb") == "piece 1");
}

TEST_CASE("a length of zero is a whole message that says nothing", "[decoder]") {
  CHECK(meant("00000000") == "keep-alive");
  CHECK(meant("00000000 00000000 00000001 01 00000000 00000001 00") ==
        "keep-alive, keep-alive, unchoke, keep-alive, choke");
}

TEST_CASE("a bitfield message without bytes is the empty set", "[decoder]") {
  CHECK(meant("00000001 05 00000001 01") == "bitfield 00000000000, unchoke");
}

TEST_CASE("signals with a payload are violations", "[decoder]") {
  CHECK(meant("00000002 00 00") == "violation: choke with length 2, expected 1");
  CHECK(meant("00000005 01 00000000").starts_with("violation: unchoke with length 5, expected 1"));
  CHECK(meant("00000002 02 00") == "violation: interested with length 2, expected 1");
  CHECK(meant("00000002 03 00") == "violation: not interested with length 2, expected 1");
}

TEST_CASE("have and request with another length than 5 are violations", "[decoder]") {
  CHECK(meant("00000001 04").starts_with("violation: have with length 1, expected 5"));
  CHECK(meant("00000006 04 0000000000") == "violation: have with length 6, expected 5");
  CHECK(meant("00000004 06 000000") == "violation: request with length 4, expected 5");
}

TEST_CASE("a piece index out of range is a violation", "[decoder]") {
  CHECK(meant("00000005 04 0000000b") == "violation: have for piece 11, expected 0 to 10");
  CHECK(meant("00000005 06 ffffffff") == "violation: request for piece 4294967295, expected 0 to 10");
  CHECK(meant("00000009 07 0000000b aabbccdd") == "violation: piece for piece 11, expected 0 to 10");
}

TEST_CASE("a piece has exactly the size of its place", "[decoder]") {
  CHECK(meant("00000008 07 00000001 aabbcc") == "violation: piece 1 with 3 bytes, expected 4");
  CHECK(meant("00000009 07 0000000a aabbccdd") == "violation: piece 10 with 4 bytes, expected 2");
  CHECK(meant("00000005 07 00000001").starts_with("violation: piece 1 with 0 bytes, expected 4"));
  CHECK(meant("0000000a 07") == "violation: piece with length 10, expected 5 to 9");
  CHECK(meant("00000004 07") == "violation: piece with length 4, expected 5 to 9");
}

TEST_CASE("a bitfield message of another length is a violation, told before its bytes come", "[decoder]") {
  CHECK(meant("00000002 05") == "violation: bitfield with length 2, expected 3");
  CHECK(meant("00000004 05") == "violation: bitfield with length 4, expected 3");
  CHECK(meant("7fffffff 05") == "violation: bitfield with length 2147483647, expected 3");
}

TEST_CASE("spare bits of a bitfield are violations", "[decoder]") {
  CHECK(meant("00000003 05 fff0") == "violation: bitfield with spare bits set");
  CHECK(meant("00000003 05 ff07") ==
        "violation: bitfield with spare bits set (the remote seems to number bits from the low end; the high bit is "
        "piece 0)");
}

TEST_CASE("an unknown type no longer than the longest message is skipped", "[decoder]") {
  CHECK(meant("00000001 08") == "unknown 8");
  CHECK(meant("00000009 14 0102030405060708 00000001 01") == "unknown 20, unchoke");
}

TEST_CASE("a longer message of unknown type is a violation", "[decoder]") {
  CHECK(meant("0000000a 14").starts_with("violation: unknown message type 20 with length 10"));
  CHECK(meant("ffffffff ff").starts_with("violation: unknown message type 255 with length 4294967295"));
}

TEST_CASE("the longest message is the bitfield's where pieces are small", "[decoder]") {
  const Geometry many(1000, 1);  // a bitfield has 125 bytes, a piece message 6
  CHECK(meant("00000006 07 00000001 aa", many) == "piece 1 = aa");
  CHECK(meant("0000007e 14", many) == "unknown 20");
  CHECK(meant("0000007f 14", many).starts_with("violation"));
}

TEST_CASE("a length that is another message's tells that the types are numbered in another way", "[decoder]") {
  const auto seems = [](std::string_view picture, std::string_view other) {
    return meant(picture).ends_with("(the length is that of " + std::string(other) +
                                    ": the remote seems to number its message types in its own way)");
  };
  const Geometry even(800, 10);  // a bitfield has ten bytes
  CHECK(meant("0000000b 07 ffffffffffffffffffff", even).ends_with("number its message types in its own way)"));
  CHECK(meant("0000000b 06 ffffffffffffffffffff", even).ends_with("number its message types in its own way)"));
  CHECK(seems("00000003 06 ffe0", "a bitfield, which has type 5"));
  CHECK(seems("00000003 07 ffe0", "a bitfield, which has type 5"));
  CHECK(seems("00000009 06 00000001 aabbccdd", "a whole piece, which has type 7"));
  CHECK(seems("00000005 03 00000001", "a have or a request, which have types 4 and 6"));
  CHECK(seems("00000005 07 00000001", "a have or a request, which have types 4 and 6"));
  CHECK(seems("00000001 06", "choke, unchoke, interested or not interested, which have types 0 to 3"));
  CHECK_FALSE(meant("00000006 06 0000000001").ends_with("way)"));
}

TEST_CASE("a few haves before the handshake are skipped, in any portions", "[decoder]") {
  Bytes early;
  for (int i = 0; i < 16; ++i) early = early + hex("00000005 04 0000000a");
  CHECK(test::decoded(kGeometry, early + greeting()) == "handshake 1001");
  CHECK(test::decoded(kGeometry, early + hex("00000005 04 00000001") + greeting())
            .starts_with("violation: not a handshake"));
  CHECK(test::decoded(kGeometry, hex("00000005 04 0000000b") + greeting()).starts_with("violation: not a handshake"));
  CHECK(test::decoded(kGeometry, hex("00000005 06 00000001") + greeting()).starts_with("violation: not a handshake"));
  Decoder decoder(kGeometry);
  const Bytes stream = early + greeting();
  for (std::size_t i = 0; i < stream.size(); ++i) {
    std::span<const std::byte> input(stream.data() + i, 1);
    const Decoded item = decoder.next(input);
    CHECK(std::holds_alternative<Handshake>(item) == (i + 1 == stream.size()));
    CHECK_FALSE(std::holds_alternative<Violation>(item));
  }
}

TEST_CASE("a length in little-endian order is explained", "[decoder]") {
  CHECK(meant("01000000 01") ==
        "violation: unchoke with length 16777216, expected 1 (1 in little-endian order; lengths are big-endian)");
  CHECK(meant("05000000 04") ==
        "violation: have with length 83886080, expected 5 (5 in little-endian order; lengths are big-endian)");
  CHECK(meant("ffffffff 01") == "violation: unchoke with length 4294967295, expected 1");
}

TEST_CASE("after a piece's head the decoder leaves the payload to its caller", "[decoder]") {
  Decoder decoder(kGeometry);
  const Bytes stream = greeting() + hex("00000009 07 00000001 aabbccdd 00000001 01");
  std::span<const std::byte> input(stream);
  REQUIRE(std::holds_alternative<Handshake>(decoder.next(input)));
  CHECK(decoder.payload_left() == 0);

  const Decoded item = decoder.next(input);
  const auto* head = std::get_if<PieceHead>(std::get_if<Message>(&item));
  REQUIRE(head);
  CHECK(head->piece == PieceIndex{1});
  CHECK(head->length == 4);
  CHECK(decoder.payload_left() == 4);
  CHECK(test::to_hex(input) == "aabbccdd0000000101");  // untouched
  CHECK(test::aborts([&] { decoder.next(input); }));

  decoder.payload_taken(1);
  CHECK(decoder.payload_left() == 3);
  CHECK(test::aborts([&] { decoder.payload_taken(4); }));
  decoder.payload_taken(3);
  input = input.subspan(4);
  const Decoded next = decoder.next(input);
  CHECK(test::describe(std::get<Message>(next)) == "unchoke");
  CHECK(input.empty());
  CHECK(std::holds_alternative<NeedInput>(decoder.next(input)));
}

TEST_CASE("pieces of the largest size are accepted", "[decoder]") {
  const Geometry large(128u << 20, 64u << 20);
  CHECK(meant("04000005 07 00000001", large) == "piece 1");
  CHECK(meant("04000006 07", large).starts_with("violation"));
}

}  // namespace
}  // namespace p2p
