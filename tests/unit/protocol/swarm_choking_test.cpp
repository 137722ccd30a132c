// Whom the swarm serves, and what a choke does to what was queued.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Stage;

Remote& asks(Stage& stage, std::uint32_t id, std::string_view map = "00000") {
  Remote& remote = stage.joins(id, map);
  remote.says("interested");
  return remote;
}

TEST_CASE("a free slot is filled as soon as a neighbor becomes interested", "[swarm]") {
  Stage stage({.stored = "11111", .preferred = 2});
  Remote& bob = stage.joins(1002, "00000");
  stage.told();
  CHECK(bob.hears() == "");
  bob.says("interested");
  CHECK(bob.hears() == "unchoke");
  CHECK(stage.told() == "interested from 1002, prefers 1002");
}

TEST_CASE("two preferred and one optimistic neighbor are served, the next one waits", "[swarm]") {
  Stage stage({.stored = "11111", .preferred = 2});
  CHECK(asks(stage, 1002).hears() == "unchoke");
  CHECK(asks(stage, 1003).hears() == "unchoke");
  stage.told();
  CHECK(asks(stage, 1004).hears() == "unchoke");
  CHECK(stage.told() == "accepted 1004, interested from 1004, optimistic 1004");
  CHECK(asks(stage, 1005).hears() == "");
}

TEST_CASE("a request of an unchoked neighbor is served", "[swarm]") {
  Stage stage({.stored = "11111"});
  Remote& bob = asks(stage, 1002);
  bob.hears();
  bob.says("request 3");
  CHECK(bob.hears() == "piece 3");
  CHECK(bob.hears() == "");
}

TEST_CASE("requests are served in their order, a repeated one once", "[swarm]") {
  Stage stage({.stored = "11111"});
  Remote& bob = asks(stage, 1002);
  bob.hears();
  for (const char* request : {"request 3", "request 0", "request 3", "request 4"}) bob.says(request);
  CHECK(bob.hears() == "piece 3, piece 0, piece 4");
}

TEST_CASE("a request for a piece that we lack is ignored", "[swarm]") {
  Stage stage({.stored = "10000"});
  Remote& bob = asks(stage, 1002);
  bob.hears();
  bob.says("request 1");
  CHECK(bob.hears() == "");
  CHECK_FALSE(bob.closed());
}

TEST_CASE("a request that comes while choked is never served, not even after an unchoke", "[swarm]") {
  Stage stage({.stored = "11111"});
  Remote& bob = stage.joins(1002, "00000");
  bob.says("request 3");
  CHECK(bob.hears() == "");
  bob.says("interested");
  CHECK(bob.hears() == "unchoke");
  stage.passes(1min);
  CHECK(bob.hears() == "");
}

TEST_CASE("a choke drops queued uploads", "[swarm]") {
  Stage stage({.stored = "11111", .preferred = 0});  // the optimistic slot is the only one
  Remote& bob = asks(stage, 1002);
  Remote& carol = asks(stage, 1003);
  CHECK(bob.hears() == "unchoke");
  for (const char* request : {"request 0", "request 1", "request 2"}) bob.says(request);
  stage.passes(15s);
  CHECK(bob.hears() == "choke");
  CHECK(carol.hears() == "unchoke");
  stage.passes(15s);
  CHECK(bob.hears() == "unchoke");  // and nothing of what it once asked for
}

TEST_CASE("control frames overtake queued uploads", "[swarm]") {
  Stage stage({.stored = "11110"});
  Remote& bob = asks(stage, 1002);
  Remote& carol = stage.feeds(1003, "00011");
  bob.hears();
  carol.hears();
  bob.says("request 0");
  bob.says("request 1");
  carol.gives(4);
  CHECK(bob.hears() == "have 4, piece 0, piece 1");
}

TEST_CASE("a link is given one piece at a time, so that a choke stops the rest", "[swarm]") {
  Stage stage({.stored = "11111"});
  Remote& bob = asks(stage, 1002);
  bob.hears();
  bob.says("request 0");
  bob.says("request 1");
  Bytes out;
  CHECK(stage.swarm.poll_send(bob.link(), out) == PieceIndex{0});
  CHECK(out.size() == kPieceHeadBytes);
}

TEST_CASE("more open requests than any peer needs are a violation", "[swarm]") {
  Stage stage({.stored = std::string(5000, '1'), .piece_size = 1});
  Remote& bob = asks(stage, 1002, std::string(5000, '0'));
  for (std::uint32_t i = 0; i < 4096; ++i) bob.says("request " + std::to_string(i));
  CHECK_FALSE(bob.closed());
  bob.says("request 4096");
  CHECK(bob.reason() == "protocol violation: more than 4096 open requests");
}

TEST_CASE("the interval prefers those that fed most in it", "[swarm]") {
  const auto seed = GENERATE(range(1u, 11u));  // so that no luck decides
  Stage stage({.stored = "00000000", .preferred = 1, .seed = seed});
  Remote& bob = stage.feeds(1002, "11111111");
  Remote& carol = stage.feeds(1003, "11111111");
  for (Remote* remote : {&bob, &carol}) remote->says("interested");
  REQUIRE(stage.count("prefers 1002") == 1);  // it came first
  for (int i = 0; i < 3; ++i) carol.gives(test::requested(carol.hears()).at(0));
  bob.gives(test::requested(bob.hears()).at(0));
  stage.passes(5s);
  CHECK(stage.count("prefers 1003") == 1);

  // What was given before does not count again.
  bob.gives(test::requested(bob.hears()).at(0));
  stage.passes(5s);
  CHECK(stage.count("prefers 1002") == 2);
}

