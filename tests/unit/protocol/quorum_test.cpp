// The check list and the chunk list.
#include "protocol/swarm/quorum.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using enum Quorum::Outcome;

constexpr PieceIndex kFirst{0};
constexpr PieceIndex kSecond{1};

ChunkClaim claim(std::uint32_t size, std::string name = "a") {
  return {.size = size, .sha256 = {}, .name = std::move(name)};
}

TEST_CASE("a chunk is settled when enough distinct peers claim the same", "[quorum]") {
  Quorum quorum(2, 2);
  CHECK(quorum.vote(PeerId{1}, kFirst, claim(5)) == counted);
  CHECK_FALSE(quorum.settled(kFirst));
  CHECK(quorum.vote(PeerId{1}, kFirst, claim(5)) == counted);
  CHECK(quorum.most_agreeing(kFirst) == 1);
  CHECK(quorum.vote(PeerId{2}, kFirst, claim(5)) == settled);
  REQUIRE(quorum.settled(kFirst));
  CHECK(*quorum.settled(kFirst) == claim(5));
  CHECK(quorum.settled_count() == 1);
  CHECK_FALSE(quorum.settled(kSecond));
}

TEST_CASE("size, hash and name must all be the same", "[quorum]") {
  ChunkClaim other_hash = claim(5);
  other_hash.sha256[31] = std::byte{1};
  for (const ChunkClaim& other : {claim(6), claim(5, "b"), other_hash}) {
    Quorum quorum(1, 2);
    quorum.vote(PeerId{1}, kFirst, claim(5));
    CHECK(quorum.vote(PeerId{2}, kFirst, other) == dissent);
    CHECK_FALSE(quorum.settled(kFirst));
    CHECK(quorum.candidates(kFirst).size() == 2);
  }
}

TEST_CASE("disagreement is kept to be shown, and does not hinder who agrees", "[quorum]") {
  Quorum quorum(1, 2);
  quorum.vote(PeerId{3}, kFirst, claim(5));
  quorum.vote(PeerId{9}, kFirst, claim(7));
  CHECK(quorum.vote(PeerId{1}, kFirst, claim(5)) == settled);
  REQUIRE(quorum.candidates(kFirst).size() == 2);
  CHECK(quorum.candidates(kFirst)[0].voters == std::vector{PeerId{1}, PeerId{3}});
  CHECK(quorum.candidates(kFirst)[1].voters == std::vector{PeerId{9}});
}

TEST_CASE("what is settled stays, however many come later", "[quorum]") {
  Quorum quorum(1, 1);
  CHECK(quorum.vote(PeerId{1}, kFirst, claim(5)) == settled);
  for (std::uint32_t id = 2; id < 9; ++id) CHECK(quorum.vote(PeerId{id}, kFirst, claim(7)) == against);
  CHECK(quorum.vote(PeerId{1}, kFirst, claim(7)) == against);
  CHECK(*quorum.settled(kFirst) == claim(5));
  CHECK(quorum.vote(PeerId{9}, kFirst, claim(5)) == counted);
}

TEST_CASE("a peer that says otherwise is counted for the last alone", "[quorum]") {
  Quorum quorum(1, 2);
  quorum.vote(PeerId{1}, kFirst, claim(5));
  CHECK(quorum.vote(PeerId{1}, kFirst, claim(7)) == counted);
  CHECK(quorum.candidates(kFirst).size() == 1);
  CHECK(quorum.vote(PeerId{2}, kFirst, claim(5)) == dissent);
  CHECK(quorum.vote(PeerId{2}, kFirst, claim(7)) == settled);
}

TEST_CASE("one name is one chunk's", "[quorum]") {
  Quorum quorum(2, 1);
  CHECK(quorum.vote(PeerId{1}, kFirst, claim(5)) == settled);
  CHECK(quorum.vote(PeerId{1}, kSecond, claim(5)) == taken);
  CHECK_FALSE(quorum.settled(kSecond));
  CHECK(quorum.vote(PeerId{2}, kSecond, claim(5, "b")) == settled);
}

}  // namespace
}  // namespace p2p
