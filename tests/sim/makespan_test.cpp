// How close a swarm comes to the fluid bound, which no schedule beats. Virtual time is exact, so these are no speed
// tests: a number changes only when a decision does.
#include "sim/simulation.hpp"
#include "tests/support/catch.hpp"

namespace p2p::sim {
namespace {

/// 1,024 pieces of 1 MiB, equal hosts of 1 Gbit/s, 1 ms apart; the intervals and slots that docs and scripts use.
Measures run(std::uint32_t peers, ChokingPolicy policy, std::uint64_t seed) {
  Scenario s;
  s.peers = peers;
  s.geometry = Geometry(1024ull << 20, 1 << 20);
  s.choking_policy = policy;
  s.host = [](HostId) {
    return HostSpec{.up_Bps = 125e6, .down_Bps = 125e6, .latency = std::chrono::microseconds(500)};
  };
  s.network.chunk = 256 * 1024;
  s.network.window = 512 * 1024;
  s.referee = false;  // it would decode everything once more
  s.seed = seed;
  Simulation simulation(s);
  simulation.run(Instant{} + std::chrono::hours(1));
  const Measures m = simulation.measures();
  CHECK(m.complete);
  return m;
}

// The course's first slots fall to whoever is interested first, which now and then leaves a peer with few senders until
// the interval ends: of the course's policy the mean is claimed, of the cooperative one every run.
TEST_CASE("ten peers come within a tenth of the fluid bound by either policy", "[random]") {
  constexpr std::uint64_t kSeeds = 20;
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    INFO("seed " << seed);
    CHECK(run(10, ChokingPolicy::cooperative, seed).ratio <= 1.10);
    sum += run(10, ChokingPolicy::course, seed).ratio;
  }
  CHECK(sum / kSeeds <= 1.10);
}

TEST_CASE("fifty peers that cooperate are done before fifty that trade", "[random]") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    INFO("seed " << seed);
    CHECK(run(50, ChokingPolicy::cooperative, seed).ratio < run(50, ChokingPolicy::course, seed).ratio);
  }
}

TEST_CASE("a hundred peers that cooperate come within a tenth of the fluid bound", "[random]") {
  CHECK(run(100, ChokingPolicy::cooperative, 1).ratio <= 1.10);
}

}  // namespace
}  // namespace p2p::sim
