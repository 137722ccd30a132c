// Picker: haves of many neighbors, and pieces from the choice to the disk, by the number of pieces.
#include "protocol/swarm/picker.hpp"

#include <benchmark/benchmark.h>

#include "bench/micro/sizes.hpp"

namespace p2p {
namespace {

using bench::kPeers;
using bench::kPieces;
using bench::kSeed;

/// One more neighbor has a piece.
void picker_have(benchmark::State& state) {
  Random random(kSeed);
  const auto size = static_cast<std::uint32_t>(state.range(0));
  Picker picker{Bitfield(size)};
  // Not more haves than kPeers neighbors can tell: the levels are as deep as in such a swarm.
  std::uint64_t told = 0;
  for (auto _ : state) {
    if (++told > std::uint64_t{size} * kPeers) {
      state.PauseTiming();
      picker = Picker{Bitfield(size)};
      told = 0;
      state.ResumeTiming();
    }
    picker.add_holder(PieceIndex{random.below(size)});
  }
  state.SetComplexityN(size);
}
BENCHMARK(picker_have)->RangeMultiplier(10)->Range(1'000, 1'000'000)->Complexity();

/// All pieces, one after the other, from one neighbor: chosen, asked for, received and stored. `percent`: how much the
/// neighbor has; 100 is a seed, less a leecher in the middle of a swarm whose others have `percent`, too.
void picker_whole_content(benchmark::State& state) {
  const auto size = static_cast<std::uint32_t>(state.range(0));
  const auto percent = static_cast<std::uint32_t>(state.range(1));
  std::int64_t chosen = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Random random(kSeed);
    Picker picker{Bitfield(size)};
    const Bitfield neighbor = bench::random_pieces(size, percent, random);
    picker.add_holder(neighbor);
    for (std::uint32_t i = 0; i < 8; ++i) picker.add_holder(bench::random_pieces(size, percent, random));
    std::optional<PieceIndex> last;
    Shortlist shortlist;
    state.ResumeTiming();
    while ((last = picker.pick(neighbor, last, random, &shortlist))) {
      picker.request(*last);
      picker.receive(*last);
      picker.release(*last);
      picker.store(*last);
      ++chosen;
    }
  }
  state.SetItemsProcessed(chosen);
  state.counters["per_piece"] =
      benchmark::Counter(static_cast<double>(chosen), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(picker_whole_content)->ArgNames({"pieces", "percent"})->ArgsProduct({{1'000, 10'000, kPieces}, {100, 50, 1}});

/// A neighbor that has little of what is open, as a leecher beside a seed: found by a scan.
void picker_few_by_scan(benchmark::State& state) {
  Random random(kSeed);
  const auto size = static_cast<std::uint32_t>(state.range(0));
  Picker picker{Bitfield(size)};
  picker.add_holder(Bitfield::full(size));
  const Bitfield few = bench::random_pieces(size, 1, random);
  picker.add_holder(few);
  for (auto _ : state) benchmark::DoNotOptimize(picker.pick(few, std::nullopt, random));
  state.SetComplexityN(size);
}
BENCHMARK(picker_few_by_scan)->RangeMultiplier(10)->Range(1'000, 1'000'000)->Complexity(benchmark::oN);

/// The same from a shortlist, by its length.
void picker_few_listed(benchmark::State& state) {
  Random random(kSeed);
  Picker picker{Bitfield(kPieces)};
  picker.add_holder(Bitfield::full(kPieces));
  Bitfield few(kPieces);
  while (few.count() < state.range(0)) few.set(PieceIndex{random.below(kPieces)});
  picker.add_holder(few);
  Shortlist shortlist;
  shortlist.list_all(few, picker.stored());
  for (auto _ : state) benchmark::DoNotOptimize(picker.pick(few, std::nullopt, random, &shortlist));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(picker_few_listed)->RangeMultiplier(4)->Range(1, Shortlist::kMost)->Complexity(benchmark::oN);

/// A link with a seed comes and goes.
void picker_seed_comes_and_goes(benchmark::State& state) {
  const auto size = static_cast<std::uint32_t>(state.range(0));
  Picker picker{Bitfield(size)};
  const Bitfield seed = Bitfield::full(size);
  for (auto _ : state) {
    picker.add_holder(seed);
    picker.remove_holder(seed);
  }
  state.SetComplexityN(size);
}
BENCHMARK(picker_seed_comes_and_goes)->RangeMultiplier(10)->Range(1'000, 1'000'000)->Complexity(benchmark::oN);

}  // namespace
}  // namespace p2p
