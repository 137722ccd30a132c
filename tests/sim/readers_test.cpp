// Readers at simulated peers: when their first byte comes, how long they stand still, and what they cost the swarm.
#include "sim/readers.hpp"

#include "sim/simulation.hpp"
#include "tests/support/catch.hpp"

namespace p2p::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kPiece = 256 << 10;
constexpr double kLink_Bps = 12.5e6;
constexpr double kPieceTime_s = kPiece / kLink_Bps;

/// Links of 100 Mbit/s, 1 ms from each to each.
Scenario swarm(std::uint32_t peers, std::uint64_t seed, std::uint64_t size = 512ull << 20) {
  Scenario s;
  s.peers = peers;
  s.geometry = Geometry(size, kPiece);
  s.network.chunk = 64 * 1024;
  s.network.window = 512 * 1024;
  s.host = [](HostId) {
    return HostSpec{.up_Bps = kLink_Bps, .down_Bps = kLink_Bps, .latency = std::chrono::microseconds(500)};
  };
  s.referee = false;
  s.seed = seed;
  return s;
}

/// One sharer and so many getters that come at once.
Scenario open_swarm(std::uint32_t getters, std::uint64_t seed, std::uint64_t size = 512ull << 20) {
  Scenario s = swarm(getters + 1, seed, size);
  s.open = true;
  s.preferred_neighbors = 8;
  return s;
}

struct Outcome {
  Measures swarm;
  ReaderMeasures readers;
};

Outcome run(const Scenario& scenario) {
  Simulation simulation(scenario);
  simulation.run(Instant{} + 1h);
  const Outcome outcome{simulation.measures(), simulation.reader_measures()};
  CHECK(outcome.swarm.complete);
  CHECK(outcome.readers.unfinished == 0);
  return outcome;
}

TEST_CASE("a swarm whose getters all read from the start is as fast as one that nobody reads in", "[random]") {
  for (const std::uint32_t getters : {2u, 4u, 8u, 16u}) {
    INFO(getters << " getters");
    Scenario scenario = open_swarm(getters, 1);
    const double without_s = run(scenario).swarm.makespan_s;
    for (HostId host = 1; host <= getters; ++host) scenario.readers.push_back({.host = host});
    const Outcome outcome = run(scenario);
    CHECK(outcome.swarm.makespan_s <= 1.05 * without_s);
    CHECK(outcome.swarm.seed_upload_ratio <= 1.1);
    CHECK(outcome.readers.last_ended_s <= 1.05 * without_s);
  }
}

TEST_CASE("four readers at four getters take a copy and a quarter of the sharer at most", "[random]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed)
    for (const std::uint32_t places : {1u, 4u}) {
      INFO("seed " << seed << ", " << places << " readers each");
      Scenario scenario = open_swarm(4, seed, 256ull << 20);
      for (HostId host = 1; host <= 4; ++host)
        for (std::uint32_t place = 0; place < places; ++place)
          scenario.readers.push_back({.host = host, .first = PieceIndex{place * (1024 / places)}});
      CHECK(run(scenario).swarm.seed_upload_ratio <= 1.25);
    }
}

TEST_CASE("the first byte at a cold node comes within three piece times, and the file at full speed", "[random]") {
  for (const std::uint32_t seeds : {1u, 2u, 8u}) {
    INFO(seeds << " complete neighbors");
    Scenario scenario = swarm(seeds + 1, 1, 256ull << 20);
    scenario.seeds = seeds;
    const double without_s = run(scenario).swarm.makespan_s;
    scenario.readers = {{.host = seeds}};
    const Outcome outcome = run(scenario);
    CHECK(outcome.readers.first_byte_s <= 3 * kPieceTime_s);
    CHECK(outcome.readers.last_ended_s <= 1.02 * without_s);
  }
}

TEST_CASE("a slow neighbor holds no reader up", "[random]") {
  Scenario scenario = swarm(9, 1, 256ull << 20);
  scenario.seeds = 8;
  scenario.host = [](HostId host) {
    return HostSpec{.up_Bps = host == 0 ? kLink_Bps / 100 : kLink_Bps,
                    .down_Bps = kLink_Bps,
                    .latency = std::chrono::microseconds(500)};
  };
  scenario.readers = {{.host = 8}};
  const Outcome outcome = run(scenario);
  CHECK(outcome.readers.first_byte_s < 0.5);
  CHECK(outcome.readers.longest_stall_s < 0.5);
}

TEST_CASE("one reader among getters that do not read stands still for seconds at most, and costs them nothing",
          "[random]") {
  Scenario scenario = open_swarm(16, 1);
  const double without_s = run(scenario).swarm.makespan_s;
  scenario.readers = {{.host = 16}};
  const Outcome outcome = run(scenario);
  CHECK(outcome.swarm.makespan_s <= 1.02 * without_s);
  CHECK(outcome.readers.longest_stall_s < 8);
}

TEST_CASE("a reader at a rate of its own reads at that rate once it has begun") {
  Readers readers({{.host = 3, .first = PieceIndex{2}, .rate_Bps = 10}}, Geometry(60, 10));
  Bitfield stored(6);
  const Instant start{1h};
  CHECK(readers.step(0, stored, start).window == PieceIndex{2});
  CHECK(readers.awaits(0, 3, PieceIndex{2}));
  CHECK_FALSE(readers.awaits(0, 2, PieceIndex{2}));
  CHECK_FALSE(readers.awaits(0, 3, PieceIndex{3}));
  for (const std::uint32_t piece : {2u, 3u}) stored.set(PieceIndex{piece});
  const Readers::Step first = readers.step(0, stored, start + 3s);
  CHECK(first.window == PieceIndex{3});
  CHECK(first.again == start + 4s);
  CHECK(readers.step(0, stored, start + 3500ms).window == PieceIndex{3});
  CHECK(readers.step(0, stored, start + 4s).window == PieceIndex{4});
  CHECK(readers.step(0, stored, start + 5s).again == kNever);
  for (const std::uint32_t piece : {4u, 5u}) stored.set(PieceIndex{piece});
  CHECK(readers.step(0, stored, start + 7s).window == PieceIndex{5});
  CHECK(readers.measures().unfinished == 1);
  CHECK_FALSE(readers.step(0, stored, start + 8s).window);
  CHECK(readers.all_ended());
  const ReaderMeasures measures = readers.measures();
  CHECK(measures.first_byte_s == 3);
  CHECK(measures.longest_stall_s == 2);
  CHECK(measures.stalled_mean_s == 2);
  CHECK(measures.last_ended_s == 9);
}

}  // namespace
}  // namespace p2p::sim
