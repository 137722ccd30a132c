// The messages of an upstream's swarm, as bytes.
#include "protocol/wire/decoder.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

constexpr std::uint64_t kSize = 1000, kPieceSize = 100;

/// What comes behind a handshake.
Decoded decoded(const Bytes& frame, bool has_upstream = true) {
  Bytes stream;
  append_handshake({PeerId{5}, {}}, stream);
  stream.insert(stream.end(), frame.begin(), frame.end());
  Decoder decoder(Geometry(kSize, kPieceSize), true, has_upstream);
  std::span<const std::byte> input(stream);
  REQUIRE(std::holds_alternative<Handshake>(decoder.next(input)));
  return decoder.next(input);
}

std::string fault(const Bytes& frame) {
  const Decoded item = decoded(frame);
  const auto* const violation = std::get_if<Violation>(&item);
  return violation ? violation->reason : "";
}

Bytes have(std::uint32_t piece) {
  Bytes frame;
  DigestHave message{.piece = PieceIndex{piece}};
  for (std::size_t i = 0; i < message.sha256.size(); ++i) message.sha256[i] = std::byte(i);
  append_digest_have(message, frame);
  return frame;
}

Bytes fetching(std::uint32_t first, std::uint32_t count) {
  Bytes frame;
  append_fetching({PieceIndex{first}, count}, frame);
  return frame;
}

TEST_CASE("a have with a digest is 41 bytes, of which the last 32 are the SHA-256", "[upstream][wire]") {
  const Bytes frame = have(9);
  REQUIRE(frame.size() == 41);
  CHECK(std::vector(frame.begin(), frame.begin() + 10) == Bytes{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{37},
                                                                std::byte{19}, std::byte{0}, std::byte{0}, std::byte{0},
                                                                std::byte{9}, std::byte{0}});
  const Decoded item = decoded(frame);
  const auto& message = std::get<DigestHave>(std::get<Message>(item));
  CHECK(message.piece == PieceIndex{9});
  CHECK(message.sha256[31] == std::byte{31});
}

TEST_CASE("a word of what is fetched is 13 bytes", "[upstream][wire]") {
  const Bytes frame = fetching(3, 7);
  CHECK(frame.size() == 13);
  const Decoded item = decoded(frame);
  CHECK(std::get<Fetching>(std::get<Message>(item)).run == PieceRun{PieceIndex{3}, 7});
  const Decoded over = decoded(fetching(9, 0));
  CHECK(std::get<Fetching>(std::get<Message>(over)).run.count == 0);
}

TEST_CASE("pieces that there are not, and other lengths, are violations", "[upstream][wire]") {
  CHECK(fault(have(10)) == "have with a digest for piece 10, expected 0 to 9");
  CHECK(fault(fetching(10, 0)) == "0 pieces being fetched from piece 10 on, of 10");
  CHECK(fault(fetching(3, 8)) == "8 pieces being fetched from piece 3 on, of 10");
  CHECK(fault(fetching(3, 0xffffffff)) == "4294967295 pieces being fetched from piece 3 on, of 10");
  Bytes frame = have(1);
  frame[3] = std::byte{36};
  CHECK(fault(frame) == "have with a digest with length 36, expected 37");
  frame = fetching(1, 1);
  frame[3] = std::byte{10};
  CHECK(fault(frame) == "word of what is fetched with length 10, expected 9");
}

TEST_CASE("in the swarm of an upstream no piece is announced without a digest", "[upstream][wire]") {
  Bytes frame;
  append_indexed(MessageType::have, PieceIndex{3}, frame);
  CHECK(fault(frame) == "have for piece 3 without its digest");
  Bitfield pieces(10);
  frame.clear();
  append_bitfield(pieces, frame);
  CHECK(fault(frame).empty());
  pieces.set(PieceIndex{3});
  frame.clear();
  append_bitfield(pieces, frame);
  CHECK(fault(frame) == "bitfield that names pieces, expected haves with digests");
}

TEST_CASE("elsewhere these messages are unknown", "[upstream][wire]") {
  for (const Bytes& frame : {have(1), fetching(1, 1)}) {
    const Decoded item = decoded(frame, false);
    CHECK(std::holds_alternative<UnknownMessage>(std::get<Message>(item)));
  }
}

}  // namespace
}  // namespace p2p
