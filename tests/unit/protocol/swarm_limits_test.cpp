// Links that we ourselves do not read for a while, how many of them are asked at once, and pieces that nobody gave.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Scene;
using test::Stage;

// --- reading that is held --------------------------------------------------------------------------------------------

TEST_CASE("a link that we do not read is not stalled", "[limits]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "11111");
  REQUIRE_FALSE(bob.hears().empty());
  stage.swarm.on_reading_held(bob.link(), stage.now);
  stage.passes(10min);
  stage.swarm.on_reading_resumed(bob.link(), stage.now);
  stage.passes(3s);
  CHECK(stage.count("1 stalled at 1002") == 0);
  CHECK(bob.hears().empty());
  CHECK_FALSE(bob.closed());
}

TEST_CASE("a piece that we take slowly may come slowly", "[limits]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "11111");
  const auto piece = test::requested(bob.hears()).at(0);
  bob.begins(piece);
  for (int i = 0; i < 100; ++i) {
    stage.swarm.on_reading_held(bob.link(), stage.now);
    stage.passes(9s);
    stage.swarm.on_reading_resumed(bob.link(), stage.now);
    bob.continues(10);
    stage.passes(100ms);
  }
  CHECK_FALSE(bob.closed());
  SECTION("and a remote that drips nevertheless is sent away") {
    for (int i = 0; i < 20 && !bob.closed(); ++i) {
      stage.passes(3s);
      if (!bob.closed() && i < 19) stage.swarm.on_payload(bob.link(), 0, stage.now);
    }
    CHECK(bob.reason() == "piece " + std::to_string(piece) + " comes slower than 1 KiB/s");
  }
}

TEST_CASE("a link that we do not read is not taken over as if it were silent", "[limits]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "11111");
  bob.hears();
  stage.swarm.on_reading_held(bob.link(), stage.now);
  Remote& liar = stage.accepts(2);
  liar.shakes_hands(1002);
  stage.passes(5s);
  CHECK_FALSE(bob.closed());
  CHECK(liar.closed());
}

// --- how many are asked at once --------------------------------------------------------------------------------------

TEST_CASE("not more links are asked at once than there is room for", "[limits]") {
  Scene scene;
  scene.most_sources = 2;
  Stage stage(scene);
  Remote* const remotes[] = {&stage.feeds(1002, "11111"), &stage.feeds(1003, "11111"), &stage.feeds(1004, "11111")};
  std::vector<std::uint32_t> asked;
  for (Remote* const remote : remotes) {
    const auto heard = test::requested(remote->hears());
    asked.insert(asked.end(), heard.begin(), heard.end());
    if (remote == remotes[2]) CHECK(heard.empty());
  }
  REQUIRE(asked.size() == 2);
  SECTION("those that are asked go on") {
    CHECK(remotes[0]->gives(asked[0]));
    CHECK(test::requested(remotes[0]->hears()).size() == 1);
    CHECK(remotes[2]->hears() == "have " + std::to_string(asked[0]));
  }
  SECTION("one that goes makes room") {
    remotes[0]->leaves();
    CHECK(test::requested(remotes[2]->hears()).size() == 1);
  }
  SECTION("one that chokes makes room") {
    remotes[0]->says("choke");
    CHECK(test::requested(remotes[2]->hears()).size() == 1);
  }
  SECTION("one that stalls makes room") {
    stage.passes(5s);
    CHECK(test::requested(remotes[2]->hears()).size() == 1);
  }
}

TEST_CASE("a link that has nothing more to give makes room", "[limits]") {
  Scene scene;
  scene.most_sources = 1;
  Stage stage(scene);
  Remote& bob = stage.feeds(1002, "10000");
  Remote& carol = stage.feeds(1003, "11111");
  CHECK(bob.hears().find("request 0") != std::string::npos);
  CHECK(test::requested(carol.hears()).empty());
  CHECK(bob.gives(0));
  CHECK(test::requested(carol.hears()).size() == 1);
}

// --- pieces on demand, and pieces that are found ---------------------------------------------------------------------

Scene on_demand() {
  Scene scene;
  scene.on_demand = true;
  scene.pipeline = 10;
  return scene;
}

TEST_CASE("what is fetched on demand is not asked for before", "[limits]") {
  Stage stage(on_demand());
  Remote& bob = stage.feeds(1002, "11111");
  CHECK(bob.hears().empty());
  stage.passes(1min);
  CHECK(bob.hears().empty());
  stage.swarm.open_piece(PieceIndex{3}, stage.now);
  stage.settle();
  CHECK(bob.hears() == "request 3");
  CHECK(bob.gives(3));
  CHECK(bob.hears().find("request") == std::string::npos);
}

TEST_CASE("a piece that was found is ours, and everybody hears of it", "[limits]") {
  Stage stage(on_demand());
  Remote& bob = stage.feeds(1002, "11111");
  Remote& carol = stage.joins(1003, "00000");
  bob.hears();
  stage.swarm.on_piece_found(PieceIndex{2}, stage.now);
  stage.settle();
  CHECK(stage.swarm.stored().test(PieceIndex{2}));
  CHECK(carol.hears() == "have 2");
  CHECK(stage.count("file complete") == 0);
  for (const std::uint32_t piece : {0u, 1u, 3u, 4u}) stage.swarm.on_piece_found(PieceIndex{piece}, stage.now);
  stage.settle();
  CHECK(stage.swarm.complete());
  CHECK(stage.count("file complete") == 1);
  CHECK(bob.hears().find("not interested") != std::string::npos);
}

TEST_CASE("while pieces may be found, none is asked for twice", "[limits]") {
  Stage stage(on_demand());
  Remote& bob = stage.feeds(1002, "11111");
  Remote& carol = stage.feeds(1003, "11111");
  bob.hears();
  carol.hears();
  stage.swarm.open_piece(PieceIndex{3}, stage.now);
  stage.settle();
  const std::string first = bob.hears() + carol.hears();
  CHECK(first == "request 3");
  stage.passes(3s);
  CHECK((bob.hears() + carol.hears()).empty());
  for (const std::uint32_t piece : {0u, 1u, 2u, 4u}) stage.swarm.on_piece_found(PieceIndex{piece}, stage.now);
  stage.passes(300ms);
  // Now it is the last one, and the other link may bring it sooner.
  CHECK((bob.hears() + carol.hears()).find("request 3") != std::string::npos);
}

}  // namespace
}  // namespace p2p
