// What neighbors are told about our interest and our pieces.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Stage;

/// Shakes hands; what the swarm says first is dropped.
Remote& greeted(Stage& stage, std::uint32_t id) {
  Remote& remote = stage.accepts();
  remote.shakes_hands(id);
  remote.hears();
  return remote;
}

TEST_CASE("a bitfield is always answered", "[swarm]") {
  SECTION("interested when it has something that we lack") {
    Stage stage({.stored = "11000"});
    Remote& bob = greeted(stage, 1002);
    bob.says("bitfield 00001");
    CHECK(bob.hears() == "interested");
  }
  SECTION("not interested when we have all of it") {
    Stage stage({.stored = "11000"});
    Remote& bob = greeted(stage, 1002);
    bob.says("bitfield 10000");
    CHECK(bob.hears() == "not interested");
  }
  SECTION("not interested when it is all zeros") {
    Stage stage({});
    Remote& bob = greeted(stage, 1002);
    bob.says("bitfield 00000");
    CHECK(bob.hears() == "not interested");
  }
  SECTION("not interested when it has no bytes") {
    Stage stage({});
    Remote& bob = greeted(stage, 1002);
    bob.says("bitfield");
    CHECK(bob.hears() == "not interested");
  }
  SECTION("not interested when we have the file") {
    Stage stage({.stored = "11111"});
    Remote& bob = greeted(stage, 1002);
    bob.says("bitfield 11111");
    CHECK(bob.hears() == "not interested");
  }
}

TEST_CASE("a neighbor that skips its bitfield has nothing until it says have", "[swarm]") {
  Stage stage({});
  Remote& bob = greeted(stage, 1002);
  bob.says("unchoke");
  CHECK(bob.hears() == "");
  bob.says("have 3");
  CHECK(bob.hears() == "interested, request 3");
}

TEST_CASE("interest is told when it changes and only then", "[swarm]") {
  Stage stage({.stored = "10000"});
  Remote& bob = stage.joins(1002, "10000");
  bob.says("have 0");  // known, and ours
  CHECK(bob.hears() == "");
  bob.says("have 1");
  CHECK(bob.hears() == "interested");
  bob.says("have 2");
  bob.says("have 2");
  CHECK(bob.hears() == "");
}

TEST_CASE("after each stored piece neighbors with nothing left are told not interested", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "11000");
  Remote& carol = stage.joins(1003, "10000");
  Remote& dave = stage.joins(1004, "01000");
  const auto first = test::requested(bob.hears()).at(0);
  bob.gives(first);
  const std::string have = "have " + std::to_string(first);
  CHECK(carol.hears() == (first == 0 ? "not interested, " + have : have));
  CHECK(dave.hears() == (first == 1 ? "not interested, " + have : have));
  const auto second = test::requested(bob.hears()).at(0);
  CHECK(second == 1 - first);
  bob.gives(second);
  CHECK(bob.hears() == "not interested, have " + std::to_string(second));
}

TEST_CASE("each stored piece is told once to each neighbor, the giver included", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "00100");
  Remote& carol = stage.joins(1003, "00000");
  bob.hears();
  bob.gives(2);
  CHECK(bob.hears() == "not interested, have 2");
  CHECK(carol.hears() == "have 2");
  stage.passes(1min);
  CHECK(bob.hears() == "");
  CHECK(carol.hears() == "");
}

TEST_CASE("a piece is told when it is stored, not when it came", "[swarm]") {
  Stage stage({});
  stage.stores_at_once = false;
  Remote& bob = stage.feeds(1002, "00100");
  Remote& carol = stage.joins(1003, "00000");
  bob.hears();
  bob.gives(2);
  CHECK(carol.hears() == "");
  stage.swarm.on_piece_stored(PieceIndex{2}, stage.now);
  stage.settle();
  CHECK(carol.hears() == "have 2");
}

