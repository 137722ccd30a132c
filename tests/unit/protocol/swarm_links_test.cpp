// How links begin, compete and end.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Stage;

TEST_CASE("a dialler sends its handshake at once and its bitfield when it knows whom it reached", "[swarm]") {
  Stage stage({.self = 1003, .stored = "10110"});
  Remote& alice = stage.dials(1001);
  CHECK(alice.hears() == "handshake 1003");
  alice.shakes_hands(1001);
  CHECK(alice.hears() == "bitfield 10110");
  CHECK(stage.told() == "dialed 1001");
  CHECK(stage.swarm.linked_neighbors() == 1);
}

TEST_CASE("an acceptor says nothing before the dialler's handshake came, then answers", "[swarm]") {
  Stage stage({.stored = "10110"});
  Remote& bob = stage.accepts();
  CHECK(bob.hears() == "");
  bob.shakes_hands(1002);
  CHECK(bob.hears() == "handshake 1001, bitfield 10110");
  CHECK(stage.told() == "accepted 1002");
}

TEST_CASE("a peer with nothing sends a bitfield of zeros", "[swarm]") {
  Stage stage({.stored = "00000"});
  Remote& bob = stage.accepts();
  bob.shakes_hands(1002);
  CHECK(bob.hears() == "handshake 1001, bitfield 00000");
}

TEST_CASE("neighbors come in any order", "[swarm]") {
  Stage stage({.self = 1001});
  for (const std::uint32_t id : {1005u, 1002u, 1004u, 1003u}) CHECK_FALSE(stage.joins(id, "00000").closed());
  CHECK(stage.swarm.linked_neighbors() == 4);
}

TEST_CASE("an ID that is not listed is refused, with its dialect where it has one", "[swarm]") {
  Stage stage({});
  Remote& stranger = stage.accepts();
  stranger.shakes_hands(7);
  CHECK(stranger.reason() == "handshake with the unknown ID 7");
  CHECK(stage.told() == "refused: handshake with the unknown ID 7");

  Remote& ascii = stage.accepts();
  ascii.shakes_hands(825'241'650);
  CHECK(ascii.reason().find("the ASCII digits \"1002\"") != std::string::npos);
  Remote& little_endian = stage.accepts();
  little_endian.shakes_hands(0xea030000);
  CHECK(little_endian.reason().find("1002 in little-endian order") != std::string::npos);
  CHECK(stage.swarm.linked_neighbors() == 0);
}

TEST_CASE("our own ID is refused", "[swarm]") {
  Stage stage({.self = 1001});
  Remote& mirror = stage.accepts();
  mirror.shakes_hands(1001);
  CHECK(mirror.reason() == "handshake with our own ID 1001");
}

TEST_CASE("a peer that is not the one that was dialled is refused and dialled again", "[swarm]") {
  Stage stage({.self = 1003});
  stage.passes(0s);
  stage.to_dial();
  Remote& other = stage.dials(1001);
  other.shakes_hands(1002);
  CHECK(other.reason() == "handshake with ID 1002, expected 1001");
  stage.passes(100ms);
  CHECK(stage.to_dial() == std::vector<std::uint32_t>{1001});
}

TEST_CASE("a connection without a handshake is closed after 10 s", "[swarm]") {
  Stage stage({});
  Remote& silent = stage.accepts();
  stage.passes(9900ms);
  CHECK_FALSE(silent.closed());
  stage.passes(600ms);
  CHECK(silent.reason() == "no handshake within 10 s");
  CHECK(stage.told() == "refused: no handshake within 10 s");
}

// --- two connections of one neighbor ---------------------------------------------------------------------------------

TEST_CASE("a second connection of a neighbor that is heard of is refused and never answered", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.joins(1002, "00000");
  Remote& twin = stage.accepts();
  twin.shakes_hands(1002);
  CHECK(twin.hears() == "");
  stage.passes(1s);
  bob.says("not interested");
  stage.passes(300ms);
  CHECK(twin.reason() == "already linked");
  CHECK(twin.hears() == "");
  CHECK_FALSE(bob.closed());
  CHECK(stage.swarm.linked_neighbors() == 1);
}

TEST_CASE("an old link that stays silent for 2 s gives way to the neighbor's new one", "[swarm]") {
  Stage stage({});
  Remote& old = stage.joins(1002, "00000");
  stage.told();
  Remote& fresh = stage.accepts();
  fresh.shakes_hands(1002);
  stage.passes(1900ms);
  CHECK_FALSE(old.closed());
  CHECK(fresh.hears() == "");
  stage.passes(400ms);
  CHECK(old.reason() == "silent while the peer came back on another connection");
  CHECK(fresh.hears() == "handshake 1001, bitfield 00000");
  CHECK(stage.told() == "lost 1002: silent while the peer came back on another connection, accepted 1002");
  CHECK(stage.swarm.linked_neighbors() == 1);
}

