// Readers at this node: what the swarm asks for, of whom, and when.
#include <set>

#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::requested;
using test::Stage;
using Pieces = std::vector<std::uint32_t>;

void reads(Stage& stage, std::uint32_t first, std::uint32_t count, std::uint32_t reader = 0) {
  stage.swarm.set_window(ReaderId{reader}, PieceIndex{first}, count, stage.now);
  stage.settle();
}

/// What one neighbor is asked for, an answer after the other.
Pieces asked(Remote& remote, std::size_t most = 100) {
  Pieces pieces;
  while (pieces.size() < most) {
    const auto requests = requested(remote.hears());
    if (requests.empty()) break;
    REQUIRE(requests.size() == 1);
    pieces.push_back(requests[0]);
    remote.gives(requests[0]);
  }
  return pieces;
}

TEST_CASE("what a reader waits for comes in its order, and then what is rare", "[swarm][windows]") {
  Stage stage({.stored = "00000000"});
  stage.joins(1003, "01111110");
  stage.joins(1004, "11111111");
  reads(stage, 2, 3);
  Remote& bob = stage.feeds(1002, "11111111");
  const Pieces order = asked(bob);
  REQUIRE(order.size() == 8);
  CHECK(Pieces(order.begin(), order.begin() + 3) == Pieces{2, 3, 4});
  CHECK(std::set<std::uint32_t>(order.begin() + 3, order.begin() + 5) == std::set<std::uint32_t>{0, 7});
}

TEST_CASE("a reader that comes or moves on is asked for at once, one that is gone no more", "[swarm][windows]") {
  Stage stage({.stored = "00000000"});
  Remote& bob = stage.feeds(1002, "11111111");
  const auto first = requested(bob.hears());
  reads(stage, first[0] == 5 ? 1 : 5, 2);
  bob.gives(first[0]);
  CHECK(requested(bob.hears()) == Pieces{first[0] == 5 ? 1u : 5u});
  stage.swarm.clear_window(ReaderId{0}, stage.now);
  stage.swarm.clear_window(ReaderId{0}, stage.now);
  stage.settle();
  CHECK(stage.swarm.next_deadline() > stage.now);
}

TEST_CASE("beside the first piece of a reader nothing is asked for", "[swarm][windows]") {
  Stage stage({.stored = "00000000"});
  reads(stage, 4, 4);
  Remote& bob = stage.feeds(1002, "11111111");
  Remote& carol = stage.feeds(1003, "11111111");
  CHECK(requested(bob.hears()) == Pieces{4});
  CHECK(requested(carol.hears()).empty());
  bob.gives(4);
  CHECK(requested(bob.hears()).size() + requested(carol.hears()).size() == 2);
}

TEST_CASE("where only one has a piece, it is left to its owner for a patience", "[swarm][windows]") {
  Stage stage({.stored = "000000000000"});
  reads(stage, 0, 12);
  stage.joins(1003, "000000000000");
  Remote& bob = stage.feeds(1002, "111111111111");
  const Pieces own = asked(bob);
  CHECK(own.front() == 0);
  REQUIRE(own.size() < 12);
  CHECK(requested(bob.hears()).empty());
  stage.passes(200ms);
  CHECK(requested(bob.hears()).empty());
  stage.passes(100ms);
  CHECK(asked(bob).size() == 12 - own.size());
}

TEST_CASE("an owner that brings its pieces is waited for, and they are taken from it", "[swarm][windows]") {
  Stage stage({.stored = "000000000000"});
  reads(stage, 0, 12);
  Remote& carol = stage.feeds(1003, "000000000000");
  Remote& bob = stage.feeds(1002, "111111111111");
  const Pieces own = asked(bob);
  std::uint32_t left = 0;
  for (std::uint32_t piece = 0; piece < 12; ++piece) {
    if (std::ranges::find(own, piece) != own.end()) continue;
    ++left;
    carol.says("have " + std::to_string(piece));
    CHECK(requested(carol.hears()) == Pieces{piece});
    carol.gives(piece);
    stage.passes(100ms);
    CHECK(requested(bob.hears()).empty());
  }
  CHECK(left > 0);
  CHECK(stage.swarm.complete());
}

TEST_CASE("a piece that is not opened yet waits, and goes first then", "[swarm][windows]") {
  Stage stage({.stored = "00000000", .on_demand = true});
  reads(stage, 3, 2);
  Remote& bob = stage.feeds(1002, "11111111");
  CHECK(requested(bob.hears()).empty());
  for (const std::uint32_t piece : {0u, 1u, 4u}) stage.swarm.open_piece(PieceIndex{piece}, stage.now);
  stage.settle();
  const Pieces order = asked(bob);
  REQUIRE(order.size() == 3);
  CHECK(order[1] == 4);  // the first one was asked for when nothing else was open
}

TEST_CASE("the piece that a reader waits for is asked of a second neighbor when the first one is slow",
          "[swarm][windows]") {
  Stage stage({.stored = "00000000"});
  reads(stage, 0, 8);
  Remote& slow = stage.feeds(1002, "11111111");
  Remote& bob = stage.feeds(1003, "11111111");
  CHECK(requested(slow.hears()) == Pieces{0});
  CHECK(requested(bob.hears()).empty());
  stage.passes(200ms);
  CHECK(requested(bob.hears()).empty());
  stage.passes(100ms);
  CHECK(requested(bob.hears()) == Pieces{0});
  bob.gives(0);
  CHECK(requested(bob.hears()) == Pieces{1});
}

TEST_CASE("readers of what is here change nothing", "[swarm][windows]") {
  Stage stage({.stored = "11111111"});
  stage.joins(1002, "00000000");
  const Instant before = stage.swarm.next_deadline();
  reads(stage, 0, 8);
  CHECK(stage.swarm.next_deadline() == before);
  CHECK(stage.swarm.complete());
}

TEST_CASE("what is lost while it is read is fetched again, the nearest first", "[swarm][windows]") {
  Stage stage({.stored = "11111110"});
  reads(stage, 2, 6);
  const std::vector lost{PieceIndex{4}, PieceIndex{1}, PieceIndex{3}};
  stage.swarm.on_pieces_lost(lost, stage.now);
  stage.settle();
  CHECK(asked(stage.feeds(1002, "11111111")) == Pieces{3, 4, 7, 1});
}

}  // namespace
}  // namespace p2p
