// What becomes of requests that get no answer: after a choke, a lost link, or silence.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::requested;
using test::Stage;
using Pieces = std::vector<std::uint32_t>;

TEST_CASE("what a choking neighbor was asked for is asked of another at once", "[swarm]") {
  Stage stage({.stored = "11110"});
  Remote& bob = stage.feeds(1002, "11111");
  CHECK(bob.hears() == "request 4");
  Remote& carol = stage.feeds(1003, "11111");
  CHECK(carol.hears() == "");
  bob.says("choke");
  CHECK(carol.hears() == "request 4");
}

TEST_CASE("what a choking neighbor was asked for is asked again when it unchokes", "[swarm]") {
  Stage stage({.stored = "11110"});
  Remote& bob = stage.feeds(1002, "11111");
  CHECK(bob.hears() == "request 4");
  bob.says("choke");
  bob.says("unchoke");
  CHECK(bob.hears() == "request 4");
}

TEST_CASE("a request that was not sent yet is withdrawn at a choke", "[swarm]") {
  Stage stage({.stored = "11110"});
  Remote& bob = stage.feeds(1002, "11111");
  bob.says("choke");
  CHECK(bob.hears() == "");
}

TEST_CASE("what a lost neighbor was asked for is asked of another at once", "[swarm]") {
  Stage stage({.stored = "11110"});
  Remote& bob = stage.feeds(1002, "11111");
  Remote& carol = stage.feeds(1003, "11111");
  bob.begins(4);
  bob.continues(500);
  bob.leaves();
  CHECK(carol.hears() == "request 4");
}

TEST_CASE("a lost request is asked again after a deadline, elsewhere first", "[swarm]") {
  Stage stage({.stored = "11100"});  // piece 4 has no holder, so that this is no endgame
  Remote& bob = stage.feeds(1002, "00010");
  CHECK(bob.hears() == "request 3");
  Remote& carol = stage.feeds(1003, "00010");
  stage.told();
  stage.passes(4s);
  CHECK(carol.hears() == "");
  stage.passes(500ms);
  CHECK(stage.told() == "1 stalled at 1002");
  CHECK(carol.hears() == "request 3");
  CHECK(bob.hears() == "");
}

TEST_CASE("a lost request is asked again there when nobody else has the piece", "[swarm]") {
  Stage stage({.stored = "11100"});
  Remote& bob = stage.feeds(1002, "00010");
  CHECK(bob.hears() == "request 3");
  stage.passes(4s);
  CHECK(bob.hears() == "");
  stage.passes(250ms);
  CHECK(bob.hears() == "request 3");
  // And once more, after twice the time.
  stage.passes(8s);
  CHECK(bob.hears() == "");
  stage.passes(250ms);
  CHECK(bob.hears() == "request 3");
}

TEST_CASE("a link that falls silent in its first moments is found out as soon as any other", "[swarm]") {
  Stage stage({.stored = "11000"});  // piece 2 has no holder, so that this is no endgame
  Remote& bob = stage.feeds(1002, "00011");
  stage.passes(10ms);
  bob.gives(requested(bob.hears()).at(0));
  REQUIRE(requested(bob.hears()).size() == 1);
  stage.passes(6s);
  CHECK(stage.count("1 stalled at 1002") == 1);
  CHECK(requested(bob.hears()).size() == 1);
}

TEST_CASE("no link is blamed for a full downlink", "[swarm]") {
  Stage stage({.stored = "00000000000000000000", .pipeline = 2});
  Remote& bob = stage.feeds(1002, "11111111111111111111");
  Remote& carol = stage.feeds(1003, "11111111111111111111");
  CHECK(requested(carol.hears()).size() == 1);
  Pieces open = requested(bob.hears());
  for (int s = 0; s < 6; ++s) {
    stage.passes(1s);
    bob.gives(open.front());  // 1,000 bytes a second are all that we ever had; three requests are open
    open.erase(open.begin());
    for (const auto piece : requested(bob.hears())) open.push_back(piece);
  }
  CHECK(open.size() == 2);
  CHECK(stage.count("1 stalled at 1003") == 0);
  stage.passes(2s);
  CHECK(stage.count("1 stalled at 1003") == 1);
}

TEST_CASE("a slow piece is no lost request", "[swarm]") {
  Stage stage({.stored = "11100"});
  Remote& bob = stage.feeds(1002, "00010");
  bob.hears();
  bob.begins(3);
  for (int i = 0; i < 10; ++i) {
    stage.passes(3s);
    bob.continues(100);
  }
  CHECK(bob.hears() == "");
  CHECK(bob.ends(3));
}

TEST_CASE("a stall closes the window down to one request", "[swarm]") {
  Stage stage({.stored = std::string(400, '0'), .pipeline = 512});
  Remote& bob = stage.feeds(1002, std::string(400, '1'));
  Pieces open = requested(bob.hears());
  for (int i = 0; i < 50; ++i) {
    stage.passes(1ms);
    bob.gives(open.front());
    open.erase(open.begin());
    for (const auto piece : requested(bob.hears())) open.push_back(piece);
  }
  REQUIRE(open.size() > 3);
  stage.passes(6s);
  CHECK(stage.count(std::to_string(open.size()) + " stalled at 1002") == 1);
  CHECK(requested(bob.hears()).size() == 1);
}

}  // namespace
}  // namespace p2p