TEST_CASE("the payload of a piece shows that the old link lives", "[swarm]") {
  Stage stage({});
  Remote& old = stage.feeds(1002, "10000");
  old.begins(0);
  Remote& fresh = stage.accepts();
  fresh.shakes_hands(1002);
  stage.passes(1s);
  old.continues(1);
  stage.passes(300ms);
  CHECK(fresh.reason() == "already linked");
  CHECK_FALSE(old.closed());
}

TEST_CASE("a new link takes over as soon as the old one has ended", "[swarm]") {
  Stage stage({});
  Remote& old = stage.joins(1002, "00000");
  Remote& fresh = stage.accepts();
  fresh.shakes_hands(1002);
  old.leaves();
  stage.passes(300ms);
  CHECK(fresh.hears() == "handshake 1001, bitfield 00000");
}

TEST_CASE("what a new link said while it waited counts when it takes over", "[swarm]") {
  Stage stage({});
  stage.joins(1002, "00000");
  Remote& fresh = stage.accepts();
  fresh.shakes_hands(1002);
  fresh.says("bitfield 10000");
  fresh.says("interested");
  CHECK(fresh.hears() == "");
  stage.passes(2300ms);
  CHECK(fresh.hears() == "handshake 1001, bitfield 00000, interested, unchoke");
  fresh.says("unchoke");
  CHECK(fresh.hears() == "request 0");
}

// --- somebody who uses a neighbor's ID ------------------------------------------------------------------------------

/// Somebody on machine 6 is linked as 1002, and talks on and on; the real one comes from machine 2 and is turned away.
Remote& is_locked_out(Stage& stage) {
  Remote& usurper = stage.joins(1002, "00000", 6);
  stage.passes(1s);
  stage.to_dial();
  Remote& real = stage.accepts(2);
  real.shakes_hands(1002);
  stage.passes(100ms);
  usurper.says("interested");
  stage.passes(1s);
  CHECK(real.reason() == "already linked");
  CHECK(stage.to_dial() == std::vector<std::uint32_t>{1002});
  return usurper;
}

TEST_CASE("whoever answers at the listed address is the peer", "[swarm]") {
  Stage stage({.self = 1001, .stored = "11111"});
  Remote& usurper = is_locked_out(stage);
  Remote& real = stage.dials(1002);
  CHECK_FALSE(real.closed());
  CHECK_FALSE(usurper.closed());  // nobody has shown the ID there yet
  real.shakes_hands(1002);
  CHECK(usurper.reason() == "its peer answers at the address that is listed for it");
  CHECK(stage.count("dialed 1002") == 1);
  // It stays, whoever contends.
  Remote& again = stage.accepts(6);
  again.shakes_hands(1002);
  stage.passes(100ms);
  real.says("interested");
  stage.passes(1min);
  CHECK(again.closed());
  CHECK_FALSE(real.closed());
}

TEST_CASE("where the listed address cannot be reached, whoever comes from there is the peer", "[swarm]") {
  Stage stage({.self = 1001, .stored = "11111"});
  Remote& usurper = is_locked_out(stage);
  stage.swarm.on_dial_failed(PeerId{1002}, DialFault::timed_out, stage.now, {Stage::machine_at(2)});
  usurper.says("not interested");
  Remote& real = stage.accepts(2);
  real.shakes_hands(1002);
  stage.passes(1s);
  CHECK(usurper.reason() == "its peer has come from the address that is listed for it");
  CHECK_FALSE(real.closed());
}

TEST_CASE("where another answers at the listed address, whoever comes from there is the peer", "[swarm]") {
  Stage stage({.self = 1001, .stored = "11111"});
  Remote& usurper = is_locked_out(stage);
  Remote& page = stage.dials_at(1002, 2);
  page.breaks_the_protocol("HTTP spoken");
  usurper.says("not interested");
  Remote& real = stage.accepts(2);
  real.shakes_hands(1002);
  stage.passes(1s);
  CHECK(usurper.closed());
  CHECK_FALSE(real.closed());
}

