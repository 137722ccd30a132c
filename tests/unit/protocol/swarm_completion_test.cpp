// When the file is complete, and when everybody's is.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::requested;
using test::Stage;

TEST_CASE("the file is complete once, with the last piece", "[swarm]") {
  Stage stage({.stored = "11100"});
  Remote& bob = stage.feeds(1002, "11111");
  CHECK(bob.gives(requested(bob.hears()).at(0)));
  CHECK(stage.count("file complete") == 0);
  CHECK(bob.gives(requested(bob.hears()).at(0)));
  CHECK(stage.count("file complete") == 1);
  CHECK(stage.events.back() == "file complete");
  stage.passes(1min);
  CHECK(stage.count("file complete") == 1);
}

TEST_CASE("a peer that starts with the file does not complete it", "[swarm]") {
  Stage stage({.stored = "11111"});
  stage.joins(1002, "11111");
  stage.passes(1min);
  CHECK(stage.count("file complete") == 0);
}

TEST_CASE("everybody is complete when each neighbor's bitfield and haves said so, and that is told once", "[swarm]") {
  Stage stage({.listed = {1001, 1002, 1003}, .stored = "11111"});
  stage.joins(1002, "11111");
  Remote& carol = stage.joins(1003, "11011");
  CHECK_FALSE(stage.swarm.swarm_complete());
  carol.says("have 2");
  CHECK(stage.swarm.swarm_complete());
  CHECK(stage.count("swarm complete") == 1);
  carol.says("have 2");
  carol.leaves();
  stage.passes(1min);
  CHECK(stage.count("swarm complete") == 1);
}

TEST_CASE("our own last piece may be the last of all", "[swarm]") {
  Stage stage({.listed = {1001, 1002}, .stored = "11110"});
  Remote& bob = stage.feeds(1002, "11111");
  CHECK_FALSE(stage.swarm.swarm_complete());
  CHECK(bob.gives(requested(bob.hears()).at(0)));
  CHECK(stage.count("swarm complete") == 1);
  CHECK(stage.events.at(stage.events.size() - 2) == "file complete");
}

TEST_CASE("a peer that was never linked is not complete", "[swarm]") {
  Stage stage({.listed = {1001, 1002, 1003}, .stored = "11111"});
  stage.joins(1002, "11111");
  stage.passes(1h);
  CHECK_FALSE(stage.swarm.swarm_complete());
}

TEST_CASE("a disconnect completes nobody", "[swarm]") {
  Stage stage({.listed = {1001, 1002}, .stored = "11111"});
  Remote& bob = stage.joins(1002, "11101");
  bob.leaves();
  stage.passes(1h);
  CHECK_FALSE(stage.swarm.swarm_complete());
}

TEST_CASE("a complete neighbor that left stays complete", "[swarm]") {
  Stage stage({.listed = {1001, 1002, 1003}, .stored = "11111"});
  stage.joins(1002, "11111").leaves();
  stage.joins(1003, "11111");
  CHECK(stage.swarm.swarm_complete());
}

TEST_CASE("a neighbor that comes back with less is no longer complete", "[swarm]") {
  Stage stage({.listed = {1001, 1002, 1003}, .stored = "11111"});
  stage.joins(1002, "11111").leaves();
  SECTION("by its bitfield") { stage.joins(1002, "00000"); }
  SECTION("by skipping it") { stage.joins(1002, "").says("interested"); }
  stage.joins(1003, "11111");
  CHECK_FALSE(stage.swarm.swarm_complete());
}

TEST_CASE("a neighbor that came back but said nothing yet is what it was", "[swarm]") {
  Stage stage({.listed = {1001, 1002, 1003}, .stored = "11111"});
  stage.joins(1002, "11111").leaves();
  stage.joins(1002, "");
  stage.joins(1003, "11111");
  CHECK(stage.swarm.swarm_complete());
}

TEST_CASE("neighbors are not complete for us before we are", "[swarm]") {
  Stage stage({.listed = {1001, 1002}, .stored = "11110"});
  stage.joins(1002, "11111");
  CHECK_FALSE(stage.swarm.swarm_complete());
}

TEST_CASE("a peer that is listed alone and has the file is done at once", "[swarm]") {
  Stage alone({.listed = {1001}, .stored = "11111"});
  CHECK(alone.swarm.swarm_complete());
  CHECK(alone.told() == "swarm complete");
  Stage waiting({.listed = {1001}, .stored = "11110"});
  CHECK_FALSE(waiting.swarm.swarm_complete());
}

TEST_CASE("the last haves are still sent when everybody is complete", "[swarm]") {
  Stage stage({.listed = {1001, 1002}, .stored = "11110"});
  Remote& bob = stage.feeds(1002, "11111");
  bob.gives(requested(bob.hears()).at(0));
  REQUIRE(stage.swarm.swarm_complete());
  CHECK(bob.hears() == "not interested, have 4");
}

}  // namespace
}  // namespace p2p
