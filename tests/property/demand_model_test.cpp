// What readers want against a model that looks at every reader and every piece.
#include <set>
#include <vector>

#include "protocol/random.hpp"
#include "protocol/swarm/demand.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

constexpr std::uint32_t kSize = 150;
std::set<std::uint32_t> wanted_by(const std::vector<PieceRange>& ranges) {
  std::set<std::uint32_t> pieces;
  for (const PieceRange& range : ranges)
    for (std::uint32_t i = range.first; i < range.end && i < kSize; ++i) pieces.insert(i);
  return pieces;
}

TEST_CASE("a piece is wanted exactly while it is before some reader", "[random]") {
  constexpr std::uint64_t kSeed = 20261127;
  INFO("seed " << kSeed);
  Random random(kSeed);
  Bitfield stored(kSize);
  for (std::uint32_t i = 0; i < kSize / 4; ++i) stored.set(PieceIndex{random.below(kSize)});
  Demand demand(stored);
  std::vector<PieceRange> readers;
  int changes = 0;
  for (int operation = 0; operation < 5000; ++operation) {
    const PieceIndex piece{random.below(kSize)};
    const std::set<std::uint32_t> before = wanted_by(readers);
    switch (random.below(4)) {
      case 0:
        if (stored.set(piece)) CHECK(demand.on_stored(piece) == before.contains(piece.value));
        break;
      case 1:
        if (stored.reset(piece)) demand.on_lost(piece);
        break;
      default: {
        // A reader comes, goes, or moves on.
        if (readers.empty() || random.below(4) == 0) readers.push_back({random.below(kSize), random.below(2 * kSize)});
        const std::uint32_t at = random.below(static_cast<std::uint32_t>(readers.size()));
        if (random.below(4) == 0)
          readers.erase(readers.begin() + at);
        else
          readers[at].first += random.below(10);
        std::set<std::uint32_t> changed;
        for (const PieceIndex each : demand.set(readers)) REQUIRE(changed.insert(each.value).second);
        const std::set<std::uint32_t> after = wanted_by(readers);
        for (std::uint32_t i = 0; i < kSize; ++i)
          REQUIRE(changed.contains(i) == (before.contains(i) != after.contains(i)));
        changes += !changed.empty();
      }
    }
    const std::set<std::uint32_t> wanted = wanted_by(readers);
    for (std::uint32_t i = 0; i < kSize; ++i) {
      REQUIRE(demand.wants(PieceIndex{i}) == wanted.contains(i));
      REQUIRE(demand.unwanted().test(PieceIndex{i}) == (stored.test(PieceIndex{i}) || !wanted.contains(i)));
    }
  }
  CHECK(changes > 500);
}

}  // namespace
}  // namespace p2p
