// Choker: an interval's decision, and a neighbor's change of interest, by the number of interested neighbors.
#include "protocol/swarm/choker.hpp"

#include <benchmark/benchmark.h>

#include "bench/micro/sizes.hpp"

namespace p2p {
namespace {

using bench::kPeers;
using bench::kSeed;

constexpr std::uint32_t kSlots = 4;

Choker interested_choker(std::uint32_t links, Random& random) {
  Choker choker(kSlots);
  for (std::uint32_t i = 0; i < links; ++i) choker.on_interested(LinkId{i}, random);
  return choker;
}

void choker_choose_preferred(benchmark::State& state) {
  Random random(kSeed);
  const auto links = static_cast<std::uint32_t>(state.range(0));
  Choker choker = interested_choker(links, random);
  std::vector<Ranked> ranked;
  for (std::uint32_t i = 0; i < links; ++i) ranked.push_back({LinkId{i}, random.below(1u << 20)});
  for (auto _ : state) choker.choose_preferred(ranked, random);
  state.SetComplexityN(links);
}
BENCHMARK(choker_choose_preferred)->RangeMultiplier(10)->Range(10, kPeers)->Complexity();

void choker_choose_optimistic(benchmark::State& state) {
  Random random(kSeed);
  const auto links = static_cast<std::uint32_t>(state.range(0));
  Choker choker = interested_choker(links, random);
  for (auto _ : state) choker.choose_optimistic(random);
  state.SetComplexityN(links);
}
BENCHMARK(choker_choose_optimistic)->RangeMultiplier(10)->Range(10, kPeers)->Complexity(benchmark::oN);

/// A neighbor loses its interest and finds it again.
void choker_interest_changes(benchmark::State& state) {
  Random random(kSeed);
  const auto links = static_cast<std::uint32_t>(state.range(0));
  Choker choker = interested_choker(links, random);
  for (auto _ : state) {
    const LinkId link{random.below(links)};
    choker.on_not_interested(link, random);
    choker.on_interested(link, random);
  }
  state.SetComplexityN(links);
}
BENCHMARK(choker_interest_changes)->RangeMultiplier(10)->Range(10, kPeers)->Complexity(benchmark::oN);

}  // namespace
}  // namespace p2p
