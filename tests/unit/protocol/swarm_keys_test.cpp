// Links whose other end has proven its key: nobody is another peer there.
#include "protocol/wire/features.hpp"
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Stage;

TEST_CASE("a proven peer that shows another ID is refused, whoever dialled", "[swarm][keys]") {
  Stage stage({.self = 1002});
  Remote& mallory = stage.accepts_proven(1003);
  mallory.shakes_hands(1004);
  CHECK(mallory.closed());
  CHECK(mallory.reason() == "handshake with ID 1004 by the key of peer 1003");
  stage.passes(0s);
  stage.to_dial();
  Remote& answering = stage.dials_proven(1001);
  answering.shakes_hands(1003);
  CHECK(answering.closed());
  Remote& honest = stage.accepts_proven(1003);
  honest.shakes_hands(1003);
  CHECK_FALSE(honest.closed());
}

TEST_CASE("a wrong piece convicts the key that has sent it, from wherever it comes", "[swarm][keys]") {
  Stage stage({.self = 1001});
  Remote& liar = stage.accepts_proven(1002, 1);
  liar.shakes_hands(1002);
  liar.says("bitfield 11111");
  liar.hears();
  liar.says("unchoke");
  const auto asked = test::requested(liar.hears());
  REQUIRE(asked.size() == 1);
  liar.gives_wrong(asked.front());
  CHECK(liar.closed());
  Remote& elsewhere = stage.accepts_proven(1002, 9);
  elsewhere.shakes_hands(1002);
  CHECK(elsewhere.reason() == "peer 1002 has sent a wrong piece before");
  // There is no other peer of that ID to look for.
  CHECK(stage.to_dial().empty());
}

// An ID that follows from a key has 31 bits: who tries long enough has a key of his own with it.
TEST_CASE("in an open swarm a wrong piece convicts the key that has sent it, not another of that ID", "[swarm][keys]") {
  constexpr ContentPrefix kContent{std::byte{7}};
  Stage stage({.stored = "00000", .content = kContent, .open = true});
  const auto comes = [&](unsigned key) -> Remote& {
    Remote& remote = stage.accepts_key(77, key);
    stage.swarm.on_handshake(remote.link(), {PeerId{77}, encode(Features{.content = kContent})}, stage.now);
    stage.settle();
    return remote;
  };
  Remote& liar = comes(1);
  liar.says("bitfield 11111");
  liar.hears();
  liar.says("unchoke");
  const auto asked = test::requested(liar.hears());
  REQUIRE(asked.size() == 1);
  liar.gives_wrong(asked.front());
  CHECK(liar.closed());
  CHECK(comes(1).reason() == "peer 77 has sent a wrong piece before");
  CHECK_FALSE(comes(2).closed());
}

TEST_CASE("a proven peer that comes back replaces its silent link, and nobody looks for another one", "[swarm][keys]") {
  Stage stage({.self = 1001, .listed = {1001, 1002}});
  Remote& old = stage.accepts_proven(1002, 1);
  old.shakes_hands(1002);
  stage.passes(3s);
  Remote& back = stage.accepts_proven(1002, 2);
  back.shakes_hands(1002);
  stage.passes(10s);
  CHECK(old.closed());
  CHECK_FALSE(back.closed());
  // Of one who has proven nothing the listed address is asked whether he is it.
  CHECK(stage.to_dial().empty());
}

}  // namespace
}  // namespace p2p
