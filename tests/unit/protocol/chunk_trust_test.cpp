// Our own word on chunks, and what that of others settles. (The votes themselves: quorum_test.cpp.)
#include "protocol/swarm/chunk_trust.hpp"

#include "protocol/wire/decoder.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

constexpr PeerId kSelf{1001}, kBob{1002}, kCarol{1003};

ChunkClaim claim(std::string name, std::uint32_t size = 3) { return {.size = size, .name = std::move(name)}; }

/// Chunks 0 and 2 are ours from the start, 3 was received.
ChunkTrust keeper(std::uint32_t quorum) {
  return ChunkTrust(
      {.quorum = quorum,
       .held = {{PieceIndex{0}, claim("zero")}, {PieceIndex{2}, claim("two")}, {PieceIndex{3}, claim("three"), false}},
       .name_fault = [](std::string_view name) { return name == "evil" ? std::string("is evil") : std::string(); }},
      5);
}

Bitfield stored(std::initializer_list<std::uint32_t> pieces) {
  Bitfield all(5);
  for (const std::uint32_t piece : pieces) all.set(PieceIndex{piece});
  return all;
}

TEST_CASE("we vouch for chunks that were ours from the start, and for no others", "[chunk_trust]") {
  const ChunkTrust trust = keeper(2);
  std::vector<PieceIndex> vouched;
  for (const HeldChunk& chunk : trust.own_word()) vouched.push_back(chunk.piece);
  CHECK(vouched == std::vector{PieceIndex{0}, PieceIndex{2}});
  REQUIRE(trust.held(PieceIndex{3}));
  CHECK(trust.held(PieceIndex{3})->name == "three");
  CHECK_FALSE(trust.held(PieceIndex{1}));
  CHECK_FALSE(trust.held(PieceIndex{4}));
}

TEST_CASE("what is settled contradicts every other claim, what is open none", "[chunk_trust]") {
  ChunkTrust trust = keeper(2);
  const PieceIndex chunk{1};
  CHECK(trust.vote(kBob, chunk, claim("one")) == Quorum::Outcome::counted);
  CHECK_FALSE(trust.contradicts(chunk, claim("uno")));
  CHECK(trust.vote(PeerId{9}, chunk, claim("uno")) == Quorum::Outcome::dissent);
  CHECK(trust.vote(kCarol, chunk, claim("one")) == Quorum::Outcome::settled);
  CHECK(trust.contradicts(chunk, claim("uno")));
  CHECK(trust.contradicts(chunk, claim("one", 4)));
  CHECK_FALSE(trust.contradicts(chunk, claim("one")));
  const auto opinion = trust.opinion(chunk);
  CHECK(opinion.holders == 2);
  CHECK(opinion.dissenters == std::vector{PeerId{9}});
}

TEST_CASE("names are judged by the folder's rule", "[chunk_trust]") {
  CHECK(keeper(1).name_fault("evil") == "is evil");
  CHECK(keeper(1).name_fault("good").empty());
}

TEST_CASE("our word is announced once, of what is stored and ours", "[chunk_trust]") {
  const ChunkTrust trust = keeper(1);
  std::uint32_t announced = 0;
  Bytes both, again, one, two;
  CHECK(trust.announce(announced, stored({0, 2, 3}), both));
  CHECK(announced == 3);
  CHECK(trust.announce(announced, stored({0, 2, 3}), again));
  CHECK(again.empty());
  append_announcement(PieceIndex{0}, claim("zero"), one);
  append_announcement(PieceIndex{2}, claim("two"), two);
  CHECK(both.size() == one.size() + two.size());
  std::uint32_t from_start = 0;
  Bytes second;
  CHECK(trust.announce(from_start, stored({2}), second));
  CHECK(second == two);
}

TEST_CASE("a long list goes out in steps that leave nothing out", "[chunk_trust]") {
  constexpr std::uint32_t kChunks = 3000;
  std::vector<HeldChunk> held;
  Bitfield all(kChunks);
  std::size_t expected = 0;
  for (std::uint32_t i = 0; i < kChunks; ++i) {
    held.push_back({PieceIndex{i}, claim("chunk " + std::to_string(i))});
    all.set(PieceIndex{i});
    Bytes one;
    append_announcement(PieceIndex{i}, held.back().claim, one);
    expected += one.size();
  }
  const ChunkTrust trust({.held = std::move(held), .name_fault = {}}, kChunks);
  std::uint32_t announced = 0, steps = 0;
  std::size_t sent = 0;
  for (bool done = false; !done; ++steps) {
    Bytes out;
    done = trust.announce(announced, all, out);
    CHECK(out.size() < 70'000);
    sent += out.size();
  }
  CHECK(steps > 1);
  CHECK(sent == expected);
}

TEST_CASE("too few agree, or nobody lets us store it: both are said of a missing chunk", "[chunk_trust]") {
  ChunkTrust trust = keeper(2);
  Picker picker(stored({0, 2, 3}), true);
  picker.add_holder(PieceIndex{1});
  picker.add_holder(PieceIndex{4});
  trust.vote(kBob, PieceIndex{1}, claim("one"));
  for (const PeerId peer : {kBob, kCarol}) trust.vote(peer, PieceIndex{4}, claim("four"));
  Standing standing{.missing = {PieceIndex{1}, PieceIndex{4}}, .unheld = {}, .neighbors = {}};
  trust.add_to(standing, picker);
  CHECK(standing.quorum == 2);
  REQUIRE(standing.unsettled.size() == 1);
  CHECK(standing.unsettled[0].piece == PieceIndex{1});
  CHECK(standing.unsettled[0].agreeing == 1);
  CHECK(standing.withheld == std::vector{PieceIndex{4}});
  CHECK(trust.vote(kSelf, PieceIndex{1}, claim("one")) == Quorum::Outcome::settled);
}

}  // namespace
}  // namespace p2p
