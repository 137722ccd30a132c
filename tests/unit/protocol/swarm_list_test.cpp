// Another list of peers while the swarm runs.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::requested;
using test::Stage;
using Ids = std::vector<std::uint32_t>;

TEST_CASE("a newcomer that stands before us is dialled at once, one behind us only if it does not come", "[list]") {
  Stage stage({.self = 1002, .listed = {1001, 1002, 1003}});
  stage.passes(0s);
  REQUIRE(stage.to_dial() == Ids{1001});
  stage.relists({1000, 1001, 1002, 1003, 1004});
  stage.passes(0s);
  CHECK(stage.to_dial() == Ids{1000});
  stage.joins(1004, "00000");
  stage.passes(5s);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("a newcomer that cannot come by itself is dialled in the end", "[list]") {
  Stage stage({.listed = {1001}});
  stage.relists({1001, 1002});
  stage.passes(5s);
  CHECK(stage.to_dial().empty());
  stage.passes(10s);
  CHECK(stage.to_dial() == Ids{1002});
}

TEST_CASE("whoever is not listed is let in from the new list on", "[list]") {
  Stage stage({.listed = {1001, 1002}});
  Remote& early = stage.accepts();
  early.shakes_hands(1003);
  CHECK(early.reason().starts_with("handshake with the unknown ID 1003"));
  stage.relists({1001, 1002, 1003});
  CHECK_FALSE(stage.joins(1003, "11111").closed());
}

TEST_CASE("everybody is complete only when the newcomer is, also when everybody was before", "[list]") {
  Stage stage({.listed = {1001, 1002}, .stored = "11111", .stays = true});
  stage.joins(1002, "11111");
  REQUIRE(stage.swarm.swarm_complete());
  stage.relists({1001, 1002, 1003});
  CHECK_FALSE(stage.swarm.swarm_complete());
  Remote& carol = stage.joins(1003, "11110");
  CHECK(stage.count("swarm complete") == 1);
  carol.says("have 4");
  CHECK(stage.count("swarm complete") == 2);
}

TEST_CASE("the same list changes nothing", "[list]") {
  Stage stage({.listed = {1001, 1002}, .stored = "11111", .stays = true});
  Remote& bob = stage.joins(1002, "11111");
  stage.told();
  stage.relists({1001, 1002});
  CHECK_FALSE(bob.closed());
  CHECK(stage.swarm.swarm_complete());
  CHECK(stage.told().empty());
  CHECK(bob.hears().empty());
}

TEST_CASE("between one list and the next nobody is the last who is waited for", "[list]") {
  Stage stage({.listed = {1001, 1002, 1003}, .stored = "11111", .stays = true});
  stage.joins(1002, "00000");
  stage.joins(1003, "11111");
  const auto moved = GENERATE(false, true);
  if (moved)
    stage.relists({1001, 1002}, {1002});
  else
    stage.relists({1001, 1004});
  CHECK_FALSE(stage.swarm.swarm_complete());
  CHECK(stage.count("swarm complete") == 0);
}

TEST_CASE("the link of a peer that is not listed any more ends, and nobody waits for it", "[list]") {
  Stage stage({.listed = {1001, 1002, 1003}, .stored = "11111"});
  stage.joins(1002, "11111");
  Remote& carol = stage.joins(1003, "00000");
  REQUIRE_FALSE(stage.swarm.swarm_complete());
  stage.relists({1001, 1002});
  CHECK(carol.reason() == "peer 1003 is not listed any more");
  CHECK(stage.swarm.swarm_complete());
  CHECK(stage.count("swarm complete") == 1);
  Remote& again = stage.accepts();
  again.shakes_hands(1003);
  CHECK(again.closed());
}

TEST_CASE("a peer that never came, and is not listed any more, is not waited for or dialled", "[list]") {
  Stage stage({.self = 1002, .listed = {1001, 1002, 1003}, .stored = "11111"});
  stage.passes(0s);
  stage.swarm.on_dial_failed(PeerId{1001}, DialFault::refused, stage.now);
  stage.to_dial();
  stage.joins(1003, "11111");
  stage.relists({1002, 1003});
  CHECK(stage.swarm.swarm_complete());
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("a dial to a peer that is not listed any more may fail", "[list]") {
  Stage stage({.self = 1002, .listed = {1001, 1002}});
  stage.passes(0s);
  REQUIRE(stage.to_dial() == Ids{1001});
  stage.relists({1002});
  stage.swarm.on_dial_failed(PeerId{1001}, DialFault::refused, stage.now);
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("a connection of ours that has had no answer ends with its peer's line", "[list]") {
  Stage stage({.self = 1002, .listed = {1001, 1002}});
  Remote& alice = stage.dials(1001);
  stage.relists({1002});
  CHECK(alice.closed());
}

TEST_CASE("what was asked of a peer that is not listed any more is asked of others", "[list]") {
  Stage stage({.listed = {1001, 1002, 1003}, .stored = "01111"});
  Remote& bob = stage.feeds(1002, "11111");
  Remote& carol = stage.feeds(1003, "11111");
  const bool asks_bob = !requested(bob.hears()).empty();
  Remote& other = asks_bob ? carol : bob;
  other.hears();
  stage.relists(asks_bob ? Ids{1001, 1003} : Ids{1001, 1002});
  CHECK(requested(other.hears()) == Ids{0});
}

TEST_CASE("a wrong piece of a peer that is not listed any more convicts nobody", "[list]") {
  Stage stage({.listed = {1001, 1002}, .stored = "01111"});
  stage.stores_at_once = false;
  Remote& bob = stage.feeds(1002, "11111");
  bob.hears();
  REQUIRE(bob.gives(0));
  stage.relists({1001});
  stage.swarm.on_piece_rejected(stage.unstored.at(0), stage.now);
  stage.settle();
  CHECK(stage.swarm.standing().neighbors.empty());
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
  stage.relists({1001, 1002});
  CHECK(requested(stage.feeds(1002, "11111").hears()) == Ids{0});
}

TEST_CASE("a peer that has moved is a new one", "[list]") {
  Stage stage({.self = 1002, .listed = {1001, 1002, 1003}, .stored = "11111", .stays = true});
  Remote& alice = stage.dials(1001);
  alice.shakes_hands(1001);
  alice.says("bitfield 11111");
  stage.joins(1003, "11111");
  REQUIRE(stage.swarm.swarm_complete());
  stage.to_dial();
  stage.relists({1001, 1002, 1003}, {1001});
  CHECK(alice.reason() == "the line of peer 1001 has changed");
  CHECK_FALSE(stage.swarm.swarm_complete());
  stage.passes(0s);
  CHECK(stage.to_dial() == Ids{1001});
}

TEST_CASE("a convicted peer begins anew when its line has changed", "[list]") {
  Stage stage({.self = 1002, .listed = {1001, 1002}, .stored = "01111"});
  Remote& alice = stage.dials(1001);
  alice.shakes_hands(1001);
  alice.says("bitfield 11111");
  alice.says("unchoke");
  REQUIRE(requested(alice.hears()) == Ids{0});
  alice.gives_wrong(0);
  REQUIRE(alice.closed());
  stage.passes(1min);
  stage.to_dial();
  stage.relists({1001, 1002}, {1001});
  stage.passes(0s);
  CHECK(stage.to_dial() == Ids{1001});
}

TEST_CASE("a peer that is listed before us now is ours to dial", "[list]") {
  Stage stage({.self = 1001, .listed = {1001, 1002}});
  stage.joins(1002, "00000").leaves();
  stage.passes(1min);
  REQUIRE(stage.to_dial().empty());
  stage.relists({1002, 1001});
  stage.passes(0s);
  CHECK(stage.to_dial() == Ids{1002});
}

TEST_CASE("by another graph links end and guests become neighbors", "[list]") {
  Stage stage({.self = 1001,
               .listed = {1001, 1002, 1003},
               .stored = "11111",
               .everybody = {1001, 1002, 1003, 1004},
               .most_guests = 2});
  Remote& bob = stage.joins(1002, "00000");
  Remote& dave = stage.joins(1004, "00000");
  REQUIRE_FALSE(dave.closed());
  stage.relists({1001, 1003, 1004}, {}, {1001, 1002, 1003, 1004, 1005});
  CHECK(bob.reason() == "by the new list peer 1002 is not one of our neighbors (MaxConnections)");
  CHECK_FALSE(dave.closed());
  CHECK(stage.swarm.standing().neighbors.size() == 2);
  // One of an older list still counts us in: it is let in as a guest.
  CHECK_FALSE(stage.joins(1002, "00000").closed());
  Remote& erin = stage.joins(1005, "00000");
  CHECK_FALSE(erin.closed());
  stage.relists({1001, 1003, 1004}, {}, {1001, 1002, 1003, 1004});
  CHECK(erin.reason() == "peer 1005 is not listed any more");
}

TEST_CASE("whoever is favored by the new list is served at once", "[list]") {
  Stage stage({.listed = {1001, 1002, 1003},
               .stored = "11111",
               .preferred = 0,
               .policy = ChokingPolicy::cooperative,
               .favored = {1002}});
  Remote& bob = stage.joins(1002, "00000");
  Remote& carol = stage.joins(1003, "00000");
  bob.says("interested");
  carol.says("interested");
  CHECK(bob.hears() == "unchoke");
  stage.relists({1001, 1002, 1003, 1004}, {}, {}, {1003});
  CHECK(bob.hears() == "choke");
  CHECK(carol.hears() == "unchoke");
}

TEST_CASE("votes of a peer that is not listed any more count no more, but what they settled stays", "[list]") {
  ChunkFolder folder{.quorum = 2, .held = {}, .name_fault = [](std::string_view) { return std::string(); }};
  Stage stage({.listed = {1001, 1002, 1003, 1004}, .stored = "00000", .chunks = std::move(folder)});
  const auto claim = [](const char* name) { return ChunkClaim{.size = 10, .sha256 = {}, .name = name}; };
  Remote& bob = stage.joins(1002, "11000");
  Remote& carol = stage.joins(1003, "11000");
  bob.announces(0, claim("a"));
  carol.announces(0, claim("a"));
  bob.announces(1, claim("b"));
  REQUIRE(stage.swarm.quorum()->settled_count() == 1);
  stage.relists({1001, 1003, 1004});
  CHECK(stage.swarm.quorum()->settled_count() == 1);
  CHECK(stage.swarm.quorum()->candidates(PieceIndex{1}).empty());
  carol.announces(1, claim("b"));
  CHECK(stage.swarm.quorum()->settled_count() == 1);
}

}  // namespace
}  // namespace p2p
