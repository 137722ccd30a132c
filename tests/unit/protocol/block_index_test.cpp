// Blocks of an old file are found at any offset of other bytes.
#include "protocol/delta/block_index.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/delta_run.hpp"

namespace p2p {
namespace {

using test::noise;
using test::operator+;

BlockIndex index_of(const Bytes& old, std::uint32_t block_size = 64) {
  BlockIndex index(block_size);
  index.add(old);
  index.finish();
  return index;
}

TEST_CASE("A hash that rolls is the hash of the window") {
  const Bytes bytes = noise(1, 1000);
  RollingHash rolling(48), fresh(48);
  rolling.reset(std::span(bytes).first(48));
  for (std::size_t at = 1; at + 48 <= bytes.size(); ++at) {
    rolling.roll(bytes[at - 1], bytes[at + 47]);
    fresh.reset(std::span(bytes).subspan(at, 48));
    REQUIRE(rolling.value() == fresh.value());
  }
}

TEST_CASE("Where bytes come from is told for their beginning and for their end") {
  const Bytes old = noise(1, 10'000);
  const BlockIndex index = index_of(old);
  const Bytes early(old.begin() + 1'001, old.begin() + 2'001), late(old.begin() + 7'003, old.begin() + 8'003);
  const Shifts shifts = index.find(early + noise(2, 500) + late, 100'000);
  CHECK(shifts.head == std::vector<Shift>{1'001 - 100'000});
  CHECK(shifts.tail == std::vector<Shift>{7'003 - 101'500});
}

TEST_CASE("Common bytes of two blocks' length are found at every offset") {
  const Bytes old = noise(1, 5'000);
  const BlockIndex index = index_of(old);
  for (std::size_t from = 0; from + 127 <= 4'900; from += 37) {
    const Bytes common(old.begin() + static_cast<std::ptrdiff_t>(from),
                       old.begin() + static_cast<std::ptrdiff_t>(from + 127));
    const Shifts shifts = index.find(noise(2, from % 91) + common + noise(3, 10), 0);
    REQUIRE(shifts.tail == std::vector<Shift>{static_cast<Shift>(from) - static_cast<Shift>(from % 91)});
  }
}

TEST_CASE("Bytes that are not there come from nowhere") {
  const BlockIndex index = index_of(noise(1, 10'000));
  CHECK(index.find(noise(2, 10'000), 0).head.empty());
  CHECK(index.find(noise(2, 63), 0).tail.empty());
  CHECK(index.find({}, 0).tail.empty());
  CHECK(index_of({}).find(noise(2, 1'000), 0).tail.empty());
  CHECK(index_of(noise(1, 63)).find(noise(1, 63), 0).tail.empty());
}

TEST_CASE("A block with several places has them all, and one with many has none") {
  const Bytes twice = noise(1, 64) + noise(1, 64);
  CHECK(index_of(twice).find(noise(1, 64), 0).head == std::vector<Shift>{0, 64});
  CHECK(index_of(Bytes(10'000)).find(Bytes(1'000), 0).head.empty());
}

TEST_CASE("The index of a large file stays small") {
  CHECK(BlockIndex::block_size_for(1) == BlockIndex::kSmallestBlock);
  CHECK(BlockIndex::block_size_for(64u << 20) == BlockIndex::kSmallestBlock);
  for (const std::uint64_t size : {1ull << 30, 1ull << 36, 1ull << 42})
    CHECK(size / BlockIndex::block_size_for(size) <= BlockIndex::kMostBlocks);
}

}  // namespace
}  // namespace p2p
