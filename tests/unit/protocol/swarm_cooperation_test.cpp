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

}  // namespace
}  // namespace p2p
