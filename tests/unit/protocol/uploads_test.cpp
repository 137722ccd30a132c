// What neighbors and listeners are told of who is served, and when it is decided.
#include "protocol/swarm/uploads.hpp"

#include <set>

#include "tests/support/aborts.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

PeerId owner(LinkId link) { return PeerId{1000 + link.value % 100}; }

/// Uploads, and what each link was told last.
struct Slots {
  explicit Slots(std::uint32_t preferred = 1) : uploads({preferred, 5s, 15s}, kStart) {}

  Uploads::Changes take() {
    Uploads::Changes changes = uploads.take_changes(owner);
    for (const LinkId link : changes.choke) CHECK(unchoked.erase(link) == 1);
    for (const LinkId link : changes.unchoke) CHECK(unchoked.insert(link).second);
    CHECK(std::set<LinkId>(uploads.told_unchoked().begin(), uploads.told_unchoked().end()) == unchoked);
    return changes;
  }
  void is_interested(std::uint32_t link) { uploads.on_interested(LinkId{link}, random); }
  void rank(std::initializer_list<Ranked> ranked) { uploads.choose_preferred(std::vector(ranked), now, random); }

  Instant now = kStart;
  Random random{7};
  Uploads uploads;
  std::set<LinkId> unchoked;
};

TEST_CASE("a link is told once, and nothing when nothing has changed", "[uploads]") {
  Slots slots;
  slots.is_interested(1);
  const auto first = slots.take();
  CHECK(first.unchoke == std::vector{LinkId{1}});
  CHECK(first.preferred == std::vector{PeerId{1001}});
  const auto second = slots.take();
  CHECK(second.choke.empty());
  CHECK(second.unchoke.empty());
  CHECK_FALSE(second.preferred);
  CHECK_FALSE(second.optimistic);
}

TEST_CASE("who loses its slot is told before who gets it", "[uploads]") {
  Slots slots;
  for (const std::uint32_t link : {1u, 2u, 3u}) slots.is_interested(link);
  slots.take();
  REQUIRE(slots.unchoked.size() == 2);
  slots.rank({{LinkId{1}, 1}, {LinkId{2}, 2}, {LinkId{3}, 3}});
  const auto changes = slots.take();
  CHECK(slots.unchoked.contains(LinkId{3}));
  CHECK(changes.preferred == std::vector{PeerId{1003}});
}

TEST_CASE("a link that is gone is told nothing, and its number is another's", "[uploads]") {
  Slots slots;
  slots.is_interested(1);
  slots.take();
  slots.uploads.on_gone(LinkId{1}, slots.random);
  slots.unchoked.erase(LinkId{1});
  CHECK(slots.take().choke.empty());
  slots.is_interested(1);
  CHECK(slots.take().unchoke == std::vector{LinkId{1}});
}

TEST_CASE("listeners hear of neighbors: a new link of the same one changes nothing for them", "[uploads]") {
  Slots slots;
  slots.is_interested(1);
  slots.take();
  slots.uploads.on_gone(LinkId{1}, slots.random);
  slots.unchoked.erase(LinkId{1});
  slots.is_interested(101);  // 1001 on another link
  const auto changes = slots.take();
  CHECK(changes.unchoke == std::vector{LinkId{101}});
  CHECK_FALSE(changes.preferred);
}

TEST_CASE("each interval ends when it is due, and the next one begins then", "[uploads]") {
  Slots slots;
  CHECK(slots.uploads.next_deadline() == kStart + 5s);
  CHECK_FALSE(slots.uploads.interval_ends(kStart + 4999ms));
  CHECK(slots.uploads.interval_ends(kStart + 5s));
  slots.now = kStart + 6s;  // a late timer
  slots.rank({});
  CHECK_FALSE(slots.uploads.interval_ends(kStart + 10999ms));
  CHECK(slots.uploads.interval_ends(kStart + 11s));
  CHECK_FALSE(slots.uploads.optimistic_interval_ends(kStart + 14999ms));
  CHECK(slots.uploads.optimistic_interval_ends(kStart + 15s));
  slots.uploads.choose_optimistic(kStart + 15s, slots.random);
  CHECK_FALSE(slots.uploads.optimistic_interval_ends(kStart + 16s));
}

TEST_CASE("an interval of no length is a fault of the caller", "[uploads]") {
  CHECK(test::aborts([] { Uploads({1, 0s, 15s}, kStart); }));
  CHECK(test::aborts([] { Uploads({1, 5s, 0s}, kStart); }));
}

TEST_CASE("whatever happens, links were told what is so", "[uploads]") {
  const unsigned seed = GENERATE(range(1u, 20u));
  Random choices(seed);
  Slots slots(2);
  std::set<std::uint32_t> interested;
  for (int step = 0; step < 2000; ++step) {
    const auto link = static_cast<std::uint32_t>(choices.below(8));
    switch (choices.below(6)) {
      case 0:
        if (interested.insert(link).second) slots.is_interested(link);
        break;
      case 1:
        if (interested.erase(link)) slots.uploads.on_not_interested(LinkId{link}, slots.random);
        break;
      case 2:
        interested.erase(link);
        slots.uploads.on_gone(LinkId{link}, slots.random);
        slots.unchoked.erase(LinkId{link});
        break;
      case 3: {
        std::vector<Ranked> ranked;
        for (const LinkId each : slots.uploads.interested()) ranked.push_back({each, choices.below(3)});
        slots.uploads.choose_preferred(ranked, slots.now, slots.random);
        break;
      }
      case 4: slots.uploads.on_wasted(LinkId{link}, slots.random); break;
      default: slots.now += 4s; slots.uploads.choose_optimistic(slots.now, slots.random);
    }
    if (choices.below(3) == 0) slots.take();
    CHECK(slots.uploads.told_unchoked().size() <= 3);
  }
}

}  // namespace
}  // namespace p2p
