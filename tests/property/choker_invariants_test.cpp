// What the choker promises, after each of thousands of random operations; the interval's decision against the course's
// own words. With and without favored links.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <vector>

#include "protocol/random.hpp"
#include "protocol/swarm/choker.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using Links = std::set<std::uint32_t>;

Links numbers(std::span<const LinkId> links) {
  Links all;
  for (const LinkId link : links) all.insert(link.value);
  return all;
}

struct World {
  World(std::uint32_t slot_count, std::uint64_t seed) : slots(slot_count), choker(slot_count), random(seed) {}

  std::uint32_t slots;
  Choker choker;
  Random random;
  Links interested;
  Links favored;
  bool favors = false;  ///< Whether there are favored links at all.
  static constexpr std::uint32_t kLinks = 12;

  void require_promises() const {
    const Links preferred = numbers(choker.preferred());
    REQUIRE(preferred.size() == choker.preferred().size());  // no link twice
    REQUIRE(preferred.size() <= slots);
    REQUIRE(numbers(choker.interested()) == interested);
    Links unchoked;
    for (std::uint32_t i = 0; i < kLinks; ++i)
      if (choker.unchoked(LinkId{i})) unchoked.insert(i);
    Links expected = preferred;
    if (choker.optimistic()) expected.insert(choker.optimistic()->value);
    REQUIRE(unchoked == expected);
    REQUIRE(unchoked.size() <= slots + 1);

    // While somebody interested waits, every slot serves somebody who is interested too, or a favored one that has lost
    // its interest for a moment.
    Links waiting;
    std::ranges::set_difference(interested, unchoked, std::inserter(waiting, waiting.end()));
    if (waiting.empty()) return;
    REQUIRE(unchoked.size() == slots + 1);
    for (const std::uint32_t link : unchoked) REQUIRE((interested.contains(link) || favored.contains(link)));
    // Favored ones never wait for others.
    if (std::ranges::any_of(waiting, [&](std::uint32_t link) { return favored.contains(link); }))
      for (const std::uint32_t link : unchoked) REQUIRE((interested.contains(link) && favored.contains(link)));
  }

  void interval_ends() {
    std::map<std::uint32_t, std::pair<bool, std::uint64_t>> ranks;
    std::vector<Ranked> all;
    for (const LinkId link : choker.interested()) {
      ranks[link.value] = {favored.contains(link.value), random.below(5)};  // few values: many ties
      all.push_back({link, ranks[link.value].second});
    }
    choker.choose_preferred(all, random);
    const Links preferred = numbers(choker.preferred());
    REQUIRE(preferred.size() == std::min<std::size_t>(slots, interested.size()));
    REQUIRE(std::ranges::includes(interested, preferred));
    // Nobody who deserves more than a preferred neighbor was passed over.
    for (const std::uint32_t in : preferred)
      for (const std::uint32_t out : interested)
        if (!preferred.contains(out)) REQUIRE(ranks[in] >= ranks[out]);
  }

  void optimistic_interval_ends() {
    const auto before = choker.optimistic();
    Links waiting;
    for (const std::uint32_t link : interested)
      if (!choker.unchoked(LinkId{link})) waiting.insert(link);
    const Links preferred = numbers(choker.preferred());
    const bool by_rank = random.below(2) == 0;
    if (by_rank) {
      std::vector<Ranked> ranked;
      for (const LinkId link : choker.interested()) ranked.push_back({link, random.below(3)});
      choker.choose_optimistic(ranked, random);
    } else {
      choker.choose_optimistic(random);
    }
    REQUIRE(numbers(choker.preferred()) == preferred);
    const bool favored_holds = before && favored.contains(before->value) && interested.contains(before->value);
    if (waiting.empty() || favored_holds)
      REQUIRE(choker.optimistic() == before);
    else
      REQUIRE(waiting.contains(choker.optimistic().value().value));
  }

  void step() {
    const std::uint32_t link = random.below(kLinks);
    switch (random.below(favors ? 8 : 7)) {
      case 0:
      case 1:
      case 2:
        if (!interested.insert(link).second) return;
        return choker.on_interested(LinkId{link}, random);
      case 3:
        if (interested.erase(link) == 0) return;
        return choker.on_not_interested(LinkId{link}, random);
      case 4:
        interested.erase(link);
        favored.erase(link);
        choker.on_gone(LinkId{link}, random);
        REQUIRE_FALSE(choker.unchoked(LinkId{link}));
        return;
      case 5: return interval_ends();
      case 6: return optimistic_interval_ends();
      default:
        // A link is favored when it begins, before it says anything, and no more are than there are slots.
        if (interested.contains(link) || choker.unchoked(LinkId{link}) || favored.size() > slots) return;
        if (favored.insert(link).second) choker.favor(LinkId{link});
        return;
    }
  }
};

TEST_CASE("the choker keeps its promises under any operations", "[random]") {
  for (const std::uint32_t slots : {0u, 1u, 2u, 3u, 20u})
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      INFO(slots << " slots, seed " << seed);
      World world(slots, seed);
      world.favors = seed % 2 == 0;
      for (int operation = 0; operation < 4000; ++operation) {
        world.step();
        world.require_promises();
      }
    }
}

TEST_CASE("over many intervals everybody that waits is optimistic about as often", "[random]") {
  constexpr std::uint64_t kSeed = 20240619;
  INFO("seed " << kSeed);
  World world(1, kSeed);
  for (std::uint32_t link = 0; link < World::kLinks; ++link) {
    world.interested.insert(link);
    world.choker.on_interested(LinkId{link}, world.random);
  }
  std::map<std::uint32_t, int> turns;
  constexpr int kIntervals = 6600;
  for (int i = 0; i < kIntervals; ++i) {
    world.choker.choose_optimistic(world.random);
    ++turns[world.choker.optimistic()->value];
  }
  // One of the twelve is preferred all the time; the other eleven share.
  CHECK(turns.size() == World::kLinks - 1);
  for (const auto& [link, times] : turns)
    CHECK((times > kIntervals / 11 * 8 / 10 && times < kIntervals / 11 * 12 / 10));
}

}  // namespace
}  // namespace p2p
