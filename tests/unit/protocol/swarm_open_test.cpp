// The open swarm: neighbors that are found or come by themselves, and are forgotten when they are gone.
#include "protocol/wire/features.hpp"
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::requested;
using test::Scene;
using test::Stage;
using Ids = std::vector<std::uint32_t>;

constexpr ContentPrefix kContent{std::byte{7}};

Scene open_scene(const std::string& stored) { return {.stored = stored, .content = kContent, .open = true}; }

void greets(Stage& stage, Remote& remote, std::uint32_t id, const ContentPrefix& content = kContent) {
  stage.swarm.on_handshake(remote.link(), {PeerId{id}, encode(Features{.content = content})}, stage.now);
  stage.settle();
}

Remote& comes(Stage& stage, std::uint32_t id, const std::string& map) {
  Remote& remote = stage.accepts();
  greets(stage, remote, id);
  if (!remote.closed()) remote.says("bitfield " + map);
  return remote;
}

Ids known(const Stage& stage) {
  Ids ids;
  for (const NeighborStanding& neighbor : stage.swarm.standing().neighbors) ids.push_back(neighbor.id.value);
  return ids;
}

TEST_CASE("whoever comes and shows the content is a neighbor, and is served", "[swarm][open]") {
  Stage stage(open_scene("11111"));
  Remote& guest = comes(stage, 77, "00000");
  CHECK_FALSE(guest.closed());
  CHECK(guest.hears() == "handshake 1001, bitfield 11111, not interested");
  guest.says("interested");
  CHECK(guest.hears() == "unchoke");
  guest.says("request 3");
  CHECK(guest.hears() == "piece 3");
}

TEST_CASE("a link on which both have everything ends, and no sooner", "[swarm][open]") {
  Stage stage(open_scene("11111"));
  Remote& guest = comes(stage, 77, "11110");
  guest.hears();
  stage.passes(10s);
  CHECK_FALSE(guest.closed());
  guest.says("have 4");
  stage.passes(1s);
  CHECK(guest.reason() == "both have everything");
  CHECK(known(stage).empty());
  Stage getter(open_scene("11110"));
  Remote& sharer = comes(getter, 78, "11111");
  getter.passes(10s);
  CHECK_FALSE(sharer.closed());
}

TEST_CASE("who has everything, as we have, is dialled when we lack something, and seldom else", "[swarm][open]") {
  Stage stage(open_scene("11111"));
  stage.swarm.add_neighbor(PeerId{5}, PeerId{5}, stage.now);
  stage.passes(1ms);
  CHECK(stage.to_dial() == Ids{5});
  Remote& sharer = stage.dials(5);
  greets(stage, sharer, 5);
  sharer.says("bitfield 11111");
  sharer.hears();
  stage.passes(1s);
  CHECK(sharer.reason() == "both have everything");
  stage.passes(29s);
  CHECK(stage.to_dial().empty());
  const bool is_lost = GENERATE(false, true);
  if (!is_lost) {
    stage.passes(1s);
    CHECK(stage.to_dial() == Ids{5});
    return;
  }
  stage.swarm.on_pieces_lost(std::vector{PieceIndex{3}}, stage.now);
  stage.passes(1ms);
  CHECK(stage.to_dial() == Ids{5});
}

TEST_CASE("who comes without a content, with another one, or with an ID that is none is refused", "[swarm][open]") {
  Stage stage(open_scene("11111"));
  Remote& classic = stage.accepts();
  classic.shakes_hands(77);
  CHECK(classic.reason() == "peer 77 shares another content");
  Remote& other = stage.accepts();
  greets(stage, other, 77, ContentPrefix{std::byte{8}});
  CHECK(other.reason() == "peer 77 shares another content");
  Remote& negative = stage.accepts();
  greets(stage, negative, 0x80000000);
  CHECK(negative.reason().starts_with("handshake with the unknown ID 2147483648"));
  Remote& ourselves = stage.accepts();
  greets(stage, ourselves, 1001);
  CHECK(ourselves.reason() == "handshake with our own ID 1001");
  CHECK(known(stage).empty());
}

