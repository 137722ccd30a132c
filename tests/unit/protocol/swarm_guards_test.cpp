// What a remote cannot make us spend: time, lines of a log.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Scene;
using test::Stage;

// --- deadlines -----------------------------------------------------------------------------------------------------

TEST_CASE("a link that takes nothing for 60 s ends", "[guards]") {
  Stage stage({});
  Remote& bob = stage.joins(1002, "00000");
  Remote& carol = stage.joins(1003, "00000");
  stage.swarm.on_send_blocked(bob.link(), stage.now);
  stage.passes(59s);
  CHECK_FALSE(bob.closed());
  stage.passes(2s);
  CHECK(bob.reason() == "the remote reads nothing: no byte has left for 60 s");
  CHECK_FALSE(carol.closed());
}

TEST_CASE("a link that takes little is left alone", "[guards]") {
  Stage stage({});
  Remote& bob = stage.joins(1002, "00000");
  for (int i = 0; i < 10; ++i) {
    stage.swarm.on_send_blocked(bob.link(), stage.now);
    stage.passes(50s);
  }
  stage.swarm.on_send_resumed(bob.link());
  stage.passes(1h);
  CHECK_FALSE(bob.closed());
}

TEST_CASE("a remote that answers no request for minutes is sent away", "[guards]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "11111");
  stage.passes(290s);
  CHECK_FALSE(bob.closed());
  stage.passes(30s);
  CHECK(bob.reason() == "the remote has answered no request for minutes");
}

TEST_CASE("a choked link owes nothing, however long", "[guards]") {
  Stage stage({});
  Remote& bob = stage.joins(1002, "11111");
  stage.passes(24h);
  CHECK_FALSE(bob.closed());
}

TEST_CASE("a piece that drips in binds its buffer for a bounded time", "[guards]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "11111");
  const auto piece = test::requested(bob.hears()).at(0);
  bob.begins(piece);
  for (int i = 0; i < 20 && !bob.closed(); ++i) {
    bob.continues(1);
    stage.passes(3s);
  }
  CHECK_FALSE(bob.closed());
  stage.passes(2s);
  CHECK(bob.reason() == "piece " + std::to_string(piece) + " comes slower than 1 KiB/s");
}

TEST_CASE("a link that stalls at the moment when another takes its place is asked for nothing more", "[guards]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "10000");
  Remote& carol = stage.joins(1003, "10000");
  stage.passes(2200ms);
  stage.accepts().shakes_hands(1002);
  stage.passes(2500ms);
  REQUIRE(bob.closed());
  carol.says("unchoke");
  CHECK(carol.hears() == "request 0");
}

// --- talk ----------------------------------------------------------------------------------------------------------

