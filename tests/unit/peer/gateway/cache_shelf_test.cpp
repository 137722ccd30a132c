#include "peer/gateway/cache_shelf.hpp"

#include <algorithm>
#include <vector>

#include "protocol/random.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

ContentId id_of(std::uint32_t number) {
  ContentId id{};
  id[0] = static_cast<std::byte>(number);
  return id;
}

TEST_CASE("the least recently read goes first, and as little as needed") {
  CacheShelf shelf(100);
  for (const std::uint32_t each : {1u, 2u, 3u}) shelf.put(id_of(each), 30);
  CHECK(shelf.evictable().empty());
  CHECK(shelf.evictable(10).empty());
  CHECK(shelf.evictable(11) == std::vector{id_of(1)});
  shelf.touch(id_of(1));
  CHECK(shelf.evictable(11) == std::vector{id_of(2)});
  CHECK(shelf.evictable(50) == std::vector{id_of(2), id_of(3)});
  shelf.put(id_of(3), 60);
  CHECK(shelf.bytes() == 120);
  CHECK(shelf.evictable() == std::vector{id_of(2)});
}

TEST_CASE("what is in use stays, and what is larger than the cache gives up a part of itself") {
  CacheShelf shelf(100);
  shelf.put(id_of(1), 80);
  shelf.put(id_of(2), 50);
  shelf.set_in_use(id_of(1), true);
  CHECK(shelf.evictable() == std::vector{id_of(2)});
  CHECK_FALSE(shelf.excess());
  shelf.remove(id_of(2));
  shelf.put(id_of(1), 110);
  CHECK(shelf.evictable().empty());
  CHECK(shelf.excess() == CacheShelf::Excess{id_of(1), 35});
  shelf.set_in_use(id_of(1), false);
  CHECK(shelf.evictable() == std::vector{id_of(1)});
  CHECK_FALSE(shelf.excess());
}

/// All that is known of the contents, the one first that was read longest ago.
struct Kept {
  ContentId id;
  std::uint64_t bytes;
  bool in_use;
};

TEST_CASE("a shelf is what its model is after any operations", "[random]") {
  constexpr std::uint64_t kSeed = 20261127;
  INFO("seed " << kSeed);
  Random random(kSeed);
  constexpr std::uint64_t kCapacity = 1000;
  CacheShelf shelf(kCapacity);
  std::vector<Kept> model;
  int evicted = 0;
  int trimmed = 0;
  for (int operation = 0; operation < 20'000; ++operation) {
    const ContentId id = id_of(random.below(12));
    const auto at = std::ranges::find(model, id, &Kept::id);
    switch (random.below(6)) {
      case 0:
      case 1: {
        const std::uint64_t bytes = random.below(4) == 0 ? 0 : random.below(random.below(10) == 0 ? 1500 : 300);
        shelf.put(id, bytes);
        if (at == model.end())
          model.push_back({id, bytes, false});
        else
          at->bytes = bytes;
        break;
      }
      case 2:
        shelf.touch(id);
        if (at != model.end()) std::rotate(at, at + 1, model.end());
        break;
      case 3:
      case 4: {
        const bool in_use = random.below(4) > 0;
        shelf.set_in_use(id, in_use);
        if (at != model.end()) at->in_use = in_use;
        break;
      }
      default:
        if (random.below(3) > 0) break;
        shelf.remove(id);
        if (at != model.end()) model.erase(at);
    }
    std::uint64_t sum = 0;
    for (const Kept& each : model) sum += each.bytes;
    REQUIRE(shelf.bytes() == sum);
    const std::uint64_t more = random.below(3) == 0 ? random.below(1200) : 0;
    std::vector<ContentId> expected;
    std::uint64_t left = sum;
    for (const Kept& each : model) {
      if (left + more <= kCapacity) break;
      if (each.in_use || each.bytes == 0) continue;
      expected.push_back(each.id);
      left -= each.bytes;
    }
    REQUIRE(shelf.evictable(more) == expected);
    evicted += !expected.empty();
    const auto excess = shelf.excess();
    REQUIRE(excess.has_value() == (sum > kCapacity && shelf.evictable().empty()));
    if (!excess) continue;
    ++trimmed;
    const auto given = std::ranges::find(model, excess->id, &Kept::id);
    REQUIRE(given->in_use);
    REQUIRE(std::ranges::all_of(model, [&](const Kept& each) { return each.bytes <= given->bytes; }));
    REQUIRE(excess->bytes > 0);
    REQUIRE(excess->bytes <= given->bytes);
    REQUIRE(excess->bytes == std::min(given->bytes, sum - kCapacity + kCapacity / 4));
  }
  CHECK(evicted > 1000);
  CHECK(trimmed > 100);
}

}  // namespace
}  // namespace p2p
