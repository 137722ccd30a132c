// Bitfield: single pieces, whole sets, and the form on the wire.
#include "protocol/bitfield.hpp"

#include <benchmark/benchmark.h>

#include "bench/micro/sizes.hpp"

namespace p2p {
namespace {

using bench::kPieces;
using bench::kSeed;

void bitfield_set_and_reset(benchmark::State& state) {
  Random random(kSeed);
  Bitfield pieces(kPieces);
  for (auto _ : state) {
    const PieceIndex piece{random.below(kPieces)};
    benchmark::DoNotOptimize(pieces.set(piece) || pieces.reset(piece));
  }
}
BENCHMARK(bitfield_set_and_reset);

/// What interest is computed from when a bitfield comes.
void bitfield_count_without(benchmark::State& state) {
  Random random(kSeed);
  const auto size = static_cast<std::uint32_t>(state.range(0));
  const Bitfield ours = bench::random_pieces(size, 50, random);
  const Bitfield theirs = bench::random_pieces(size, 50, random);
  for (auto _ : state) benchmark::DoNotOptimize(theirs.count_without(ours));
  state.SetComplexityN(size);
}
BENCHMARK(bitfield_count_without)->RangeMultiplier(10)->Range(1'000, 1'000'000)->Complexity(benchmark::oN);

void bitfield_for_each_common(benchmark::State& state) {
  Random random(kSeed);
  const auto percent = static_cast<std::uint32_t>(state.range(0));
  const Bitfield ours = bench::random_pieces(kPieces, percent, random);
  const Bitfield theirs = bench::random_pieces(kPieces, percent, random);
  for (auto _ : state) {
    std::uint64_t sum = 0;
    ours.for_each_common(theirs, [&](PieceIndex piece) { sum += piece.value; });
    benchmark::DoNotOptimize(sum);
  }
}
BENCHMARK(bitfield_for_each_common)->ArgName("percent")->Arg(1)->Arg(50)->Arg(100);

void bitfield_to_wire(benchmark::State& state) {
  Random random(kSeed);
  const Bitfield pieces = bench::random_pieces(kPieces, 50, random);
  std::vector<std::byte> wire;
  for (auto _ : state) {
    wire.clear();
    pieces.append_wire(wire);
    benchmark::DoNotOptimize(wire.data());
  }
}
BENCHMARK(bitfield_to_wire);

void bitfield_from_wire(benchmark::State& state) {
  Random random(kSeed);
  std::vector<std::byte> wire;
  bench::random_pieces(kPieces, 50, random).append_wire(wire);
  for (auto _ : state) benchmark::DoNotOptimize(Bitfield::from_wire(wire, kPieces));
}
BENCHMARK(bitfield_from_wire);

}  // namespace
}  // namespace p2p
