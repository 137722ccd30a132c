// Updates by random edits against a model that looks for each piece at every offset of the old file.
#include <algorithm>

#include "protocol/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/delta_run.hpp"

namespace p2p {
namespace {

using test::DeltaRun;
using test::noise;
using test::operator+;

constexpr std::uint32_t kPiece = 512;
constexpr std::uint32_t kBlock = 16;

Bytes part(const Bytes& bytes, std::size_t begin, std::size_t end) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.begin() + static_cast<std::ptrdiff_t>(end)};
}

/// Puts in, takes out, replaces or moves something.
Bytes edited(const Bytes& bytes, Random& random) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  const std::uint32_t at = random.below(size);
  const std::uint32_t length = std::min(1 + random.below(random.below(3) == 0 ? 4'000 : 100), size - at);
  const Bytes front = part(bytes, 0, at), rest = part(bytes, at + length, size);
  switch (random.below(4)) {
    case 0: return front + noise(random.next(), length) + part(bytes, at, size);
    case 1: return front + rest;
    case 2: return front + noise(random.next(), length) + rest;
    default: return rest + part(bytes, at, at + length) + front;
  }
}

/// How many pieces are nowhere in the old file.
std::uint32_t new_pieces(const Bytes& before, const Bytes& after) {
  std::uint32_t count = 0;
  for (std::size_t at = 0; at < after.size(); at += kPiece) {
    const Bytes piece = part(after, at, std::min<std::size_t>(at + kPiece, after.size()));
    count += std::search(before.begin(), before.end(), piece.begin(), piece.end()) == before.end();
  }
  return count;
}

TEST_CASE("Whatever was edited, everything comes, and little of it that the old file has") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Bytes before = noise(seed, 20'000 + random.below(60'000));
    Bytes after = before;
    const std::uint32_t edits = random.below(6);
    for (std::uint32_t i = 0; i < edits && after.size() > kPiece; ++i) after = edited(after, random);
    if (after.empty()) continue;
    const std::uint32_t needed = new_pieces(before, after);
    const DeltaRun run(before, after, kPiece, {}, kBlock, 1 + random.below(8));
    REQUIRE(run.complete);
    REQUIRE(run.fetched >= needed);
    // A seam may lie where pieces meet, a small gap is fetched as it is, and beyond what is new a quarter as much may
    // come.
    REQUIRE(run.fetched <= needed + needed / 4 + 4 * edits);
  }
}

}  // namespace
}  // namespace p2p
