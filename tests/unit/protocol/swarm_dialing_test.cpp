// Whom a swarm dials, and when again.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Stage;
using Ids = std::vector<std::uint32_t>;

TEST_CASE("earlier lines are dialled at once, later lines never", "[swarm]") {
  Stage stage({.self = 1003});
  stage.passes(0s);
  CHECK(stage.to_dial() == Ids{1001, 1002});
  stage.passes(1h);
  CHECK(stage.to_dial().empty());  // both are still being dialled
}

TEST_CASE("a dial that failed is repeated for as long as it takes", "[swarm]") {
  Stage stage({.self = 1002});
  stage.passes(0s);
  for (int failures = 0; failures < 100; ++failures) {
    REQUIRE(stage.to_dial() == Ids{1001});
    stage.swarm.on_dial_failed(PeerId{1001}, stage.now);
    stage.passes(7500ms);  // the longest back-off with all its jitter
  }
}

TEST_CASE("a linked neighbor is not dialled", "[swarm]") {
  Stage stage({.self = 1002});
  stage.passes(0s);
  stage.to_dial();
  stage.dials(1001).shakes_hands(1001);
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("a neighbor that we dialled and lost is dialled again soon", "[swarm]") {
  Stage stage({.self = 1002});
  stage.passes(0s);
  for (int failures = 0; failures < 10; ++failures) {
    stage.swarm.on_dial_failed(PeerId{1001}, stage.now);
    stage.passes(7500ms);
  }
  stage.to_dial();
  Remote& alice = stage.dials(1001);
  alice.shakes_hands(1001);
  alice.says("bitfield 00000");  // useful: what failed before is forgotten
  alice.leaves();
  stage.passes(75ms);
  CHECK(stage.to_dial() == Ids{1001});
}

TEST_CASE("a neighbor that came to us and left is waited for", "[swarm]") {
  Stage stage({.self = 1001});
  stage.joins(1002, "00000").leaves();
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("links that end before anything was said back off like failed dials", "[swarm]") {
  Stage stage({.self = 1002});
  stage.passes(0s);
  for (int i = 0; i < 10; ++i) {
    REQUIRE(stage.to_dial() == Ids{1001});
    stage.dials(1001).leaves();
    stage.passes(7500ms);
  }
  stage.to_dial();
  stage.dials(1001).leaves();
  stage.passes(2s);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("a dialled neighbor that came by itself in the meantime keeps its first link", "[swarm]") {
  Stage stage({.self = 1002});
  stage.passes(0s);
  stage.to_dial();
  Remote& came = stage.joins(1001, "00000");
  Remote& dialled = stage.dials(1001);
  dialled.shakes_hands(1001);
  CHECK(dialled.reason() == "already linked");
  CHECK_FALSE(came.closed());
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("a dial that failed is not repeated when the neighbor came by itself in the meantime", "[swarm]") {
  Stage stage({.self = 1002});
  stage.passes(0s);
  stage.to_dial();
  stage.joins(1001, "00000");
  stage.swarm.on_dial_failed(PeerId{1001}, stage.now);
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("nobody is dialled any more when everybody has the file", "[swarm]") {
  Stage stage({.self = 1002, .listed = {1001, 1002}, .stored = "11111"});
  stage.passes(0s);
  stage.to_dial();
  Remote& alice = stage.dials(1001);
  alice.shakes_hands(1001);
  alice.says("bitfield 11111");
  REQUIRE(stage.swarm.swarm_complete());
  alice.leaves();
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

}  // namespace
}  // namespace p2p