TEST_CASE("a neighbor that came is forgotten when it goes", "[swarm][open]") {
  Stage stage(open_scene("11111"));
  for (std::uint32_t id = 1; id <= 100; ++id) {
    Remote& guest = comes(stage, id, "00000");
    CHECK(known(stage) == Ids{id});
    guest.leaves();
    CHECK(known(stage).empty());
  }
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("there is room for so many neighbors, and for others when some have gone", "[swarm][open]") {
  Scene scene = open_scene("11111");
  scene.most_neighbors = 2;
  Stage stage(scene);
  Remote& first = comes(stage, 1, "00000");
  comes(stage, 2, "00000");
  CHECK(comes(stage, 3, "00000").closed());
  first.leaves();
  CHECK_FALSE(comes(stage, 3, "00000").closed());
}

TEST_CASE("a neighbor that was found is dialled at once, and once", "[swarm][open]") {
  Stage stage(open_scene("00000"));
  stage.swarm.add_neighbor(PeerId{5}, PeerId{5}, stage.now);
  stage.swarm.add_neighbor(PeerId{5}, PeerId{5}, stage.now);
  stage.swarm.add_neighbor(PeerId{1001}, PeerId{1001}, stage.now);  // ourselves
  stage.passes(1ms);
  CHECK(stage.to_dial() == Ids{5});
  Remote& holder = stage.dials(5);
  greets(stage, holder, 5);
  holder.says("bitfield 11111");
  holder.says("unchoke");
  CHECK(requested(holder.hears()).size() == 1);
}

TEST_CASE("a neighbor that cannot be dialled is forgotten until it is found again", "[swarm][open]") {
  Stage stage(open_scene("00000"));
  stage.swarm.add_neighbor(PeerId{5}, PeerId{5}, stage.now);
  stage.passes(1ms);
  stage.to_dial();
  stage.swarm.on_dial_failed(PeerId{5}, DialFault::refused, stage.now);
  CHECK(known(stage).empty());
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
  stage.swarm.add_neighbor(PeerId{5}, PeerId{5}, stage.now);
  stage.passes(1ms);
  CHECK(stage.to_dial() == Ids{5});
}

TEST_CASE("a holder whose link is lost is dialled once more, and forgotten when it is gone", "[swarm][open]") {
  Stage stage(open_scene("00000"));
  stage.swarm.add_neighbor(PeerId{5}, PeerId{5}, stage.now);
  stage.passes(1ms);
  stage.to_dial();
  Remote& holder = stage.dials(5);
  greets(stage, holder, 5);
  holder.says("bitfield 11111");
  holder.leaves();
  stage.passes(75ms);
  REQUIRE(stage.to_dial() == Ids{5});
  SECTION("it does not answer") {
    stage.swarm.on_dial_failed(PeerId{5}, DialFault::refused, stage.now);
    CHECK(known(stage).empty());
  }
  SECTION("it answers and has the content no more") {
    stage.dials(5).leaves();
    CHECK(known(stage).empty());
  }
  SECTION("somebody else answers in its place") {
    Remote& other = stage.dials(5);
    greets(stage, other, 6);
    CHECK(other.reason() == "handshake with ID 6, expected 5");
    CHECK(known(stage).empty());
  }
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("a neighbor may be forgotten while it is being dialled", "[swarm][open]") {
  Stage stage(open_scene("00000"));
  stage.swarm.add_neighbor(PeerId{5}, PeerId{5}, stage.now);
  stage.passes(1ms);
  stage.to_dial();
  comes(stage, 5, "11111").leaves();  // it dialled us meanwhile
  Remote& holder = stage.dials(5);
  greets(stage, holder, 5);
  holder.says("bitfield 11111");
  CHECK(known(stage) == Ids{5});
  CHECK_FALSE(holder.closed());
}

TEST_CASE("a liar is remembered when it is gone", "[swarm][open]") {
  Stage stage(open_scene("00"));
  Remote& liar = comes(stage, 9, "11");
  liar.says("unchoke");
  const auto asked = requested(liar.hears());
  REQUIRE(asked.size() == 1);
  stage.stores_at_once = false;
  REQUIRE(liar.gives(asked[0]));
  liar.leaves();
  CHECK(known(stage).empty());
  stage.swarm.on_piece_rejected(PieceIndex{asked[0]}, stage.now);
  stage.settle();
  Remote& again = stage.accepts();
  greets(stage, again, 9);
  CHECK(again.reason() == "peer 9 has sent a wrong piece before");
  stage.swarm.add_neighbor(PeerId{9}, PeerId{9}, stage.now);
  stage.passes(1min);
  CHECK(stage.to_dial().empty());
}

TEST_CASE("two handles with one ID are two neighbors, and a conviction meets one of them", "[swarm][open]") {
  constexpr std::uint32_t kLiar = Swarm::kFirstHandle, kHonest = Swarm::kFirstHandle + 1;
  Stage stage(open_scene("0000"));
  for (const std::uint32_t handle : {kLiar, kHonest}) stage.swarm.add_neighbor(PeerId{handle}, PeerId{5}, stage.now);
  stage.passes(1ms);
  REQUIRE(stage.to_dial() == Ids{kLiar, kHonest});
  Remote& liar = stage.dials(kLiar);
  greets(stage, liar, 5);
  Remote& honest = stage.dials(kHonest);
  greets(stage, honest, 5);
  REQUIRE_FALSE(liar.closed());
  REQUIRE_FALSE(honest.closed());
  CHECK(stage.swarm.linked_neighbors() == 2);
  CHECK(known(stage) == Ids{5, 5});
  for (Remote* remote : {&liar, &honest}) {
    remote->says("bitfield 1111");
    remote->says("unchoke");
  }
  const auto asked = requested(liar.hears());
  REQUIRE(asked.size() == 1);
  stage.stores_at_once = false;
  REQUIRE(liar.gives(asked[0]));
  const auto good = requested(honest.hears());
  REQUIRE(good.size() >= 1);
  REQUIRE(honest.gives(good[0]));
  stage.told();
  stage.swarm.on_piece_rejected(PieceIndex{asked[0]}, stage.now);
  stage.settle();
  CHECK(liar.reason().ends_with("has a wrong hash"));
  CHECK_FALSE(honest.closed());
  stage.swarm.on_piece_stored(PieceIndex{good[0]}, stage.now);
  stage.settle();
  CHECK(stage.swarm.stored().test(PieceIndex{good[0]}));
  SECTION("the liar is not dialled again, the honest one is") {
    honest.leaves();
    stage.passes(1min);
    CHECK(stage.to_dial() == Ids{kHonest});
  }
}

TEST_CASE("a handle's handshake must show the ID that was claimed for it", "[swarm][open]") {
  constexpr std::uint32_t kHandle = Swarm::kFirstHandle;
  Stage stage(open_scene("00000"));
  stage.swarm.add_neighbor(PeerId{kHandle}, PeerId{5}, stage.now);
  stage.passes(1ms);
  REQUIRE(stage.to_dial() == Ids{kHandle});
  Remote& other = stage.dials(kHandle);
  greets(stage, other, 6);
  CHECK(other.reason() == "handshake with ID 6, expected 5");
  CHECK(known(stage).empty());
}

TEST_CASE("an open swarm never takes itself for complete as a whole", "[swarm][open]") {
  Stage stage(open_scene("11"));
  CHECK_FALSE(stage.swarm.swarm_complete());
  Remote& guest = comes(stage, 9, "11");
  CHECK_FALSE(stage.swarm.swarm_complete());
  guest.leaves();
  stage.passes(1min);
  CHECK_FALSE(stage.swarm.swarm_complete());
}

}  // namespace
}  // namespace p2p
