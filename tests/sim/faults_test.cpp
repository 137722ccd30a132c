// Whole swarms while everything goes wrong: safety throughout, completion soon after. What is claimed exactly stands at
// run_checked(); scripts/sim_seeds runs many more seeds.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/sim/random_scenario.hpp"
#include "tests/support/catch.hpp"

namespace p2p::sim {
namespace {

using namespace std::chrono_literals;

TEST_CASE("whatever goes wrong, the swarm stays safe, completes and parts", "[random]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Scenario scenario = random_scenario(seed);
    INFO("replay: sim_seeds --seed " << seed << "\n" << describe(scenario));
    CHECK(run_checked(scenario).failure == "");
  }
}

/// Takes about 12 s when nothing goes wrong, so that faults in the first 40 s meet it.
Scenario slow_swarm(std::uint64_t seed) {
  Scenario s;
  s.peers = 8;
  s.geometry = Geometry(64 * 16384, 16384);
  s.preferred_neighbors = 2;
  s.unchoking_interval = 1s;
  s.optimistic_interval = 3s;
  s.host = [](HostId) { return HostSpec{.up_Bps = 100e3, .down_Bps = 400e3, .latency = 5ms}; };
  s.network.chunk = 4096;
  s.network.send_buffer = 16384;
  s.seed = seed;
  return s;
}

// A fault that is not noticed proves nothing: each kind alone must cost time in most runs.
TEST_CASE("each kind of fault is felt and survived", "[random]") {
  struct Kind {
    const char* name;
    void (*add)(Scenario&);
  };
  const Kind kinds[] = {
      {"churn", [](Scenario& s) { s.faults.churn = 0.5; }},
      {"resets", [](Scenario& s) { s.faults.resets_per_s = 100; }},
      {"partitions", [](Scenario& s) { s.faults.partitions = 1; }},
      {"one-way blocks", [](Scenario& s) { s.faults.one_way_blocks = 4; }},
      {"slow readers", [](Scenario& s) { s.faults.slow_readers = 4; }},
      {"full disks", [](Scenario& s) { s.faults.full_disks = 4; }},
      {"disk faults", [](Scenario& s) { s.disk.fault_probability = 0.3; }},
      {"a slow disk", [](Scenario& s) { s.disk.delay = 500ms; }},
  };
  constexpr std::uint64_t kSeeds = 20;
  std::vector<Instant> quiet;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Outcome outcome = run_checked(slow_swarm(seed));
    REQUIRE(outcome.failure == "");
    REQUIRE(outcome.remaining == 0);
    quiet.push_back(outcome.completed);
  }
  for (const Kind& kind : kinds) {
    std::uint64_t felt = 0;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      INFO(kind.name << ", seed " << seed);
      Scenario scenario = slow_swarm(seed);
      scenario.faults.until = 40s;
      kind.add(scenario);
      const Outcome outcome = run_checked(scenario);
      CHECK(outcome.failure == "");
      felt += outcome.completed > quiet[seed - 1];
    }
    INFO(kind.name);
    CHECK(felt >= kSeeds * 3 / 4);
  }
}

TEST_CASE("frames that arrive in parts are put together", "[random]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    Scenario scenario = slow_swarm(seed);
    scenario.network.split_probability = 1;
    const Outcome outcome = run_checked(scenario);
    CHECK(outcome.failure == "");
    CHECK(outcome.remaining == 0);
  }
}

TEST_CASE("a crashed peer goes on with what it had stored", "[random]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    const Scenario scenario = slow_swarm(seed);
    constexpr HostId kVictim = 3;
    Simulation simulation(scenario);
    std::uint32_t had = 0;
    simulation.at(Instant{} + 6s, [&](Simulation& s) {
      s.peer(kVictim).crash(s.now());
      had = s.peer(kVictim).stored().count();
    });
    simulation.at(Instant{} + 30s, [&](Simulation& s) {
      CHECK(s.peer(kVictim).stored().count() == had);
      s.peer(kVictim).start(s.now());
    });
    simulation.run(Instant{} + 10min);
    CHECK(had > 0);
    CHECK(had < scenario.geometry.piece_count());
    CHECK(simulation.all_left());
    // Over both lives nothing was stored twice.
    CHECK(simulation.peer(kVictim).stored_bytes() == scenario.geometry.total_size());
  }
}

// The one way to be left behind: the last `have` of the last leecher is on its way when its reader crashes. The others
// know all that they need and are gone; nobody is there to say it again.
TEST_CASE("a complete peer that missed the last word stays, and does no harm") {
  Scenario scenario = slow_swarm(1);
  scenario.peers = 3;
  // The second leecher is slow, so that the first one waits for it.
  scenario.host = [](HostId host) {
    return HostSpec{.up_Bps = 100e3, .down_Bps = host == 2 ? 50e3 : 400e3, .latency = 100ms};
  };
  constexpr HostId kVictim = 1;
  constexpr HostId kLast = 2;
  std::optional<Instant> last_complete;
  Simulation rehearsal(scenario);
  rehearsal.observe([&](HostId host, const p2p::Event& event, Instant now) {
    if (host == kLast && std::holds_alternative<FileCompleted>(event)) last_complete = now;
  });
  rehearsal.run(Instant{} + 10min);
  REQUIRE(rehearsal.all_left());
  REQUIRE(last_complete);

  Simulation simulation(scenario);
  simulation.at(*last_complete + 100ms, [](Simulation& s) { s.peer(kVictim).crash(s.now()); });
  simulation.at(*last_complete + 5s, [](Simulation& s) { s.peer(kVictim).start(s.now()); });
  simulation.run(*last_complete + 10min);
  CHECK(simulation.peer(0).left());
  CHECK(simulation.peer(kLast).left());
  REQUIRE(simulation.peer(kVictim).running());
  CHECK(simulation.peer(kVictim).stored().complete());
  CHECK(simulation.peer(kVictim).swarm().linked_neighbors() == 0);
}

}  // namespace
}  // namespace p2p::sim
