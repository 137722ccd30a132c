// What the swarm makes of pieces that prove wrong, of pieces that the disk lost, and of a disk that takes no more.
#include "protocol/wire/features.hpp"
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::requested;
using test::Stage;

TEST_CASE("who sends a wrong piece is cut off at once, and the piece comes from another", "[swarm][integrity]") {
  Stage stage({.stored = "00"});
  Remote& liar = stage.feeds(1002, "10");
  CHECK(liar.hears() == "request 0");
  Remote& honest = stage.feeds(1003, "11");
  CHECK(honest.hears() == "request 1");
  stage.told();
  liar.gives_wrong(0);
  CHECK(stage.told() == "rejected 0 from 1002, lost 1002: piece 0 has a wrong hash");
  CHECK(liar.closed());
  CHECK(honest.gives(1));
  CHECK(requested(honest.hears()) == std::vector<std::uint32_t>{0});
  CHECK(honest.gives(0));
  CHECK(stage.swarm.complete());
}

TEST_CASE("a liar is not linked again, not dialled and not waited for", "[swarm][integrity]") {
  Stage stage({.self = 1002, .listed = {1001, 1002, 1003}, .stored = "00"});
  stage.to_dial();
  Remote& liar = stage.dials(1001);
  liar.shakes_hands(1001);
  liar.says("bitfield 10");
  liar.says("unchoke");
  liar.hears();
  liar.gives_wrong(0);
  stage.passes(1min);
  CHECK(stage.to_dial() == std::vector<std::uint32_t>{1003});  // which has not come
  Remote& again = stage.accepts();
  again.shakes_hands(1001);
  CHECK(again.closed());
  CHECK(again.reason() == "peer 1001 has sent a wrong piece before");

  Remote& honest = stage.feeds(1003, "11");
  for (int i = 0; i < 2; ++i) {
    const auto asked = requested(honest.hears());
    REQUIRE(asked.size() == 1);
    CHECK(honest.gives(asked[0]));
  }
  honest.hears();
  CHECK(stage.swarm.swarm_complete());
}

// --- a wrong piece under somebody's ID
// ---------------------------------------------------------------------------------

TEST_CASE("a wrong piece bars where it came from, not the peer whose ID was shown", "[swarm][integrity]") {
  Stage stage({.self = 1002, .listed = {1001, 1002}, .stored = "00"});
  stage.to_dial();
  Remote& liar = stage.feeds(1001, "11", 6);
  liar.hears();
  liar.gives_wrong(0);
  CHECK(liar.closed());
  stage.passes(1s);
  CHECK(stage.to_dial() == std::vector<std::uint32_t>{1001});
  CHECK_FALSE(stage.swarm.swarm_complete());

  Remote& again = stage.accepts(6);
  again.shakes_hands(1001);
  CHECK(again.reason() == "peer 1001 has sent a wrong piece before");

  SECTION("whoever answers at the listed address gives the file") {
    Remote& seed = stage.dials(1001);
    seed.shakes_hands(1001);
    seed.says("bitfield 11");
    seed.says("unchoke");
    for (int i = 0; i < 2; ++i) {
      const auto asked = requested(seed.hears());
      REQUIRE(asked.size() == 1);
      CHECK(seed.gives(asked[0]));
    }
    CHECK(stage.swarm.complete());
  }
  SECTION("or comes from another machine") { CHECK(stage.joins(1001, "11", 7).hears().empty()); }
  SECTION("a wrong piece from the listed address convicts the peer") {
    Remote& seed = stage.dials(1001);
    seed.shakes_hands(1001);
    seed.says("bitfield 11");
    seed.says("unchoke");
    seed.hears();
    seed.gives_wrong(0);
    Remote& third = stage.accepts(8);
    third.shakes_hands(1001);
    CHECK(third.reason() == "peer 1001 has sent a wrong piece before");
    stage.passes(1min);
    CHECK(stage.to_dial().empty());
  }
}

TEST_CASE("a liar's second connection, which waits to take over, ends with the first", "[swarm][integrity]") {
  Stage stage({.self = 1002, .listed = {1001, 1002}, .stored = "00"});
  Remote& liar = stage.feeds(1001, "11", 6);
  liar.hears();
  Remote& second = stage.accepts(6);
  second.shakes_hands(1001);
  Remote& other = stage.accepts(7);  // one waits at most
  other.shakes_hands(1001);
  liar.gives_wrong(0);
  CHECK(second.closed());
  stage.passes(10s);
  CHECK(stage.swarm.linked_neighbors() == 0);
}

TEST_CASE("a peer that was found once is waited for, whoever used its ID", "[swarm][integrity]") {
  Stage stage({.self = 1001, .listed = {1001, 1002, 1003}, .stored = "0"});
  Remote& liar = stage.feeds(1002, "1", 6);
  liar.hears();
  liar.gives_wrong(0);
  Remote& honest = stage.feeds(1003, "1", 7);
  CHECK(honest.gives(0));
  REQUIRE(stage.swarm.complete());
  Remote& real = stage.dials(1002);
  real.shakes_hands(1002);
  real.says("bitfield 0");
  real.leaves();
  stage.swarm.on_dial_failed(PeerId{1002}, DialFault::refused, stage.now);
  stage.passes(1min);
  CHECK_FALSE(stage.swarm.swarm_complete());
}