TEST_CASE("a contention between two connections from one place asks nobody", "[swarm]") {
  Stage stage({.self = 1001, .stored = "11111"});
  Remote& bob = stage.joins(1002, "00000", 2);
  stage.to_dial();
  Remote& again = stage.accepts(2);
  again.shakes_hands(1002);
  stage.passes(100ms);
  bob.says("interested");
  stage.passes(1min);
  CHECK(again.closed());
  const auto dialled = stage.to_dial();  // the others, which have not come
  CHECK(std::ranges::find(dialled, 1002u) == dialled.end());
}

TEST_CASE("a stranger who contends with the peer makes us ask the peer, at most every 10 s, and changes nothing",
          "[swarm]") {
  Stage stage({.self = 1001, .stored = "11111"});
  Remote& real = stage.joins(1002, "00000", 2);
  stage.to_dial();
  for (int i = 0; i < 20; ++i) {
    Remote& stranger = stage.accepts(6);
    stranger.shakes_hands(1002);
    stage.passes(100ms);
    real.says(i % 2 ? "interested" : "not interested");
    stage.passes(1s);
    CHECK(stranger.closed());
    for (const std::uint32_t id : stage.to_dial())
      stage.swarm.on_dial_failed(PeerId{id}, DialFault::refused, stage.now);
  }
  CHECK_FALSE(real.closed());
}

TEST_CASE("one connection waits to take over, not more", "[swarm]") {
  Stage stage({});
  stage.joins(1002, "00000");
  Remote& second = stage.accepts();
  second.shakes_hands(1002);
  Remote& third = stage.accepts();
  third.shakes_hands(1002);
  CHECK(third.reason() == "already linked, and another link waits to take over");
  CHECK_FALSE(second.closed());
}

TEST_CASE("a connection that waits to take over has not been asked for pieces", "[swarm]") {
  Stage stage({});
  Remote& old = stage.feeds(1002, "10000");
  Remote& fresh = stage.accepts();
  fresh.shakes_hands(1002);
  CHECK_FALSE(fresh.gives(0));
  CHECK(fresh.closed());
  CHECK_FALSE(old.closed());
}

// --- the remote's faults
// -----------------------------------------------------------------------------------------------

TEST_CASE("a violation ends its own link and no other", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.joins(1002, "00000");
  Remote& carol = stage.joins(1003, "00000");
  stage.told();
  bob.breaks_the_protocol("have for piece 7, expected 0 to 4");
  CHECK(bob.reason() == "protocol violation: have for piece 7, expected 0 to 4");
  CHECK(stage.told() == "lost 1002: protocol violation: have for piece 7, expected 0 to 4");
  CHECK_FALSE(carol.closed());
  CHECK(stage.swarm.linked_neighbors() == 1);
}

TEST_CASE("a second bitfield ends the link", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.joins(1002, "10000");
  bob.says("bitfield 11111");
  CHECK(bob.reason() == "protocol violation: bitfield after the first message");
}

TEST_CASE("a message of unknown type is told and changes nothing", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.joins(1002, "00000");
  stage.told();
  bob.says("unknown 20");
  CHECK(stage.told() == "unknown 20 from 1002");
  CHECK(bob.hears() == "");
  CHECK_FALSE(bob.closed());
}

TEST_CASE("after a disconnect whatever is still read is ignored", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "11111");
  bob.hears();
  stage.told();
  const auto link = bob.link();
  stage.swarm.on_violation(link, {"first"}, stage.now);
  stage.swarm.on_violation(link, {"second"}, stage.now);
  stage.swarm.on_message(link, Interested{}, stage.now);
  stage.swarm.on_message(link, PieceHead{PieceIndex{0}, 1000}, stage.now);
  CHECK_FALSE(stage.swarm.payload_wanted(link));
  stage.swarm.on_payload(link, 1000, stage.now);
  CHECK_FALSE(stage.swarm.on_piece_received(link, stage.now));
  Bytes out;
  CHECK_FALSE(stage.swarm.poll_send(link, out));
  CHECK(out.empty());
  stage.settle();
  CHECK(bob.reason() == "protocol violation: first");
  CHECK(stage.told() == "lost 1002: protocol violation: first");
}

TEST_CASE("a new link starts afresh though it has an old link's number", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "11111");
  bob.says("interested");
  bob.leaves();
  Remote& carol = stage.accepts();
  REQUIRE(carol.link() == bob.link());
  carol.shakes_hands(1003);
  CHECK(carol.hears() == "handshake 1001, bitfield 00000");
  carol.says("bitfield 10000");
  CHECK(carol.hears() == "interested");
}

}  // namespace
}  // namespace p2p
