// Links beyond the neighbor graph: a peer that starves looks for others, and lets in those that do.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Scene;
using test::Stage;
using Ids = std::vector<std::uint32_t>;

/// 1001 has two neighbors, one before it and one behind it, among ten peers.
Scene one_of_ten() {
  return {.self = 1001,
          .listed = {1000, 1001, 1002},
          .everybody = {1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009},
          .most_guests = 2};
}
bool is_neighbor(std::uint32_t id) { return id <= 1002; }

/// Whom it dials beyond its neighbors; every dial fails.
Ids sought(Stage& stage, Duration duration) {
  Ids beyond;
  for (const Instant end = stage.now + duration; stage.now < end;) {
    stage.passes(250ms);
    for (const std::uint32_t id : stage.to_dial()) {
      stage.swarm.on_dial_failed(PeerId{id}, DialFault::refused, stage.now);
      if (!is_neighbor(id)) beyond.push_back(id);
    }
  }
  return beyond;
}

TEST_CASE("a peer that nobody feeds for ten seconds dials others, each in its turn", "[guests]") {
  Stage stage(one_of_ten());
  CHECK(sought(stage, 9s).empty());
  Ids ids = sought(stage, 9s);
  CHECK(ids.size() >= 7);
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  CHECK(ids == Ids{1003, 1004, 1005, 1006, 1007, 1008, 1009});
}

TEST_CASE("whoever is fed dials nobody beyond its neighbors, and is hungry again ten seconds after", "[guests]") {
  Stage stage(one_of_ten());
  Remote& feeder = stage.joins(1002, "10000");
  CHECK(sought(stage, 1min).empty());
  feeder.leaves();
  CHECK(sought(stage, 8s).empty());
  CHECK_FALSE(sought(stage, 4s).empty());
}

TEST_CASE("a linked neighbor without anything for us feeds nobody", "[guests]") {
  Stage stage(one_of_ten());
  stage.joins(1002, "00000");
  CHECK_FALSE(sought(stage, 12s).empty());
}

TEST_CASE("a complete peer seeks nobody", "[guests]") {
  Scene scene = one_of_ten();
  scene.stored = "11111";
  Stage stage(scene);
  CHECK(sought(stage, 1min).empty());
}

TEST_CASE("in a full mesh there is nobody else", "[guests]") {
  Scene scene = one_of_ten();
  scene.everybody = {};
  Stage stage(scene);
  CHECK(sought(stage, 1min).empty());
}

TEST_CASE("four are sought at once, and one that has nothing makes room for another", "[guests]") {
  Stage stage(one_of_ten());
  std::vector<Remote*> links;
  const auto link_all = [&](Duration duration) {
    for (const Instant end = stage.now + duration; stage.now < end;) {
      stage.passes(250ms);
      for (const std::uint32_t id : stage.to_dial()) {
        if (is_neighbor(id)) continue;
        Remote& remote = stage.dials(id);
        remote.shakes_hands(id);
        remote.says("bitfield 00000");
        links.push_back(&remote);
      }
    }
  };
  link_all(30s);
  REQUIRE(links.size() == 4);
  link_all(15s);
  REQUIRE(links.size() >= 5);
  CHECK(links[0]->reason() == "it is no neighbor, and has nothing for us");
  CHECK(std::ranges::count_if(links, [](const Remote* remote) { return !remote->closed(); }) == 4);
}

TEST_CASE("a listed peer is let in beyond the graph up to a bound; a stranger is not", "[guests]") {
  Stage stage(one_of_ten());
  CHECK_FALSE(stage.joins(1005, "00000").closed());
  Remote& second = stage.joins(1006, "00000");
  CHECK_FALSE(second.closed());
  Remote& third = stage.accepts();
  third.shakes_hands(1007);
  CHECK(third.reason() == "peer 1007 is not one of our neighbors (MaxConnections), and there is no room for it");
  second.leaves();
  CHECK_FALSE(stage.joins(1007, "00000").closed());
  Remote& stranger = stage.accepts();
  stranger.shakes_hands(77);
  CHECK(stranger.reason().starts_with("handshake with the unknown ID 77"));
}

TEST_CASE("a guest is waited for while it is linked, and forgotten when it is gone", "[guests]") {
  Scene scene = one_of_ten();
  scene.stored = "11111";
  Stage stage(scene);
  stage.joins(1000, "11111");
  Remote& guest = stage.joins(1005, "00000");
  stage.joins(1002, "11111");
  CHECK(stage.count("swarm complete") == 0);
  CHECK(stage.swarm.standing().neighbors.size() == 3);
  guest.leaves();
  CHECK(stage.swarm.standing().neighbors.size() == 2);
  CHECK(stage.count("swarm complete") == 1);
}

TEST_CASE("what a guest gives is taken, and it is told that we have it", "[guests]") {
  Stage stage(one_of_ten());
  stage.passes(12s);
  const Ids dials = stage.to_dial();
  const auto beyond = std::ranges::find_if_not(dials, is_neighbor);
  REQUIRE(beyond != dials.end());
  Remote& guest = stage.dials(*beyond);
  guest.shakes_hands(*beyond);
  guest.says("bitfield 11111");
  guest.says("unchoke");
  guest.hears();
  CHECK(stage.swarm.linked_neighbors() == 1);
  CHECK(stage.swarm.unchoking_us() == 1);
}

}  // namespace
}  // namespace p2p
