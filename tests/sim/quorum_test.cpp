// Whole swarms of chunk folders with liars: below the quorum nothing false is ever accepted and everybody who is honest
// completes; at the quorum the truth is accepted or the lie is, as the first to be agreed on, and disagreement is told.
#include <algorithm>
#include <set>

#include "sim/simulation.hpp"
#include "tests/support/catch.hpp"

namespace p2p::sim {
namespace {

using namespace std::chrono_literals;

constexpr Version kLie = 1;

enum class Lying {
  announces,  ///< Another hash, and sends what it announced.
  sends,      ///< Announces the truth, and sends something else.
};

struct Cast {
  std::uint32_t quorum = 2;
  std::uint32_t liars = 1;    ///< The last hosts.
  std::uint32_t holders = 2;  ///< Honest ones of each chunk, besides.
  std::uint32_t peers = 10;
  std::uint32_t chunks = 12;
  Lying lying = Lying::announces;
};

bool is_liar(const Cast& cast, HostId host) { return host >= cast.peers - cast.liars; }

/// Each chunk is with some honest hosts, in turn, and with every liar.
Scenario scenario_of(const Cast& cast, std::uint64_t seed) {
  Scenario s;
  s.peers = cast.peers;
  s.preferred_neighbors = 3;
  s.unchoking_interval = 1s;
  s.optimistic_interval = 3s;
  s.host = [](HostId) { return HostSpec{.up_Bps = 1e6, .down_Bps = 4e6, .latency = 5ms}; };
  s.seed = seed;
  ChunkScenario chunks{.quorum = cast.quorum, .sizes = {}, .held = {}};
  for (std::uint32_t i = 0; i < cast.chunks; ++i) chunks.sizes.push_back(i % 4 == 0 ? 0 : 1 + i * i * 3001);
  const std::uint32_t honest = cast.peers - cast.liars;
  const auto offset = static_cast<std::uint32_t>(seed * 7);
  chunks.held = [=](HostId host, PieceIndex piece) -> std::optional<Version> {
    if (is_liar(cast, host)) return cast.lying == Lying::announces ? kLie : kTruth;
    const std::uint32_t turn = (host + honest - (piece.value + offset) % honest) % honest;
    return turn < cast.holders ? std::optional(kTruth) : std::nullopt;
  };
  chunks.sent = [=](HostId host, PieceIndex) { return is_liar(cast, host) ? kLie : kTruth; };
  s.chunks = std::move(chunks);
  return s;
}

struct Outcome {
  bool honest_complete = true;
  bool honest_left = true;
  std::uint32_t false_copies = 0;  ///< At honest hosts.
  std::uint32_t disputes = 0;      ///< Told by honest hosts.
  std::set<std::uint32_t> rejected_from{};
};

Outcome run(const Cast& cast, std::uint64_t seed, Duration limit = 30min) {
  Simulation simulation(scenario_of(cast, seed));
  Outcome outcome;
  simulation.observe([&](HostId host, const p2p::Event& event, Instant) {
    if (is_liar(cast, host)) return;
    outcome.disputes += std::holds_alternative<ChunkDisputed>(event);
    if (const auto* rejected = std::get_if<PieceRejected>(&event)) outcome.rejected_from.insert(rejected->from.value);
  });
  simulation.run(Instant{} + limit);
  for (HostId host = 0; host < cast.peers - cast.liars; ++host) {
    const Bitfield& stored = simulation.peer(host).stored();
    outcome.honest_complete &= stored.complete();
    outcome.honest_left &= simulation.peer(host).left();
    stored.for_each(
        [&](PieceIndex piece) { outcome.false_copies += simulation.copies().version(host, piece) != kTruth; });
  }
  return outcome;
}

TEST_CASE("without liars everybody gets every chunk, also the empty ones, and leaves", "[quorum]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed)
    for (const std::uint32_t quorum : {1u, 2u, 3u}) {
      INFO("seed " << seed << ", quorum " << quorum);
      const Outcome outcome = run({.quorum = quorum, .liars = 0, .holders = quorum}, seed);
      CHECK(outcome.honest_complete);
      CHECK(outcome.honest_left);
      CHECK(outcome.false_copies == 0);
      CHECK(outcome.disputes == 0);
    }
}

TEST_CASE("fewer liars than the quorum: everybody completes with the truth, and hears of the lie", "[quorum]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed)
    for (const std::uint32_t quorum : {2u, 3u, 4u})
      for (std::uint32_t liars = 1; liars < quorum; ++liars) {
        INFO("seed " << seed << ", quorum " << quorum << ", liars " << liars);
        const Outcome outcome = run({.quorum = quorum, .liars = liars, .holders = quorum}, seed);
        CHECK(outcome.honest_complete);
        CHECK(outcome.honest_left);
        CHECK(outcome.false_copies == 0);
        CHECK(outcome.disputes > 0);
        CHECK(outcome.rejected_from.empty());  // nobody who says otherwise is asked at all
      }
}

TEST_CASE("fewer liars than the quorum and too few holders: nothing is accepted, not even the truth", "[quorum]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    const Outcome outcome = run({.quorum = 3, .liars = 2, .holders = 2}, seed, 2min);
    CHECK_FALSE(outcome.honest_complete);
    CHECK(outcome.false_copies == 0);
    CHECK(outcome.disputes > 0);
  }
}

TEST_CASE("who announces the truth and sends something else is found out and cut off", "[quorum]") {
  bool any = false;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    const Cast cast{.quorum = 2, .liars = 3, .holders = 2, .lying = Lying::sends};
    const Outcome outcome = run(cast, seed);
    CHECK(outcome.honest_complete);
    CHECK(outcome.honest_left);
    CHECK(outcome.false_copies == 0);
    for (const std::uint32_t id : outcome.rejected_from) CHECK(is_liar(cast, id));
    any |= !outcome.rejected_from.empty();
  }
  CHECK(any);
}

