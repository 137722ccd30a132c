// One seed gives one run, exactly: the ground under every other claim about a seed.
#include <bit>
#include <cstdint>
#include <initializer_list>

#include "tests/sim/random_scenario.hpp"
#include "tests/support/catch.hpp"

namespace p2p::sim {
namespace {

/// FNV-1a over everything that happened.
class Hash {
 public:
  void add(std::initializer_list<std::uint64_t> values) {
    for (const std::uint64_t value : values)
      for (int shift = 0; shift < 64; shift += 8) {
        value_ ^= value >> shift & 0xff;
        value_ *= 0x100000001b3;
      }
  }
  void add(double value) { add({std::bit_cast<std::uint64_t>(value)}); }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

void add(Hash& hash, const p2p::Event& event) {
  if (const auto* piece = std::get_if<PieceStored>(&event))
    hash.add({piece->piece.value, piece->from.value, piece->count});
  if (const auto* have = std::get_if<HaveReceived>(&event)) hash.add({have->peer.value, have->piece.value});
  if (const auto* optimistic = std::get_if<OptimisticNeighborChanged>(&event)) hash.add({optimistic->neighbor.value});
  if (const auto* preferred = std::get_if<PreferredNeighborsChanged>(&event))
    for (const PeerId each : preferred->neighbors) hash.add({each.value});
}

/// Every event of every peer with its time, and all measures.
std::uint64_t fingerprint(const Scenario& scenario) {
  Simulation simulation(scenario);
  Hash hash;
  simulation.observe([&hash](HostId host, const p2p::Event& event, Instant now) {
    hash.add({host, event.index(), static_cast<std::uint64_t>(now.time_since_epoch().count())});
    add(hash, event);
  });
  simulation.run(Instant{} + std::chrono::minutes(10));
  const Measures m = simulation.measures();
  hash.add({simulation.events_handled(), m.duplicate_bytes, m.control_bytes, m.complete});
  for (const double each : {m.makespan_s, m.mean_s, m.p99_s, m.fluid_bound_s, m.ratio, m.seed_upload_ratio, m.jain})
    hash.add(each);
  return hash.value();
}

TEST_CASE("the same seed gives the same run, faults included, and another seed another one", "[random]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    Scenario scenario = random_scenario(seed);
    const std::uint64_t first = fingerprint(scenario);
    CHECK(first == fingerprint(scenario));
    CHECK(first == fingerprint(random_scenario(seed)));
    ++scenario.seed;
    CHECK(first != fingerprint(scenario));
  }
}

TEST_CASE("watching a run does not change it") {
  Scenario scenario = random_scenario(7);
  const std::uint64_t watched = fingerprint(scenario);
  scenario.referee = false;
  CHECK(watched == fingerprint(scenario));
}

}  // namespace
}  // namespace p2p::sim
