// Peers that cannot be reached, and peers that are not there: everybody else completes.
#include <algorithm>
#include <numeric>
#include <span>

#include "protocol/swarm/neighbor_graph.hpp"
#include "tests/sim/random_scenario.hpp"
#include "tests/support/catch.hpp"

namespace p2p::sim {
namespace {

using namespace std::chrono_literals;

/// A third of the peers, never the seed; `first` are among them if there is room.
std::vector<HostId> a_third(std::uint32_t peers, std::uint64_t seed, std::vector<HostId> first = {}) {
  Random random(seed);
  std::vector<HostId> others(peers - 1);
  std::iota(others.begin(), others.end(), HostId{1});
  random.shuffle(std::span(others));
  for (const HostId host : others)
    if (first.size() < peers / 3 && std::ranges::find(first, host) == first.end()) first.push_back(host);
  return first;
}

Scenario sparse_swarm(std::uint32_t peers, std::uint64_t seed) {
  Scenario s;
  s.peers = peers;
  s.geometry = Geometry(32 * 16384, 16384);
  s.preferred_neighbors = 2;
  s.unchoking_interval = 1s;
  s.optimistic_interval = 3s;
  s.max_connections = 4;
  s.host = [](HostId) { return HostSpec{.up_Bps = 1e6, .down_Bps = 4e6, .latency = 5ms}; };
  s.seed = seed;
  return s;
}

TEST_CASE("a third of the peers never started, and everybody else completes", "[random]") {
  for (const auto& [peers, seeds] : {std::pair(12u, 20u), std::pair(60u, 10u), std::pair(300u, 3u)})
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      INFO(peers << " peers, seed " << seed);
      Scenario scenario = sparse_swarm(peers, seed);
      scenario.absent = a_third(peers, seed);
      Simulation simulation(scenario);
      REQUIRE_NOTHROW(simulation.run(Instant{} + 3min));
      CHECK(simulation.all_started_complete());
    }
}

TEST_CASE("though all of the seed's neighbors are missing, everybody else completes", "[random]") {
  for (const std::uint32_t peers : {12u, 60u, 300u})
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      INFO(peers << " peers, seed " << seed);
      Scenario scenario = sparse_swarm(peers, seed);
      scenario.absent = a_third(peers, seed, NeighborGraph(peers, scenario.max_connections).neighbors(0));
      Simulation simulation(scenario);
      std::uint32_t most = 0;
      simulation.observe([&](HostId host, const p2p::Event& event, Instant) {
        if (std::holds_alternative<LinkEstablished>(event))
          most = std::max(most, simulation.peer(host).swarm().linked_neighbors());
      });
      REQUIRE_NOTHROW(simulation.run(Instant{} + 5min));
      CHECK(simulation.all_started_complete());
      CHECK(most <= 4 + 4 + Seeker::kMostSought);
    }
}

TEST_CASE("those that start late complete as well, and then all leave", "[random]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    Scenario scenario = sparse_swarm(12, seed);
    scenario.absent = a_third(12, seed);
    Simulation simulation(scenario);
    simulation.at(Instant{} + 2min, [&](Simulation& s) {
      for (const HostId host : scenario.absent) s.peer(host).start(s.now());
    });
    REQUIRE_NOTHROW(simulation.run(Instant{} + 1h));
    CHECK(simulation.all_left());
  }
}

TEST_CASE("peers behind firewalls are dialled by those that they would have been dialled by", "[random]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    Scenario scenario = sparse_swarm(8, seed);
    scenario.max_connections = 0;
    // Of each pair one side can be dialled at least where one is even: the later one cannot dial an even one.
    scenario.host = [](HostId host) {
      return HostSpec{.up_Bps = 1e6, .down_Bps = 4e6, .latency = 5ms, .accepts = host % 2 == 1};
    };
    Simulation simulation(scenario);
    simulation.run(Instant{} + 20s);
    for (HostId host = 1; host < 8; host += 2)
      if (simulation.peer(host).running()) CHECK(simulation.peer(host).swarm().linked_neighbors() == 7);
    simulation.run(Instant{} + 1h);
    CHECK(simulation.all_started_complete());
  }
}

TEST_CASE("with a patience nobody remains but who has crashed", "[random]") {
  std::uint32_t would_remain = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Scenario scenario = random_scenario(seed);
    INFO("seed " << seed << "\n" << describe(scenario));
    would_remain += run_checked(scenario).remaining;
    scenario.patience = 10min;
    Simulation simulation(scenario);
    REQUIRE_NOTHROW(simulation.run(Instant{} + 24h));
    CHECK(simulation.all_started_complete());
    std::uint32_t remaining = 0;
    for (HostId host = 0; host < scenario.peers; ++host) remaining += !simulation.peer(host).left();
    CHECK(remaining <= static_cast<std::uint32_t>(scenario.faults.churn * scenario.peers));
  }
  CHECK(would_remain > 0);
}

}  // namespace
}  // namespace p2p::sim
