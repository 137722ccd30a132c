// Decoder: the two messages that a swarm is full of, in reads as sockets give them: single segments of a network, what
// one read takes, and a stream in odd small parts.
#include "protocol/wire/decoder.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>

#include "bench/micro/sizes.hpp"

namespace p2p {
namespace {

using bench::kPieces;
using bench::kSeed;

constexpr std::uint32_t kPieceSize = 16 * 1024;
const Geometry kGeometry(std::uint64_t{kPieces} * kPieceSize, kPieceSize);

Decoder greeted_decoder() {
  Decoder decoder(kGeometry);
  Bytes handshake;
  append_handshake({PeerId{1001}, {}}, handshake);
  std::span<const std::byte> input(handshake);
  benchmark::DoNotOptimize(decoder.next(input));
  return decoder;
}

/// Decodes the stream in reads of `read` bytes, stepping over payloads as the shell does. How many messages it has.
std::int64_t decode(Decoder& decoder, const Bytes& stream, std::size_t read) {
  std::int64_t messages = 0;
  for (std::size_t at = 0; at < stream.size(); at += read) {
    auto input = std::span(stream).subspan(at, std::min(read, stream.size() - at));
    while (!input.empty()) {
      if (const auto left = std::min<std::size_t>(decoder.payload_left(), input.size()); left > 0) {
        decoder.payload_taken(static_cast<std::uint32_t>(left));
        input = input.subspan(left);
        continue;
      }
      const Decoded item = decoder.next(input);
      messages += std::holds_alternative<Message>(item);
      benchmark::DoNotOptimize(item);
    }
  }
  return messages;
}

void run(benchmark::State& state, const Bytes& stream) {
  Decoder decoder = greeted_decoder();
  std::int64_t messages = 0;
  for (auto _ : state) messages += decode(decoder, stream, static_cast<std::size_t>(state.range(0)));
  state.SetItemsProcessed(messages);
  state.counters["per_message"] =
      benchmark::Counter(static_cast<double>(messages), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void decoder_haves(benchmark::State& state) {
  Random random(kSeed);
  Bytes stream;
  for (int i = 0; i < 10'000; ++i) append_indexed(MessageType::have, PieceIndex{random.below(kPieces)}, stream);
  run(state, stream);
}
BENCHMARK(decoder_haves)->ArgName("read")->Arg(7)->Arg(1448)->Arg(16 * 1024)->Arg(256 * 1024);

void decoder_piece_heads(benchmark::State& state) {
  Random random(kSeed);
  Bytes stream;
  for (int i = 0; i < 64; ++i) {
    append_piece_head({PieceIndex{random.below(kPieces)}, kPieceSize}, stream);
    stream.resize(stream.size() + kPieceSize);
  }
  run(state, stream);
}
BENCHMARK(decoder_piece_heads)->ArgName("read")->Arg(1448)->Arg(16 * 1024)->Arg(256 * 1024);

}  // namespace
}  // namespace p2p
