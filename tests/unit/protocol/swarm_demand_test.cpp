// A swarm that fetches for readers alone: what it asks for, whom it finds interesting, and what it gives.
#include <algorithm>
#include <set>
#include <utility>

#include "protocol/swarm/stuck.hpp"
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::requested;
using test::Stage;

Stage for_readers(const std::string& stored, std::uint32_t pipeline = 10) {
  return Stage({.stored = stored, .pipeline = pipeline, .for_readers = true});
}

void wants(Stage& stage, std::vector<PieceRange> ranges) {
  const PieceIndex first{ranges.empty() ? 0 : ranges[0].first};
  const bool none = ranges.empty();
  stage.swarm.set_demand(std::move(ranges));
  none ? stage.swarm.clear_window(ReaderId{0}, stage.now) : stage.swarm.set_window(ReaderId{0}, first, 1, stage.now);
  stage.settle();
}

/// All that it is asked for when it answers each request, those first that it has heard by now.
std::set<std::uint32_t> asked(Remote& remote, std::vector<std::uint32_t> requests) {
  std::set<std::uint32_t> pieces;
  while (!requests.empty()) {
    for (const std::uint32_t piece : requests) {
      pieces.insert(piece);
      remote.gives(piece);
    }
    requests = requested(remote.hears());
  }
  return pieces;
}

TEST_CASE("without a reader nothing is asked for, and nobody is interesting", "[swarm][demand]") {
  Stage stage = for_readers("00000000");
  Remote& bob = stage.feeds(1002, "11111111");
  CHECK(bob.hears().empty());
  stage.passes(1min);
  CHECK(bob.hears().empty());
  CHECK_FALSE(why_stuck(stage.swarm.standing()));
}

TEST_CASE("what a reader has before it is asked for, and nothing else", "[swarm][demand]") {
  Stage stage = for_readers("00000000");
  Remote& bob = stage.feeds(1002, "11111111");
  bob.hears();
  wants(stage, {{2, 5}});
  const std::string said = bob.hears();
  CHECK(said == "interested, request 2");
  CHECK(asked(bob, requested(said)) == std::set<std::uint32_t>{2, 3, 4});
  CHECK_FALSE(stage.swarm.link_standings().front().interested);
  CHECK(stage.swarm.stored().count() == 3);
}

TEST_CASE("what no reader wants any more is not asked for, and what another one wants still is", "[swarm][demand]") {
  Stage stage = for_readers("00000000", 1);
  Remote& bob = stage.feeds(1002, "11111111");
  bob.hears();
  wants(stage, {{0, 8}, {6, 8}});
  const auto first = requested(bob.hears());
  REQUIRE(first.size() == 1);
  wants(stage, {{6, 8}});
  std::set<std::uint32_t> expected{6, 7};
  expected.insert(first[0]);
  CHECK(asked(bob, first) == expected);
}

TEST_CASE("a neighbor without anything that is wanted is not interesting until it has some", "[swarm][demand]") {
  Stage stage = for_readers("00000000");
  Remote& bob = stage.feeds(1002, "11000000");
  CHECK(bob.hears().empty());
  wants(stage, {{4, 6}});
  CHECK(bob.hears().empty());
  bob.says("have 0");
  CHECK(bob.hears().empty());
  bob.says("have 5");
  CHECK(bob.hears() == "interested, request 5");
}

TEST_CASE("what was asked for and never came, or was lost, stays away when nobody wants it", "[swarm][demand]") {
  Stage stage = for_readers("01000000", 1);
  Remote& bob = stage.feeds(1002, "11111111");
  bob.hears();
  wants(stage, {{3, 4}});
  CHECK(requested(bob.hears()) == std::vector<std::uint32_t>{3});
  wants(stage, {});
  bob.says("choke");
  bob.says("unchoke");
  CHECK(requested(bob.hears()).empty());
  stage.swarm.on_pieces_lost(std::vector{PieceIndex{1}}, stage.now);
  stage.settle();
  Remote& carol = stage.feeds(1003, "11111111");
  CHECK(requested(carol.hears()).empty());
  wants(stage, {{1, 2}});
  CHECK(requested(carol.hears()) == std::vector<std::uint32_t>{1});
}

TEST_CASE("what a reader waits for goes before all else that it wants, from the first request on", "[swarm][demand]") {
  Stage stage = for_readers("00000000", 1);
  Remote& bob = stage.feeds(1002, "11111111");
  bob.hears();
  for (const std::uint32_t first : {5u, 1u, 3u}) {
    wants(stage, {{first, 8}});
    CHECK(requested(bob.hears()) == std::vector<std::uint32_t>{first});
    wants(stage, {});
    bob.says("choke");
    bob.says("unchoke");
    bob.hears();
  }
}

TEST_CASE("who wants nothing gives what it has", "[swarm][demand]") {
  Stage stage = for_readers("11000000");
  Remote& bob = stage.joins(1002, "00000000");
  bob.says("interested");
  CHECK(bob.hears().find("unchoke") != std::string::npos);
  bob.says("request 1");
  CHECK(bob.hears() == "piece 1");
}

TEST_CASE("what was wanted before a neighbor came is asked of it in the order of the window", "[swarm][demand]") {
  Stage stage = for_readers("00000000", 1);
  wants(stage, {{2, 8}});
  stage.swarm.set_window(ReaderId{0}, PieceIndex{2}, 3, stage.now);
  stage.settle();
  Remote& bob = stage.feeds(1002, "11111111");
  std::vector<std::uint32_t> order;
  while (true) {
    const auto next = requested(bob.hears());
    if (next.empty()) break;
    order.push_back(next[0]);
    bob.gives(next[0]);
  }
  REQUIRE(order.size() == 6);
  CHECK(std::vector(order.begin(), order.begin() + 3) == std::vector<std::uint32_t>{2, 3, 4});
}

}  // namespace
}  // namespace p2p
