// Whom the swarm serves by the cooperative policy.
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

TEST_CASE("a favored neighbor takes a slot from another as soon as it is interested", "[swarm]") {
  Stage stage({.stored = "11111", .preferred = 0, .policy = ChokingPolicy::cooperative, .favored = {1003}});
  Remote& bob = asks(stage, 1002);
  CHECK(bob.hears() == "unchoke");
  Remote& carol = asks(stage, 1003);
  CHECK(carol.hears() == "unchoke");
  CHECK(bob.hears() == "choke");
  stage.passes(1min);
  CHECK(bob.hears() == "");
  CHECK(carol.hears() == "");
}

TEST_CASE("a favored neighbor that has become complete leaves its slot at once", "[swarm]") {
  Stage stage({.stored = "11111", .preferred = 0, .policy = ChokingPolicy::cooperative, .favored = {1003}});
  Remote& carol = asks(stage, 1003, "11110");
  Remote& bob = asks(stage, 1002);
  carol.hears();
  SECTION("its last have comes before its interest ends") {
    carol.says("have 4");
    carol.says("not interested");
  }
  SECTION("its interest ends before its last have comes") {
    carol.says("not interested");
    carol.says("have 4");
  }
  CHECK(carol.hears() == "choke");
  CHECK(bob.hears() == "unchoke");
}

TEST_CASE("where nobody is favored, those that lack most are served", "[swarm]") {
  const auto seed = GENERATE(range(1u, 11u));  // so that no luck decides
  Stage stage({.stored = "11111", .preferred = 1, .seed = seed, .policy = ChokingPolicy::cooperative});
  asks(stage, 1002, "11110");
  asks(stage, 1003, "11000");
  asks(stage, 1004, "10000");
  stage.told();
  stage.passes(5s);
  CHECK(stage.told().find("prefers 1004") != std::string::npos);
}

TEST_CASE("by the course's policy nobody is favored and who lacks most counts nothing", "[swarm]") {
  Stage stage({.stored = "11111", .preferred = 1});
  asks(stage, 1002, "11110");
  asks(stage, 1003, "00000");
  int for_the_nearly_done = 0;
  for (int interval = 0; interval < 100; ++interval) {
    stage.told();
    stage.passes(5s);
    for_the_nearly_done += stage.told().find("prefers 1002") != std::string::npos;
  }
  CHECK(for_the_nearly_done > 10);
}

TEST_CASE("by the balanced policy whoever is served stays so, but for the one that got most", "[swarm]") {
  const auto seed = GENERATE(range(1u, 11u));  // so that no luck decides
  Stage stage({.stored = "11111", .preferred = 1, .seed = seed, .policy = ChokingPolicy::balanced});
  Remote& bob = asks(stage, 1002);
  asks(stage, 1003);
  asks(stage, 1004);  // waits, and gets nothing from anybody, as 1003 does
  for (const char* const have : {"have 0", "have 1", "have 2"}) bob.says(have);
  stage.told();
  stage.passes(5s);
  CHECK(stage.told().find("prefers 1003") != std::string::npos);
}

TEST_CASE("by the balanced policy the optimistic slot goes to one that gets less than half of what its holder gets",
          "[swarm]") {
  Stage stage({.stored = "11111", .preferred = 0, .policy = ChokingPolicy::balanced});
  Remote& bob = asks(stage, 1002);
  Remote& carol = asks(stage, 1003);
  CHECK(bob.hears() == "unchoke");
  carol.says("have 0");
  bob.says("have 0");
  bob.says("have 1");
  SECTION("half is enough for it to stay") {
    stage.passes(15s);
    CHECK(bob.hears().empty());
    CHECK(carol.hears().empty());
  }
  SECTION("less than half is not, and what was there before does not count") {
    bob.says("have 2");
    stage.passes(15s);
    CHECK(bob.hears() == "choke");
    CHECK(carol.hears() == "unchoke");
    stage.passes(15s);
    CHECK(carol.hears().empty());
  }
}

}  // namespace
}  // namespace p2p