TEST_CASE("as many liars as the quorum can have a lie accepted: that is where the guarantee ends", "[quorum]") {
  std::uint32_t false_copies = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    const Outcome outcome = run({.quorum = 2, .liars = 2, .holders = 1}, seed, 5min);
    CHECK(outcome.disputes > 0);
    false_copies += outcome.false_copies;
  }
  CHECK(false_copies > 0);  // else these liars would be none, and the tests above would prove nothing
}

TEST_CASE("a restarted peer vouches for nothing that it received", "[quorum]") {
  // Host 0 alone is an original holder; host 1 has everything from it and restarts.
  Scenario s = scenario_of({.quorum = 2, .liars = 0, .holders = 1, .peers = 3, .chunks = 4}, 1);
  s.chunks->held = [](HostId host, PieceIndex) { return host == 0 ? std::optional(kTruth) : std::nullopt; };
  s.chunks->quorum = 1;
  s.chunks->sizes = {0, 300'000, 300'000, 300'000};
  Simulation simulation(s);
  std::uint32_t most_holders = 0;
  simulation.observe([&](HostId, const p2p::Event& event, Instant) {
    if (const auto* settled = std::get_if<ChunkSettled>(&event))
      most_holders = std::max(most_holders, settled->holders);
  });
  for (HostId host = 1; host < 3; ++host)
    simulation.at(Instant{} + host * 300ms, [host](Simulation& running) {
      REQUIRE(running.peer(host).running());
      running.peer(host).crash(running.now());
      running.peer(host).start(running.now());
    });
  simulation.run(Instant{} + 10min);
  for (HostId host = 0; host < 3; ++host) {
    CHECK(simulation.peer(host).stored().complete());
    CHECK(simulation.peer(host).left());
  }
  CHECK(most_holders == 1);
}

}  // namespace
}  // namespace p2p::sim
