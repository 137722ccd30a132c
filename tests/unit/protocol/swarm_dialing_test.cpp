// Whom a swarm dials, and when again.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Stage;
using Ids = std::vector<std::uint32_t>;

TEST_CASE("earlier lines are dialled at once", "[swarm]") {
  Stage stage({.self = 1003});
  stage.passes(0s);
  CHECK(stage.to_dial() == Ids{1001, 1002});
  stage.passes(9s);
  CHECK(stage.to_dial().empty());  // both are still being dialled
}

TEST_CASE("later lines that have not come after ten seconds are dialled, too", "[swarm]") {
  Stage stage({.self = 1003});
  stage.passes(9999ms);
  CHECK(stage.to_dial() == Ids{1001, 1002});
  stage.passes(1ms);
  CHECK(stage.to_dial() == Ids{1004, 1005});
  stage.passes(1h);
  CHECK(stage.to_dial().empty());  // all are still being dialled
}

TEST_CASE("a later line is dialled about every ten seconds until it is linked", "[swarm]") {
  Stage stage({.listed = {1001, 1002}});
  stage.passes(10s);
  for (int failures = 0; failures < 10; ++failures) {
    REQUIRE(stage.to_dial() == Ids{1002});
    stage.swarm.on_dial_failed(PeerId{1002}, DialFault::refused, stage.now);
    stage.passes(7499ms);
    REQUIRE(stage.to_dial().empty());
    stage.passes(5001ms);
  }
  stage.to_dial();
  Remote& bob = stage.dials(1002);
  CHECK(bob.hears() == "handshake 1001");
  bob.shakes_hands(1002);
  CHECK(stage.told() == "dialed 1002");
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("what our dial has linked is ours to dial again: the other side cannot", "[swarm]") {
  Stage stage({.listed = {1001, 1002}});
  stage.passes(10s);
  stage.to_dial();
  Remote& bob = stage.dials(1002);
  bob.shakes_hands(1002);
  bob.leaves();
  stage.passes(75ms);
  CHECK(stage.to_dial() == Ids{1002});
}

TEST_CASE("a later line that is at the door is not dialled", "[swarm]") {
  Stage stage({.listed = {1001, 1002}});
  stage.passes(9s);
  stage.swarm.note_callers(true);
  stage.passes(2s);
  CHECK(stage.to_dial().empty());
  stage.swarm.note_callers(false);
  stage.accepts().shakes_hands(1002);
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("who stands at the door and says nothing keeps nobody out", "[swarm]") {
  Stage stage({.listed = {1001, 1002}});
  stage.passes(9s);
  stage.swarm.note_callers(true);
  stage.passes(3s);
  CHECK(stage.to_dial() == Ids{1002});
}

// --- connections that cross ------------------------------------------------------------------------------------------

TEST_CASE("where connections cross, the later line's stays: as the earlier one", "[swarm]") {
  Stage stage({.self = 1001});
  stage.passes(10s);
  Remote& ours = stage.dials(1002);
  CHECK(ours.hears() == "handshake 1001");
  Remote& theirs = stage.accepts();
  theirs.shakes_hands(1002);
  CHECK(ours.reason() == "the peer has come by itself");
  CHECK_FALSE(theirs.closed());
  CHECK(theirs.hears() == "handshake 1001, bitfield 00000");
}

TEST_CASE("where connections cross, the later line's stays: as the later one", "[swarm]") {
  Stage stage({.self = 1002});
  stage.passes(0s);
  Remote& ours = stage.dials(1001);
  Remote& theirs = stage.accepts();
  theirs.shakes_hands(1001);
  CHECK(theirs.hears() == "");
  CHECK(stage.count("accepted 1001") == 0);
  stage.passes(1ms);
  ours.shakes_hands(1001);
  CHECK(stage.count("dialed 1001") == 1);
  stage.passes(3s);
  CHECK(theirs.closed());
  CHECK_FALSE(ours.closed());
}

TEST_CASE("a crossing connection is taken when ours leads to nothing", "[swarm]") {
  Stage stage({.self = 1002});
  stage.passes(0s);
  Remote& ours = stage.dials(1001);
  Remote& theirs = stage.accepts();
  theirs.shakes_hands(1001);
  SECTION("because it ends") {
    ours.leaves();
    stage.passes(300ms);
  }
  SECTION("because nobody answers") { stage.passes(2500ms); }
  CHECK(stage.count("accepted 1001") == 1);
  CHECK_FALSE(theirs.closed());
}

// --- why a dial leads to nothing
// ---------------------------------------------------------------------------------------

NeighborStanding standing_of(const Stage& stage, std::uint32_t id) {
  for (const NeighborStanding& n : stage.swarm.standing().neighbors)
    if (n.id == PeerId{id}) return n;
  FAIL("no such neighbor");
  return {};
}

TEST_CASE("why a dial failed is kept until there is a link", "[swarm]") {
  Stage stage({.self = 1002});
  stage.passes(0s);
  CHECK(standing_of(stage, 1001).fault == DialFault::none);
  CHECK(standing_of(stage, 1001).ours_to_dial);
  CHECK_FALSE(standing_of(stage, 1003).ours_to_dial);
  stage.swarm.on_dial_failed(PeerId{1001}, DialFault::unresolved, stage.now);
  CHECK(standing_of(stage, 1001).fault == DialFault::unresolved);
  stage.dials(1001).leaves();
  CHECK(standing_of(stage, 1001).fault == DialFault::hung_up);
  stage.dials(1001);
  stage.passes(11s);
  CHECK(standing_of(stage, 1001).fault == DialFault::silent);
  stage.dials(1001).shakes_hands(1004);
  CHECK(standing_of(stage, 1001).fault == DialFault::wrong_id);
  stage.dials(1001).shakes_hands(7);
  CHECK(standing_of(stage, 1001).fault == DialFault::wrong_id);
  stage.dials(1001).breaks_the_protocol("not a handshake");
  CHECK(standing_of(stage, 1001).fault == DialFault::foreign);
  stage.dials(1001).shakes_hands(1001);
  CHECK(standing_of(stage, 1001).fault == DialFault::none);
}

TEST_CASE("a dial that failed is repeated for as long as it takes", "[swarm]") {
  Stage stage({.self = 1002, .listed = {1001, 1002}});
  stage.passes(0s);
  for (int failures = 0; failures < 100; ++failures) {
    REQUIRE(stage.to_dial() == Ids{1001});
    stage.swarm.on_dial_failed(PeerId{1001}, DialFault::refused, stage.now);
    stage.passes(7500ms);  // the longest back-off with all its jitter
  }
}

TEST_CASE("a linked neighbor is not dialled", "[swarm]") {
  Stage stage({.self = 1002, .listed = {1001, 1002}});
  stage.passes(0s);
  stage.to_dial();
  stage.dials(1001).shakes_hands(1001);
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("a neighbor that we dialled and lost is dialled again soon", "[swarm]") {
  Stage stage({.self = 1002, .listed = {1001, 1002}});
  stage.passes(0s);
  for (int failures = 0; failures < 10; ++failures) {
    stage.swarm.on_dial_failed(PeerId{1001}, DialFault::refused, stage.now);
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
  Stage stage({.self = 1001, .listed = {1001, 1002}});
  stage.joins(1002, "00000").leaves();
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("links that end before anything was said back off like failed dials", "[swarm]") {
  Stage stage({.self = 1002, .listed = {1001, 1002}});
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
  Stage stage({.self = 1002, .listed = {1001, 1002}});
  stage.passes(0s);
  stage.to_dial();
  Remote& came = stage.joins(1001, "00000");
  Remote& dialled = stage.dials(1001);
  CHECK(dialled.reason() == "already linked");  // before anything was said
  CHECK_FALSE(came.closed());
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("a dial that failed is not repeated when the neighbor came by itself in the meantime", "[swarm]") {
  Stage stage({.self = 1002, .listed = {1001, 1002}});
  stage.passes(0s);
  stage.to_dial();
  stage.joins(1001, "00000");
  stage.swarm.on_dial_failed(PeerId{1001}, DialFault::refused, stage.now);
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
