// The swarm of an upstream: haves with digests, what is fetched from there, and whom to believe.
#include "protocol/wire/features.hpp"
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::requested;
using test::Scene;
using test::Stage;

constexpr ContentPrefix kContent{std::byte{7}};

PieceDigest digest(unsigned number) { return {std::byte(number)}; }

Scene scene(const std::string& stored, std::vector<PieceDigest> digests = {}) {
  return {.stored = stored,
          .content = kContent,
          .open = true,
          .upstream = SwarmConfig::FromUpstream{.group = 2, .digests = std::move(digests)},
          .for_readers = true};
}

void reads(Stage& stage) {
  const std::uint32_t pieces = stage.swarm.geometry().piece_count();
  stage.swarm.set_demand({{0, pieces}});
  stage.swarm.set_window(ReaderId{0}, PieceIndex{0}, pieces, stage.now);
  stage.passes(0s);
}

Remote& joins(Stage& stage, std::uint32_t id, unsigned machine = 1) {
  Remote& remote = stage.accepts(machine);
  stage.swarm.on_handshake(remote.link(), {PeerId{id}, encode(Features{.content = kContent})}, stage.now);
  stage.settle();
  remote.says("bitfield " + std::string(stage.swarm.geometry().piece_count(), '0'));
  remote.says("unchoke");
  remote.hears();
  return remote;
}

void has(Stage& stage, Remote& remote, std::uint32_t piece, unsigned number) {
  stage.swarm.on_message(remote.link(), DigestHave{PieceIndex{piece}, digest(number)}, stage.now);
  stage.settle();
}

void fetches(Stage& stage, Remote& remote, std::uint32_t first, std::uint32_t count) {
  stage.swarm.on_message(remote.link(), Fetching{{PieceIndex{first}, count}}, stage.now);
  stage.settle();
  stage.passes(0s);
}

/// A piece comes from the upstream; returns whether it was stored.
bool comes(Stage& stage, std::uint32_t piece, unsigned number) {
  const bool stored = stage.swarm.on_upstream_piece(PieceIndex{piece}, digest(number), stage.now);
  if (stored) stage.swarm.on_upstream_stored(PieceIndex{piece}, stage.now);
  stage.settle();
  stage.passes(0s);
  return stored;
}

TEST_CASE("alone, what a reader wants is fetched from the upstream, and told with its digest", "[swarm][upstream]") {
  Stage stage(scene("00000"));
  CHECK(stage.to_fetch().empty());
  reads(stage);
  CHECK(stage.to_fetch() == "fetch 2 from 0, fetch 2 from 2");
  CHECK(comes(stage, 0, 10));
  CHECK(stage.to_fetch() == "learn 0 is 10");
  Remote& bob = stage.accepts();
  stage.swarm.on_handshake(bob.link(), {PeerId{5}, encode(Features{.content = kContent})}, stage.now);
  stage.settle();
  CHECK(bob.hears() == "handshake 1001, bitfield 00000, fetches 2 from 0, fetches 2 from 2, has 0 digest 10");
  CHECK(comes(stage, 1, 11));
  CHECK(bob.hears().find("has 1 digest 11") != std::string::npos);
}

TEST_CASE("only what somebody reads is fetched", "[swarm][upstream]") {
  Stage stage(scene("00000"));
  stage.swarm.set_demand({{3, 4}});
  stage.swarm.set_window(ReaderId{0}, PieceIndex{3}, 1, stage.now);
  stage.passes(0s);
  CHECK(stage.to_fetch() == "fetch 1 from 3");
}

TEST_CASE("what a neighbor has is asked of it, by the digest that it tells", "[swarm][upstream]") {
  Stage stage(scene("00"));
  Remote& bob = joins(stage, 5);
  has(stage, bob, 0, 10);
  has(stage, bob, 1, 11);
  CHECK(stage.to_fetch() == "learn 0 is 10, learn 1 is 11");
  reads(stage);
  CHECK(bob.hears() == "interested, request 0");
  CHECK(stage.to_fetch().empty());
  CHECK(bob.gives(0));
}

TEST_CASE("whoever says another digest counts as not having the piece", "[swarm][upstream]") {
  Stage stage(scene("00000"));
  reads(stage);
  stage.to_fetch();
  Remote& bob = joins(stage, 5, 1);
  Remote& eve = joins(stage, 6, 2);
  has(stage, bob, 4, 14);
  has(stage, eve, 4, 99);
  CHECK(stage.count("another digest for 4 of 6") == 1);
  CHECK(requested(bob.hears()) == std::vector<std::uint32_t>{4});
  CHECK(eve.hears().find("request") == std::string::npos);
}

TEST_CASE("what has come from the upstream counts more than what others say", "[swarm][upstream]") {
  Stage stage(scene("00"));
  reads(stage);
  CHECK(stage.to_fetch() == "fetch 2 from 0");
  Remote& eve = joins(stage, 6);
  has(stage, eve, 1, 99);
  CHECK(stage.to_fetch() == "learn 1 is 99");
  CHECK(comes(stage, 0, 10));
  CHECK(comes(stage, 1, 11));
  CHECK(stage.to_fetch() == "learn 0 is 10, learn 1 is 11");
  CHECK(stage.count("another digest for 1 of 6") == 1);
  CHECK(stage.swarm.complete());
}