TEST_CASE("a neighbor that comes later finds what was stored before in the bitfield and is told only the rest",
          "[swarm]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "11000");
  bob.gives(test::requested(bob.hears()).at(0));
  Remote& carol = stage.accepts();
  carol.shakes_hands(1003);
  SECTION("sent before the next piece") {
    const std::string greeting = carol.hears();
    CHECK((greeting == "handshake 1001, bitfield 10000" || greeting == "handshake 1001, bitfield 01000"));
    bob.gives(test::requested(bob.hears()).at(0));
    CHECK(carol.hears().starts_with("have "));
  }
  SECTION("sent after the next piece") {
    bob.gives(test::requested(bob.hears()).at(0));
    CHECK(carol.hears() == "handshake 1001, bitfield 11000");
  }
}

TEST_CASE("a neighbor that comes back starts from a whole bitfield", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "00100");
  Remote& carol = stage.joins(1003, "00000");
  bob.hears();
  bob.gives(2);
  carol.leaves();
  Remote& again = stage.accepts();
  again.shakes_hands(1003);
  CHECK(again.hears() == "handshake 1001, bitfield 00100");
  again.says("bitfield 00010");
  CHECK(again.hears() == "interested");
}

TEST_CASE("a neighbor whose socket was full hears all haves when there is room again, in steps", "[swarm]") {
  constexpr std::uint32_t kMany = 10'000;
  Stage stage({.stored = std::string(kMany, '0'), .piece_size = 1});
  Remote& bob = stage.feeds(1002, std::string(kMany, '1'));
  Remote& carol = stage.joins(1003, std::string(kMany, '0'));
  for (std::uint32_t i = 0; i < kMany; ++i) REQUIRE(bob.gives(test::requested(bob.hears()).at(0)));

  Bytes step;
  stage.swarm.poll_send(carol.link(), step);
  CHECK(step.size() < 70'000);
  const auto in_step = step.size() / 9;
  const std::string rest = carol.hears();
  CHECK(in_step + static_cast<std::size_t>(std::ranges::count(rest, 'h')) == kMany);
}

TEST_CASE("a have waits for company when its receiver has the piece", "[swarm]") {
  Stage stage({.preferred = 1});
  Remote& bob = stage.feeds(1002, "11100");
  Remote& carol = stage.joins(1003, "11111");
  Remote& dave = stage.joins(1004, "00000");
  const std::uint32_t first = test::requested(bob.hears()).at(0);
  CHECK(bob.gives(first));
  CHECK(dave.ready());
  CHECK(dave.hears() == "have " + std::to_string(first));
  CHECK_FALSE(carol.ready());

  SECTION("the next sweep takes it along") {
    stage.passes(250ms);
    REQUIRE(carol.ready());
    CHECK(carol.hears() == "have " + std::to_string(first));
  }
  SECTION("another frame takes it along") {
    carol.says("interested");
    REQUIRE(carol.ready());
    CHECK(carol.hears() == "unchoke, have " + std::to_string(first));
  }
}

TEST_CASE("that we are complete is told at once", "[swarm]") {
  Stage stage({.stored = "11110"});
  Remote& bob = stage.feeds(1002, "11111");
  Remote& carol = stage.joins(1003, "11111");
  bob.gives(test::requested(bob.hears()).at(0));
  REQUIRE(carol.ready());
  CHECK(carol.hears() == "not interested, have 4");
  CHECK(bob.hears() == "not interested, have 4");
}

TEST_CASE("interest that is repeated hundreds of times is tolerated, and each message is told", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.joins(1002, "00000");
  for (int i = 0; i < 459; ++i) bob.says("interested");
  CHECK_FALSE(bob.closed());
  CHECK(bob.hears() == "unchoke");
  CHECK(stage.count("interested from 1002") == 459);
  for (int i = 0; i < 459; ++i) bob.says("not interested");
  CHECK_FALSE(bob.closed());
}

TEST_CASE("what neighbors say is told with their IDs", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.joins(1002, "00000");
  stage.told();
  bob.says("have 3");
  bob.says("interested");
  bob.says("not interested");
  bob.says("unchoke");
  bob.says("unchoke");
  bob.says("choke");
  bob.says("choke");
  CHECK(stage.told() ==
        "have 3 from 1002, interested from 1002, prefers 1002, not interested from 1002, unchoked by 1002, choked by "
        "1002");
}

}  // namespace
}  // namespace p2p
