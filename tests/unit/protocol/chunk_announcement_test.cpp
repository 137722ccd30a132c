// The message that only peers with chunk folders know.
#include <variant>

#include "protocol/session.hpp"
#include "protocol/wire/decoder.hpp"
#include "protocol/wire/encoder.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

ChunkClaim claim(std::uint32_t size, std::string name) {
  ChunkClaim claim{.size = size, .sha256 = {}, .name = std::move(name)};
  for (std::size_t i = 0; i < claim.sha256.size(); ++i) claim.sha256[i] = static_cast<std::byte>(i);
  return claim;
}

ChunkAnnouncement announcement(std::uint32_t piece) {
  return {PieceIndex{piece}, std::make_shared<const ChunkClaim>(claim(5, "a"))};
}

/// What comes of these bytes behind a handshake.
Decoded decode(const Bytes& bytes, const Geometry& geometry) {
  Decoder decoder(geometry);
  Bytes all;
  append_handshake({PeerId{1}, {}}, all);
  std::span<const std::byte> input(all);
  decoder.next(input);
  std::span<const std::byte> rest(bytes);
  return decoder.next(rest);
}

std::string violation(const Bytes& bytes, const Geometry& geometry) {
  const Decoded decoded = decode(bytes, geometry);
  const auto* found = std::get_if<Violation>(&decoded);
  return found ? found->reason : "none";
}

Bytes announced(std::uint32_t piece, const ChunkClaim& what) {
  Bytes bytes;
  append_announcement(PieceIndex{piece}, what, bytes);
  return bytes;
}

TEST_CASE("an announcement stands on the wire as docs/PROTOCOL.md says", "[announcement]") {
  const Bytes bytes = announced(2, claim(258, "ab"));
  std::vector<unsigned> expected{0, 0, 0, 43, 16, 0, 0, 0, 2, 0, 0, 1, 2};
  for (unsigned i = 0; i < 32; ++i) expected.push_back(i);
  expected.insert(expected.end(), {'a', 'b'});
  REQUIRE(bytes.size() == expected.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) CHECK(std::to_integer<unsigned>(bytes[i]) == expected[i]);
}

TEST_CASE("what was announced is understood, however it comes", "[announcement]") {
  const Geometry chunks = Geometry::of_chunks(4);
  for (const ChunkClaim& each : {claim(0, "a"), claim(Geometry::kMaxChunkSize, std::string(255, 'x'))}) {
    Decoder decoder(chunks);
    Bytes stream;
    append_handshake({PeerId{1}, {}}, stream);
    append_announcement(PieceIndex{3}, each, stream);
    Decoded last;
    for (const std::byte byte : stream) {
      std::span<const std::byte> input(&byte, 1);
      last = decoder.next(input);
    }
    REQUIRE(std::holds_alternative<Message>(last));
    const auto& read = std::get<ChunkAnnouncement>(std::get<Message>(last));
    CHECK(read.piece == PieceIndex{3});
    CHECK(*read.claim == each);
  }
}

TEST_CASE("announcements that are none", "[announcement]") {
  const Geometry chunks = Geometry::of_chunks(4);
  CHECK(violation(announced(4, claim(1, "a")), chunks) == "announcement of piece 4, expected 0 to 3");
  Bytes too_large = announced(0, claim(1, "a"));
  for (std::size_t i = 9; i < 13; ++i) too_large[i] = std::byte{0xff};
  CHECK(violation(too_large, chunks) == "announcement of a chunk of 4294967295 bytes, expected at most 4294967290");
  Bytes no_name = announced(0, claim(1, "a"));
  no_name[3] = std::byte{41};
  CHECK(violation(no_name, chunks) == "announcement with length 41, expected 42 to 296");
  Bytes long_name = announced(0, claim(1, "a"));
  long_name[2] = std::byte{1};
  long_name[3] = std::byte{41};
  CHECK(violation(long_name, chunks) == "announcement with length 297, expected 42 to 296");
}

TEST_CASE("to everybody else it is an unknown message", "[announcement]") {
  const Decoded decoded = decode(announced(0, claim(1, "a")), Geometry(1'000'000, 100'000));
  REQUIRE(std::holds_alternative<Message>(decoded));
  CHECK(std::get<UnknownMessage>(std::get<Message>(decoded)).type == 16);
}

TEST_CASE("a piece is no piece before its size is known", "[announcement]") {
  Geometry chunks = Geometry::of_chunks(4);
  Bytes head;
  append_piece_head({PieceIndex{1}, 7}, head);
  CHECK(violation(head, chunks) == "piece 1, whose size and hash are not settled");
  chunks.learn(PieceIndex{1}, 8);
  CHECK(violation(head, chunks) == "piece 1 with 7 bytes, expected 8");
  Geometry copy = chunks;
  copy.learn(PieceIndex{2}, Geometry::kMaxChunkSize);
  Bytes largest;
  append_piece_head({PieceIndex{2}, Geometry::kMaxChunkSize}, largest);
  const Decoded decoded = decode(largest, chunks);
  REQUIRE(std::holds_alternative<Message>(decoded));
  CHECK(std::get<PieceHead>(std::get<Message>(decoded)).length == Geometry::kMaxChunkSize);
}

TEST_CASE("announcements stand right behind the bitfield, in order, and for what is in it", "[announcement]") {
  const auto with = [](std::initializer_list<std::uint32_t> has) {
    Session session(4);
    session.on_handshake();
    Bitfield pieces(4);
    for (const std::uint32_t piece : has) pieces.set(PieceIndex{piece});
    session.on_message(BitfieldMessage{pieces});
    return session;
  };
  const auto wrong = [](Session& session, std::uint32_t piece) {
    const auto verdict = session.on_message(announcement(piece));
    const auto* found = std::get_if<Violation>(&verdict);
    return found ? found->reason : "none";
  };
  Session good = with({0, 1, 3});
  CHECK(wrong(good, 0) == "none");
  CHECK(wrong(good, 3) == "none");
  CHECK(wrong(good, 1) == "announcement of piece 1, expected each once in ascending order");
  Session twice = with({1});
  CHECK(wrong(twice, 1) == "none");
  CHECK(wrong(twice, 1) == "announcement of piece 1, expected each once in ascending order");
  Session lacking = with({1});
  CHECK(wrong(lacking, 2) == "announcement of piece 2, which is not in the bitfield");
  Session late = with({1});
  late.on_message(Interested{});
  CHECK(wrong(late, 1) == "announcement of piece 1, expected announcements right behind the bitfield alone");
  Session without(4);
  without.on_handshake();
  CHECK(wrong(without, 1) == "announcement of piece 1, expected announcements right behind the bitfield alone");
  Session early(4);
  CHECK(wrong(early, 1) == "message before the handshake");
}

TEST_CASE("what is disowned counts as not there, but as said", "[announcement]") {
  Session session(2);
  session.on_handshake();
  session.on_message(BitfieldMessage{Bitfield::full(2)});
  session.disown(PieceIndex{1});
  CHECK_FALSE(session.remote_pieces().test(PieceIndex{1}));
  CHECK(session.remote_is_complete());
  CHECK_FALSE(std::get<bool>(session.on_message(Have{PieceIndex{1}})));
  CHECK_FALSE(session.remote_pieces().test(PieceIndex{1}));
}

}  // namespace
}  // namespace p2p