TEST_CASE("what is here already, or was brought meanwhile, is not stored again", "[swarm][upstream]") {
  Stage stage(scene("00"));
  reads(stage);
  Remote& bob = joins(stage, 5);
  has(stage, bob, 0, 10);
  CHECK(requested(bob.hears()) == std::vector<std::uint32_t>{0});
  CHECK(bob.gives(0));
  CHECK_FALSE(comes(stage, 0, 10));
  CHECK(comes(stage, 1, 11));
}

TEST_CASE("what a neighbor is at is left to it, and fetched when it gives up or goes", "[swarm][upstream]") {
  for (const bool goes : {true, false}) {
    Stage stage(scene("00"));
    Remote& bob = joins(stage, 5);
    fetches(stage, bob, 0, 2);
    reads(stage);
    stage.passes(5s);
    CHECK(stage.to_fetch().empty());
    if (goes)
      bob.leaves();
    else
      fetches(stage, bob, 0, 0);
    stage.passes(0s);
    CHECK(stage.to_fetch() == "fetch 2 from 0");
  }
}

TEST_CASE("a holder that goes leaves its pieces to the upstream", "[swarm][upstream]") {
  Stage stage(scene("0"));
  Remote& bob = joins(stage, 5);
  has(stage, bob, 0, 10);
  reads(stage);
  CHECK(stage.to_fetch() == "learn 0 is 10");
  bob.leaves();
  stage.passes(0s);
  CHECK(stage.to_fetch() == "fetch 1 from 0");
  CHECK(comes(stage, 0, 10));
}

TEST_CASE("what fails is told, and tried again later", "[swarm][upstream]") {
  Stage stage(scene("00"));
  Remote& bob = joins(stage, 5);
  reads(stage);
  stage.passes(1s);
  CHECK(stage.to_fetch() == "fetch 2 from 0");
  CHECK(bob.hears() == "fetches 2 from 0");
  stage.swarm.on_upstream_failed(PieceIndex{0}, stage.now);
  stage.settle();
  CHECK(bob.hears() == "fetches 0 from 0");
  stage.passes(900ms);
  CHECK(stage.to_fetch().empty());
  stage.passes(200ms);
  CHECK(stage.to_fetch() == "fetch 2 from 0");
}

TEST_CASE("of two that have begun the same, one stops and says so", "[swarm][upstream]") {
  int stopped = 0;
  for (std::uint32_t rival = 2; rival < 10; ++rival) {
    Stage stage(scene("00"));
    reads(stage);
    CHECK(stage.to_fetch() == "fetch 2 from 0");
    Remote& bob = joins(stage, rival);
    fetches(stage, bob, 0, 2);
    const bool stops = stage.to_fetch() == "stop 0";
    CHECK((bob.hears().find("fetches 0 from 0") != std::string::npos) == stops);
    stopped += stops;
  }
  CHECK(stopped > 0);
  CHECK(stopped < 8);
}

TEST_CASE("a disk that is full stops what comes from the upstream, too", "[swarm][upstream]") {
  Stage stage(scene("0000"));
  stage.swarm.pause_storing();
  reads(stage);
  stage.passes(1s);
  CHECK(stage.to_fetch().empty());
  stage.swarm.resume_storing(stage.now);
  stage.passes(1s);
  CHECK(stage.to_fetch() == "fetch 2 from 0, fetch 2 from 2");
  REQUIRE(stage.swarm.on_upstream_piece(PieceIndex{0}, digest(1), stage.now));
  stage.swarm.on_store_failed(PieceIndex{0}, stage.now);
  CHECK(comes(stage, 1, 2));
  CHECK(stage.to_fetch() == "learn 0 is 1, learn 1 is 2, fetch 1 from 0");
}

TEST_CASE("one who has all gives it with its digests, and those of pieces that are lost are not told",
          "[swarm][upstream]") {
  Stage stage(scene("11", {digest(1), digest(2)}));
  Remote& bob = stage.accepts();
  stage.swarm.on_handshake(bob.link(), {PeerId{5}, encode(Features{.content = kContent})}, stage.now);
  stage.settle();
  bob.says("bitfield 00");
  CHECK(bob.hears() == "handshake 1001, bitfield 00, not interested, has 0 digest 1, has 1 digest 2");
  const PieceIndex lost[] = {PieceIndex{0}};
  stage.swarm.on_pieces_lost(lost, stage.now);
  stage.settle();
  CHECK(bob.closed());
  Remote& carol = stage.accepts();
  stage.swarm.on_handshake(carol.link(), {PeerId{6}, encode(Features{.content = kContent})}, stage.now);
  stage.settle();
  CHECK(carol.hears() == "handshake 1001, bitfield 00, has 1 digest 2");
}

}  // namespace
}  // namespace p2p
