// For whom a complete peer waits, and for whom no longer.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Scene;
using test::Stage;

constexpr const char* kEnded = "patience ended";

Scene complete_one() { return {.listed = {1001, 1002, 1003}, .stored = "11111", .patience = 10min}; }

TEST_CASE("who left unfinished is waited for no longer than the patience", "[patience]") {
  Stage stage(complete_one());
  stage.joins(1002, "11111");
  stage.joins(1003, "11110").leaves();
  stage.passes(10min - 1ms);
  CHECK(stage.count(kEnded) == 0);
  stage.passes(1ms);
  CHECK(stage.count(kEnded) == 1);
  CHECK(stage.count("swarm complete") == 0);
  stage.passes(1h);
  CHECK(stage.count(kEnded) == 1);
}

TEST_CASE("without a patience it is waited for ever", "[patience]") {
  Scene scene = complete_one();
  scene.patience = 0s;
  Stage stage(scene);
  stage.joins(1002, "11111");
  stage.joins(1003, "11110").leaves();
  stage.passes(24h);
  CHECK(stage.count(kEnded) == 0);
}

TEST_CASE("an incomplete peer has all the patience in the world", "[patience]") {
  Scene scene = complete_one();
  scene.stored = "01111";
  Stage stage(scene);
  stage.joins(1002, "01111");
  stage.joins(1003, "01110").leaves();
  stage.passes(24h);
  CHECK(stage.count(kEnded) == 0);
}

TEST_CASE("one that never came is waited for, and so are the others", "[patience]") {
  Stage stage(complete_one());
  stage.joins(1002, "11110").leaves();
  stage.passes(24h);
  CHECK(stage.count(kEnded) == 0);
  stage.joins(1003, "00000").leaves();
  stage.passes(10min - 1ms);
  CHECK(stage.count(kEnded) == 0);
  stage.passes(1ms);
  CHECK(stage.count(kEnded) == 1);
}

TEST_CASE("a linked neighbor that is silent and asks nothing is out of sight", "[patience]") {
  Stage stage(complete_one());
  stage.joins(1002, "11111");
  Remote& bob = stage.joins(1003, "11110");
  stage.passes(9min);
  bob.says("interested");
  bob.hears();
  stage.passes(10min - 1ms);
  CHECK(stage.count(kEnded) == 0);
  stage.passes(1ms);
  CHECK(stage.count(kEnded) == 1);
}

TEST_CASE("one that waits for what it has asked for is in sight, however long that takes", "[patience]") {
  Stage stage(complete_one());
  stage.joins(1002, "11111");
  Remote& bob = stage.joins(1003, "11110");
  bob.says("interested");
  stage.passes(1min);  // it has been unchoked
  bob.says("request 4");
  stage.passes(1h);
  CHECK(stage.count(kEnded) == 0);
  CHECK(bob.hears().find("piece 4") != std::string::npos);
  stage.passes(10min + 250ms);
  CHECK(stage.count(kEnded) == 1);
}

TEST_CASE("who comes back is waited for anew", "[patience]") {
  Stage stage(complete_one());
  stage.joins(1002, "11111");
  stage.joins(1003, "11110").leaves();
  stage.passes(9min);
  stage.joins(1003, "11110").leaves();
  stage.passes(10min - 1ms);
  CHECK(stage.count(kEnded) == 0);
  stage.passes(1ms);
  CHECK(stage.count(kEnded) == 1);
}

TEST_CASE("the patience begins when we are complete ourselves", "[patience]") {
  Scene scene = complete_one();
  scene.stored = "01111";
  Stage stage(scene);
  stage.joins(1003, "01110").leaves();
  stage.passes(1h);
  Remote& bob = stage.feeds(1002, "11111");
  CHECK(bob.gives(0));
  stage.passes(10min - 1ms);
  CHECK(stage.count(kEnded) == 0);
  stage.passes(1ms);
  CHECK(stage.count(kEnded) == 1);
}

TEST_CASE("when the last one that was in sight is complete, those that are gone for long count", "[patience]") {
  Stage stage(complete_one());
  stage.joins(1002, "11110").leaves();
  Remote& bob = stage.joins(1003, "11110");
  for (int minute = 0; minute < 20; ++minute) {
    stage.passes(1min);
    bob.says("interested");
  }
  CHECK(stage.count(kEnded) == 0);
  bob.says("have 4");
  stage.passes(0s);
  CHECK(stage.count(kEnded) == 1);
}

TEST_CASE("when all are complete nobody is waited for", "[patience]") {
  Stage stage(complete_one());
  stage.joins(1002, "11111");
  stage.joins(1003, "11111");
  CHECK(stage.count("swarm complete") == 1);
  stage.passes(1h);
  CHECK(stage.count(kEnded) == 0);
}

}  // namespace
}  // namespace p2p