/// How many times a text can be said before the link ends.
int patience_for(Stage& stage, Remote& remote, std::initializer_list<const char*> texts) {
  int said = 0;
  while (!remote.closed() && said < 100'000)
    for (const char* text : texts) {
      if (remote.closed()) break;
      remote.says(text);
      remote.hears();
      ++said;
    }
  stage.told();
  return said;
}

TEST_CASE("a flood of what says nothing new ends the link", "[guards]") {
  Stage stage({.stored = "11111"});
  Remote& bob = stage.joins(1002, "10000");
  // One for the connection, and two more for the piece that it has.
  constexpr int kMost = 4096 - 1 + 2;
  SECTION("interest to and fro") { CHECK(patience_for(stage, bob, {"interested", "not interested"}) == kMost + 1); }
  SECTION("the same interest") { CHECK(patience_for(stage, bob, {"interested"}) == kMost + 1); }
  SECTION("the same have") { CHECK(patience_for(stage, bob, {"have 0"}) == kMost + 1); }
  SECTION("choking to and fro") { CHECK(patience_for(stage, bob, {"choke", "unchoke"}) == kMost + 1); }
  SECTION("lengths of zero") { CHECK(patience_for(stage, bob, {"keep-alive"}) == kMost + 1); }
  SECTION("unknown messages") { CHECK(patience_for(stage, bob, {"unknown 77"}) == kMost + 1); }
  CHECK(bob.reason() == "a flood of messages that say nothing new");
  CHECK(stage.events.size() < 4200);
}

TEST_CASE("coming again does not help who floods, waiting does", "[guards]") {
  Stage stage({.stored = "11111"});
  patience_for(stage, stage.joins(1002, "00000"), {"interested"});
  Remote& again = stage.accepts();
  again.shakes_hands(1002);
  CHECK(again.reason() == "a flood of connections");
  stage.passes(10s);
  CHECK(patience_for(stage, stage.joins(1002, "00000"), {"interested"}) == 98);  // ten a second, less two
  CHECK_FALSE(stage.joins(1003, "00000").closed());
}

TEST_CASE("who answers each have and tells each piece may do so without end", "[guards]") {
  const std::string nothing(20'000, '0');
  Stage stage({.stored = nothing, .piece_size = 1});
  Remote& seed = stage.feeds(1002, std::string(nothing.size(), '1'));
  Remote& bob = stage.joins(1003, nothing);
  for (std::size_t i = 0; i < nothing.size(); ++i) {
    seed.gives(test::requested(seed.hears()).at(0));
    bob.hears();
    bob.says("interested");
    bob.says("have " + std::to_string(i));
    bob.says("not interested");
  }
  CHECK_FALSE(bob.closed());
}

TEST_CASE("new haves are no flood", "[guards]") {
  const std::string nothing(20'000, '0');
  Stage stage({.stored = nothing, .piece_size = 1});
  Remote& bob = stage.joins(1002, nothing);
  for (std::size_t i = 0; i < nothing.size(); ++i) bob.says("have " + std::to_string(i));
  CHECK_FALSE(bob.closed());
}

TEST_CASE("a neighbor that broke the protocol is dialed again after seconds, not at once", "[guards]") {
  Stage stage({.self = 1002, .listed = {1001, 1002}});
  stage.passes(0s);
  stage.to_dial();
  Remote& alice = stage.dials(1001);
  alice.shakes_hands(1001);
  alice.says("bitfield 00000");
  alice.breaks_the_protocol("have for piece 7");
  stage.passes(2400ms);
  CHECK(stage.to_dial().empty());
  stage.passes(5200ms);
  CHECK(stage.to_dial() == std::vector<std::uint32_t>{1001});
}

// --- leaving with the file -----------------------------------------------------------------------------------------

TEST_CASE("who retires sends what is queued and takes no more requests", "[guards]") {
  Stage stage({.stored = "11111"});
  Remote& bob = stage.joins(1002, "00000");
  bob.says("interested");
  bob.hears();
  CHECK(stage.swarm.flushed());
  bob.says("request 0");
  bob.says("request 1");
  stage.swarm.retire();
  bob.says("request 2");
  Bytes out;
  CHECK(stage.swarm.poll_send(bob.link(), out) == PieceIndex{0});
  CHECK_FALSE(stage.swarm.flushed());
  out.clear();
  CHECK(stage.swarm.poll_send(bob.link(), out) == PieceIndex{1});
  CHECK_FALSE(stage.swarm.flushed());  // the piece is on its way
  out.clear();
  CHECK_FALSE(stage.swarm.poll_send(bob.link(), out));
  CHECK(stage.swarm.flushed());
}

TEST_CASE("a swarm that stays dials even when everybody is complete", "[guards]") {
  for (const bool stays : {false, true}) {
    Stage stage({.self = 1002, .listed = {1001, 1002}, .stored = "1", .stays = stays});
    stage.passes(0s);
    stage.to_dial();
    Remote& alice = stage.dials(1001);
    alice.shakes_hands(1001);
    alice.says("bitfield 1");
    REQUIRE(stage.swarm.swarm_complete());
    alice.hears();
    alice.leaves();
    stage.passes(1s);
    CHECK(stage.to_dial().size() == (stays ? 1u : 0u));
  }
}

}  // namespace
}  // namespace p2p
