// A network of members as its shells run it: how soon a visitor has found a name, and halves each other. Virtual time
// is exact, so these are no speed tests: a number changes only when a decision does.
#include "sim/members/members_network.hpp"
#include "tests/support/catch.hpp"

namespace p2p::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kNodes = 150;

/// Each third node is looked for, through a node that knows it or not.
void check_visits(MembersNetwork& network, std::size_t end) {
  for (std::size_t holder = 1; holder < end; holder += 3) {
    const auto took = network.visit((holder * 7) % end, holder);
    INFO("holder " << holder);
    REQUIRE(took);
    CHECK(*took < 1s);
  }
}

TEST_CASE("a visitor finds a name within a second, soon after all have started, and among silent nodes", "[members]") {
  MembersNetwork network({.nodes = kNodes});
  network.run_for(3s);
  // More are named than may be dialled at once.
  CHECK(network.fewest_known() + 1 < kNodes);
  check_visits(network, kNodes);
  network.run_for(3min);
  CHECK(network.fewest_known() + 1 == kNodes);
  check_visits(network, kNodes);
  for (std::size_t node = 100; node < kNodes; ++node) network.falls_silent(node);
  check_visits(network, 100);
}

TEST_CASE("among a thousand that have just started each name is found, though nobody knows all", "[members]") {
  MembersNetwork network({.nodes = 1'000});
  network.run_for(10s);
  CHECK(network.fewest_known() < 200);
  for (std::size_t holder = 1; holder < 1'000; holder += 9) {
    const auto took = network.visit((holder * 7) % 1'000, holder);
    INFO("holder " << holder);
    REQUIRE(took);
    CHECK(*took < 1s);
  }
}

TEST_CASE("each node of either half knows one of the other within ten seconds", "[members]") {
  MembersNetwork network({.nodes = kNodes, .seed = 2});
  network.run_for(3min);
  network.cut_at(kNodes / 2);
  network.run_for(5min);
  REQUIRE_FALSE(network.each_knows_one_beyond(kNodes / 2));
  network.cut_at(0);
  network.run_for(10s);
  CHECK(network.each_knows_one_beyond(kNodes / 2));
  check_visits(network, kNodes);
}

}  // namespace
}  // namespace p2p::sim
