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

/// One sharer and so many getters, who know nobody else at first; 1,024 pieces of 256 KiB, 100 Mbit/s.
Measures run_open(std::uint32_t getters, std::uint64_t seed, Duration join_interval = {}) {
  Scenario s;
  s.peers = getters + 1;
  s.geometry = Geometry(256ull << 20, 256 << 10);
  s.open = true;
  s.join_interval = join_interval;
  s.preferred_neighbors = 8;
  s.network.chunk = 64 * 1024;
  s.network.window = 512 * 1024;
  s.host = [](HostId) {
    return HostSpec{.up_Bps = 12.5e6, .down_Bps = 12.5e6, .latency = std::chrono::microseconds(500)};
  };
  s.referee = false;
  s.seed = seed;
  Simulation simulation(s);
  simulation.run(Instant{} + std::chrono::hours(1));
  const Measures m = simulation.measures();
  CHECK(m.complete);
  return m;
}

TEST_CASE("getters that come at once are done soon after the sharer has sent everything once", "[random]") {
  for (const std::uint32_t getters : {4u, 8u, 16u})
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      INFO(getters << " getters, seed " << seed);
      const Measures m = run_open(getters, seed);
      CHECK(m.ratio <= 1.12);
      CHECK(m.seed_upload_ratio <= 1.12);
    }
}

TEST_CASE("a hundred getters that come at once need a seventh longer than the bound at most", "[random]") {
  const Measures m = run_open(100, 1);
  CHECK(m.ratio <= 1.15);
  CHECK(m.seed_upload_ratio <= 1.15);
}

TEST_CASE("getters that come one after the other take two copies of the sharer", "[random]") {
  using namespace std::chrono_literals;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    const Measures m = run_open(8, seed, 2s);
    CHECK(m.ratio <= 1.3);
    CHECK(m.seed_upload_ratio <= 2);
  }
}

}  // namespace
}  // namespace p2p::sim
