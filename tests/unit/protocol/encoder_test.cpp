// Each message to the byte: 4-byte length of type and payload, 1-byte type, payload.
#include "protocol/wire/encoder.hpp"

#include "tests/support/aborts.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/piece_map.hpp"

namespace p2p {
namespace {

using test::to_hex;

TEST_CASE("signals are a length of 1 and their type", "[encoder]") {
  const auto encoded = [](MessageType type) {
    Bytes out;
    append_signal(type, out);
    return to_hex(out, {4, 1});
  };
  CHECK(encoded(MessageType::choke) == "00000001 00");
  CHECK(encoded(MessageType::unchoke) == "00000001 01");
  CHECK(encoded(MessageType::interested) == "00000001 02");
  CHECK(encoded(MessageType::not_interested) == "00000001 03");
}

TEST_CASE("have and request carry a big-endian piece index", "[encoder]") {
  const auto encoded = [](MessageType type, std::uint32_t piece) {
    Bytes out;
    append_indexed(type, PieceIndex{piece}, out);
    return to_hex(out, {4, 1, 4});
  };
  CHECK(encoded(MessageType::have, 7) == "00000005 04 00000007");
  CHECK(encoded(MessageType::request, 305) == "00000005 06 00000131");
  CHECK(encoded(MessageType::have, 0x01020304) == "00000005 04 01020304");
}

TEST_CASE("a bitfield's length counts its type and its bytes", "[encoder]") {
  Bytes out;
  append_bitfield(test::pieces("1011000001"), out);
  CHECK(to_hex(out, {4, 1, 2}) == "00000003 05 b040");

  out.clear();
  append_bitfield(Bitfield(306), out);
  CHECK(out.size() == 4 + 1 + 39);
  CHECK(to_hex(std::span(out).first(5), {4, 1}) == "00000028 05");
}

TEST_CASE("a piece's head announces index and payload, which follow from elsewhere", "[encoder]") {
  Bytes out;
  append_piece_head({PieceIndex{305}, 5'992}, out);
  CHECK(to_hex(out, {4, 1, 4}) == "0000176d 07 00000131");
  CHECK(out.size() == kPieceHeadBytes);
}

TEST_CASE("a handshake has no length in front", "[encoder]") {
  Bytes out;
  append_handshake({PeerId{1001}, {}}, out);
  CHECK(to_hex(out, {18, 10, 4}) == "50325046494c4553484152494e4750524f4a 00000000000000000000 000003e9");
}

TEST_CASE("frames are appended to what is there", "[encoder]") {
  Bytes out = test::hex("ff");
  append_signal(MessageType::unchoke, out);
  append_indexed(MessageType::have, PieceIndex{1}, out);
  CHECK(to_hex(out, {1, 4, 1, 4, 1, 4}) == "ff 00000001 01 00000005 04 00000001");
}

TEST_CASE("a type that another function encodes is our own bug", "[encoder]") {
  Bytes out;
  CHECK(test::aborts([&] { append_signal(MessageType::have, out); }));
  CHECK(test::aborts([&] { append_indexed(MessageType::piece, PieceIndex{0}, out); }));
}

}  // namespace
}  // namespace p2p
