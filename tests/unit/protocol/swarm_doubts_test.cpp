// A neighbor that may count the bits of its bitfield from the low end: what it gives, and what becomes of that.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Scene;
using test::Stage;

constexpr std::uint32_t kPieces = 64;

Scene scene() { return {.stored = std::string(kPieces, '0'), .pipeline = 64}; }

/// Bytes of which the first four pieces are there, so that from the other end the last four are.
std::string first_halves() {
  std::string map;
  for (std::uint32_t i = 0; i < kPieces; ++i) map += i % 8 < 4 ? '1' : '0';
  return map;
}

void announces(Remote& remote, std::initializer_list<std::uint32_t> pieces) {
  for (const std::uint32_t piece : pieces) remote.says("have " + std::to_string(piece));
}

TEST_CASE("what a neighbor may not have had is neither counted nor announced", "[doubts]") {
  Stage stage(scene());
  Remote& bob = stage.feeds(1002, first_halves());
  Remote& carol = stage.joins(1003, std::string(kPieces, '0'));
  CHECK(test::requested(bob.hears()).size() == 32);
  CHECK(bob.gives(0));
  CHECK(bob.gives(1));
  stage.passes(1s);
  CHECK(carol.hears() == "");
  CHECK(stage.swarm.stored().count() == 0);
}

TEST_CASE("haves that fit the bitfield clear it, and what it gave counts", "[doubts]") {
  Stage stage(scene());
  Remote& bob = stage.feeds(1002, first_halves());
  Remote& carol = stage.joins(1003, std::string(kPieces, '0'));
  bob.hears();
  bob.gives(0);
  bob.gives(1);
  announces(bob, {4, 5});
  CHECK(stage.swarm.stored().count() == 2);
  stage.passes(1s);
  CHECK(carol.hears() == "have 0, have 1");
  bob.gives(2);
  CHECK(stage.swarm.stored().count() == 3);
}

TEST_CASE("haves that contradict the bitfield turn it round, and what it gave is asked for again", "[doubts]") {
  Stage stage(scene());
  Remote& bob = stage.feeds(1002, first_halves());
  bob.hears();
  bob.gives(0);
  bob.gives(63 - 4);
  announces(bob, {1, 2, 3, 8, 9, 10, 11});
  CHECK(stage.count("1002 counts from the low end, 2 given up") == 0);
  announces(bob, {16});
  CHECK(stage.count("1002 counts from the low end, 2 given up") == 1);
  CHECK(stage.swarm.stored().count() == 0);
  // The second half of each byte, and what it has announced.
  std::vector<std::uint32_t> expected = {1, 2, 3, 8, 9, 10, 11, 16};
  for (std::uint32_t i = 0; i < kPieces; ++i)
    if (i % 8 >= 4) expected.push_back(i);
  auto asked = test::requested(bob.hears());
  std::ranges::sort(asked);
  std::ranges::sort(expected);
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  CHECK(asked == expected);
  CHECK_FALSE(bob.gives(17));  // an answer that was on its way
  CHECK(bob.gives(4));
  CHECK(stage.swarm.stored().count() == 1);
}

TEST_CASE("a piece that is announced after it was given is fetched again by itself", "[doubts]") {
  Stage stage(scene());
  Remote& bob = stage.feeds(1002, first_halves());
  bob.hears();
  bob.gives(0);
  announces(bob, {0});
  CHECK(test::requested(bob.hears()) == std::vector<std::uint32_t>{0});
  CHECK(bob.gives(0));
  CHECK(stage.swarm.stored().count() == 1);
}

TEST_CASE("never complete with pieces in doubt while somebody else has them", "[doubts]") {
  Scene small = scene();
  small.stored = "01111111";
  Stage stage(small);
  Remote& bob = stage.feeds(1002, "10000000");
  Remote& seed = stage.joins(1003, "11111111");
  bob.hears();
  CHECK(bob.gives(0));
  CHECK_FALSE(stage.swarm.complete());
  stage.passes(14s);
  CHECK_FALSE(stage.swarm.complete());
  stage.passes(2s);
  CHECK_FALSE(stage.swarm.complete());
  CHECK(test::requested(bob.hears()).empty());
  seed.says("unchoke");
  CHECK(test::requested(seed.hears()) == std::vector<std::uint32_t>{0});
  CHECK(seed.gives(0));
  CHECK(stage.swarm.complete());
}

TEST_CASE("when nothing tells and nobody else has them, pieces are taken as the description reads the bitfield", "[doubts]") {
  Scene small = scene();
  small.stored = "01111111";
  Stage stage(small);
  Remote& bob = stage.feeds(1002, "10000000");
  bob.hears();
  CHECK(bob.gives(0));
  bob.leaves();
  stage.passes(16s);
  CHECK(stage.swarm.complete());
  CHECK(stage.count("1 taken on trust") == 1);
}

TEST_CASE("whoever was found out comes again: only what is certain is asked for", "[doubts]") {
  Stage stage(scene());
  Remote& bob = stage.feeds(1002, first_halves());
  announces(bob, {0, 1, 2, 3, 8, 9, 10, 11});
  bob.leaves();
  Remote& again = stage.feeds(1002, "1100000" + std::string("1") + std::string(kPieces - 8, '0'));
  auto asked = test::requested(again.hears());
  std::ranges::sort(asked);
  CHECK(asked == std::vector<std::uint32_t>{0, 7});
}

TEST_CASE("with a manifest there are no doubts", "[doubts]") {
  Scene with_manifest = scene();
  with_manifest.content = ContentPrefix{};
  Stage stage(with_manifest);
  Remote& bob = stage.feeds(1002, first_halves());
  bob.hears();
  CHECK(bob.gives(0));
  CHECK(stage.swarm.stored().count() == 1);
}

}  // namespace
}  // namespace p2p