TEST_CASE("a piece that was never asked for buys no slot", "[swarm]") {
  const auto seed = GENERATE(range(1u, 11u));
  Stage stage({.preferred = 1, .seed = seed});
  Remote& carol = stage.feeds(1003, "11111");
  Remote& bob = stage.joins(1002, "11111");
  for (Remote* remote : {&carol, &bob}) remote->says("interested");
  const auto asked = test::requested(carol.hears()).at(0);
  carol.begins(asked);
  carol.continues(1);  // a byte of what was asked for weighs more
  CHECK_FALSE(bob.gives((asked + 1) % 5));
  stage.passes(5s);
  CHECK(stage.count("prefers 1003") == 1);
  CHECK(stage.count("prefers 1002") == 0);
}

TEST_CASE("preferred and optimistic neighbors are told when they change and only then", "[swarm]") {
  Stage stage({.stored = "11111", .preferred = 2});
  asks(stage, 1002);
  asks(stage, 1003);
  asks(stage, 1004);
  stage.told();
  SECTION("three neighbors for three slots") {
    // Complete: the two preferred are drawn at random, whoever is left is optimistic.
    std::string before = "prefers 1002 1003";
    for (int interval = 0; interval < 20; ++interval) {
      stage.passes(5s);
      const std::string told = stage.told();
      CHECK(told.find(before) == std::string::npos);
      if (const auto at = told.find("prefers"); at != std::string::npos) before = told.substr(at, 17);
    }
  }
  SECTION("nobody new for the optimistic slot") {
    Stage quiet({.stored = "11111", .preferred = 1});
    asks(quiet, 1002);
    quiet.told();
    quiet.passes(1min);
    CHECK(quiet.told() == "");
  }
}

TEST_CASE("who falls out is choked and who comes in is unchoked", "[swarm]") {
  Stage stage({.preferred = 1});
  Remote& bob = stage.feeds(1002, "11111");
  Remote& carol = stage.feeds(1003, "11111");
  Remote& dave = stage.feeds(1004, "11111");
  for (Remote* remote : {&bob, &carol, &dave}) remote->says("interested");
  CHECK(bob.hears().find("unchoke") != std::string::npos);
  CHECK(carol.hears().find("unchoke") != std::string::npos);
  const std::string to_dave = dave.hears();
  CHECK(to_dave.find("unchoke") == std::string::npos);

  dave.gives(test::requested(to_dave).at(0));
  dave.hears();
  bob.hears();
  carol.hears();
  stage.passes(5s);
  CHECK(dave.hears().find("unchoke") != std::string::npos);
  const bool bob_choked = bob.hears().find("choke") != std::string::npos;
  const bool carol_choked = carol.hears().find("choke") != std::string::npos;
  CHECK(bob_choked != carol_choked);  // one of the two keeps a slot, the optimistic one
}

TEST_CASE("a slot whose holder loses interest goes to the one that waits", "[swarm]") {
  Stage stage({.stored = "11111", .preferred = 0});
  Remote& bob = asks(stage, 1002);
  Remote& carol = asks(stage, 1003);
  bob.hears();
  bob.says("not interested");
  CHECK(bob.hears() == "choke");
  CHECK(carol.hears() == "unchoke");
}

TEST_CASE("a slot whose holder is lost goes to the one that waits", "[swarm]") {
  Stage stage({.stored = "11111", .preferred = 0});
  Remote& bob = asks(stage, 1002);
  Remote& carol = asks(stage, 1003);
  bob.leaves();
  CHECK(carol.hears() == "unchoke");
}

TEST_CASE("every optimistic interval another one that waits gets its turn", "[swarm]") {
  Stage stage({.stored = "11111", .preferred = 0});
  Remote& bob = asks(stage, 1002);
  Remote& carol = asks(stage, 1003);
  CHECK(bob.hears() == "unchoke");
  stage.told();
  stage.passes(15s);
  CHECK(stage.told() == "optimistic 1003");
  CHECK(bob.hears() == "choke");
  CHECK(carol.hears() == "unchoke");
  stage.passes(15s);
  CHECK(stage.told() == "optimistic 1002");
  CHECK(bob.hears() == "unchoke");
  CHECK(carol.hears() == "choke");
}

TEST_CASE("an unchoke that is not sent yet is taken back by a choke, a choke by nothing", "[swarm]") {
  Stage stage({.stored = "11111", .preferred = 0});
  Remote& bob = asks(stage, 1002);
  CHECK(bob.hears() == "unchoke");
  Remote& carol = asks(stage, 1003);
  for (int turn = 0; turn < 101; ++turn) stage.passes(15s);
  CHECK(stage.count("optimistic 1003") == 51);
  CHECK(bob.hears() == "choke");
  CHECK(carol.hears() == "unchoke");
  stage.passes(15s);
  stage.passes(15s);
  CHECK(bob.hears() == "");
  CHECK(carol.hears() == "choke, unchoke");
}

}  // namespace
}  // namespace p2p