TEST_CASE("faults of this machine do not make a peer absent", "[swarm][integrity]") {
  Stage stage({.self = 1001, .listed = {1001, 1002, 1003}, .stored = "0"});
  Remote& liar = stage.feeds(1002, "1", 6);
  liar.hears();
  liar.gives_wrong(0);
  Remote& honest = stage.feeds(1003, "1", 7);
  CHECK(honest.gives(0));
  for (const DialFault fault : {DialFault::local, DialFault::unresolved, DialFault::no_route})
    stage.swarm.on_dial_failed(PeerId{1002}, fault, stage.now);
  CHECK_FALSE(stage.swarm.swarm_complete());
  stage.swarm.on_dial_failed(PeerId{1002}, DialFault::refused, stage.now);
  CHECK(stage.swarm.swarm_complete());
}

TEST_CASE("a liar that is not found where its ID is listed is not waited for", "[swarm][integrity]") {
  Stage stage({.self = 1001, .listed = {1001, 1002, 1003}, .stored = "00"});
  Remote& liar = stage.feeds(1002, "10", 6);
  liar.hears();
  liar.gives_wrong(0);
  Remote& honest = stage.feeds(1003, "11", 7);
  for (int i = 0; i < 2; ++i) {
    const auto asked = requested(honest.hears());
    REQUIRE(asked.size() == 1);
    CHECK(honest.gives(asked[0]));
  }
  honest.hears();
  CHECK_FALSE(stage.swarm.swarm_complete());
  stage.passes(1s);
  REQUIRE(stage.to_dial() == std::vector<std::uint32_t>{1002});
  SECTION("because nobody listens there") { stage.swarm.on_dial_failed(PeerId{1002}, DialFault::refused, stage.now); }
  SECTION("because whoever answers is another") { stage.dials(1002).shakes_hands(7); }
  SECTION("because it hangs up") { stage.dials(1002).leaves(); }
  CHECK(stage.swarm.swarm_complete());
}

// --- the disk
// ------------------------------------------------------------------------------------------------------------

TEST_CASE("a full disk: nothing is asked for, what comes is dropped, others are served", "[swarm][integrity]") {
  Stage stage({.stored = "0001"});
  Remote& bob = stage.feeds(1002, "1110");
  const auto asked = requested(bob.hears());
  REQUIRE(asked.size() == 1);
  stage.swarm.pause_storing();
  CHECK_FALSE(bob.gives(asked[0]));
  Remote& carol = stage.feeds(1003, "1110");
  CHECK(carol.hears() == "");
  carol.says("interested");
  CHECK(carol.hears() == "unchoke");
  carol.says("request 3");
  CHECK(carol.hears() == "piece 3");
  stage.passes(1min);
  CHECK(requested(bob.hears()).empty());

  stage.swarm.resume_storing(stage.now);
  stage.settle();
  CHECK(requested(bob.hears()).size() == 1);
  CHECK(requested(carol.hears()).size() == 1);
}

TEST_CASE("pieces that the disk lost are no longer claimed, and fetched again", "[swarm][integrity]") {
  Stage stage({.stored = "11"});
  Remote& bob = stage.joins(1002, "11");
  stage.told();
  const PieceIndex lost[] = {PieceIndex{1}};
  stage.swarm.on_pieces_lost(lost, stage.now);
  stage.settle();
  CHECK(stage.told() == "1 lost, lost 1002: our pieces have changed");
  CHECK(bob.closed());
  CHECK_FALSE(stage.swarm.complete());

  Remote& back = stage.accepts();
  back.shakes_hands(1002);
  CHECK(back.hears() == "handshake 1001, bitfield 10");
  back.says("bitfield 11");
  back.says("unchoke");
  CHECK(back.hears() == "interested, request 1");
  CHECK(back.gives(1));
  CHECK(stage.swarm.complete());
}

TEST_CASE("who shows another content is refused, who shows none is served the classic way", "[swarm][integrity]") {
  constexpr ContentPrefix kOurs{std::byte{1}};
  constexpr ContentPrefix kOther{std::byte{2}};
  Stage stage({.content = kOurs});
  const auto greet = [&](std::uint32_t id, const ReservedBytes& reserved) -> Remote& {
    Remote& remote = stage.accepts();
    stage.swarm.on_handshake(remote.link(), {PeerId{id}, reserved}, stage.now);
    stage.settle();
    return remote;
  };
  Remote& stranger = greet(1002, encode(Features{.content = kOther}));
  CHECK(stranger.reason() == "peer 1002 shares another content");
  CHECK_FALSE(greet(1003, encode(Features{.content = kOurs})).closed());
  CHECK_FALSE(greet(1004, {}).closed());
  ReservedBytes junk;
  junk.fill(std::byte{0xff});
  CHECK_FALSE(greet(1005, junk).closed());
}

}  // namespace
}  // namespace p2p
