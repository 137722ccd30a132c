// Whom to serve. Links are numbers here: 1 to 9.
#include "protocol/swarm/choker.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "tests/support/aborts.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

/// A choker with a source of randomness, spoken to in numbers.
class Chooser {
 public:
  explicit Chooser(std::uint32_t slots, std::uint64_t seed = 1) : choker(slots), random(seed) {}

  void favor(std::initializer_list<std::uint32_t> links) {
    for (const auto link : links) choker.favor(LinkId{link});
  }
  void interested(std::initializer_list<std::uint32_t> links) {
    for (const auto link : links) choker.on_interested(LinkId{link}, random);
  }
  void not_interested(std::uint32_t link) { choker.on_not_interested(LinkId{link}, random); }
  void gone(std::uint32_t link) { choker.on_gone(LinkId{link}, random); }

  /// The interval ends; whose rank is not given has rank 0.
  void interval_ends(const std::map<std::uint32_t, std::uint64_t>& ranks) {
    std::vector<Ranked> all;
    for (const LinkId link : choker.interested())
      all.push_back({link, ranks.contains(link.value) ? ranks.at(link.value) : 0});
    choker.choose_preferred(all, random);
  }
  void optimistic_interval_ends() { choker.choose_optimistic(random); }

  std::string preferred() const {
    std::vector<LinkId> links(choker.preferred().begin(), choker.preferred().end());
    std::ranges::sort(links);
    std::string picture;
    for (const LinkId link : links) picture += std::to_string(link.value);
    return picture;
  }
  std::uint32_t optimistic() const { return choker.optimistic() ? choker.optimistic()->value : 0; }
  /// All who may ask, "134".
  std::string unchoked() const {
    std::string picture;
    for (std::uint32_t i = 0; i < 10; ++i)
      if (choker.unchoked(LinkId{i})) picture += std::to_string(i);
    return picture;
  }

  Choker choker;
  Random random;
};

TEST_CASE("the optimistic slot goes to the highest rank of those that wait, and stays where none does", "[choker]") {
  Chooser c(1);
  c.interested({1, 2, 3, 4});
  const std::uint32_t holder = c.optimistic();
  const std::uint32_t preferred = static_cast<std::uint32_t>(std::stoul(c.preferred()));
  std::vector<std::uint32_t> waiting;
  for (const std::uint32_t link : {1u, 2u, 3u, 4u})
    if (link != holder && link != preferred) waiting.push_back(link);
  c.choker.choose_optimistic(std::vector<Ranked>{{LinkId{preferred}, 9}, {LinkId{holder}, 8}}, c.random);
  CHECK(c.optimistic() == holder);
  c.choker.choose_optimistic(
      std::vector<Ranked>{{LinkId{waiting[0]}, 1}, {LinkId{waiting[1]}, 2}, {LinkId{preferred}, 9}}, c.random);
  CHECK(c.optimistic() == waiting[1]);
  CHECK(c.preferred() == std::to_string(preferred));
}

TEST_CASE("nobody is served before anybody is interested", "[choker]") {
  Chooser c(2);
  c.interval_ends({});
  c.optimistic_interval_ends();
  CHECK(c.unchoked() == "");
}

TEST_CASE("free slots are filled as soon as neighbors become interested", "[choker]") {
  Chooser c(2);
  c.interested({1});
  CHECK(c.preferred() == "1");
  c.interested({2});
  CHECK(c.preferred() == "12");
  c.interested({3});
  CHECK(c.optimistic() == 3);
  c.interested({4});
  CHECK(c.unchoked() == "123");  // all slots are taken; 4 waits
}

TEST_CASE("at the end of an interval those of the highest rank are preferred", "[choker]") {
  Chooser c(2);
  c.interested({1, 2, 3, 4, 5});
  c.interval_ends({{1, 10}, {2, 50}, {3, 30}, {4, 40}, {5, 20}});
  CHECK(c.preferred() == "24");
  c.interval_ends({{1, 70}, {2, 0}, {3, 80}, {4, 0}, {5, 0}});
  CHECK(c.preferred() == "13");
}

TEST_CASE("who is not interested is not preferred, whatever its rank", "[choker]") {
  Chooser c(1);
  c.interested({1, 2});
  c.not_interested(1);
  c.interval_ends({{1, 1000}, {2, 1}});
  CHECK(c.preferred() == "2");
}

TEST_CASE("ties are broken at random", "[choker]") {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Chooser c(1, seed);
    c.interested({1, 2, 3});
    c.interval_ends({{1, 5}, {2, 5}, {3, 5}});
    ++seen[c.preferred()];
  }
  REQUIRE(seen.size() == 3);
  for (const auto& [who, times] : seen) CHECK(times > 50);
}

TEST_CASE("a tie does not lift anybody over one of a higher rank", "[choker]") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Chooser c(2, seed);
    c.interested({1, 2, 3, 4});
    c.interval_ends({{1, 0}, {2, 9}, {3, 0}, {4, 0}});
    CHECK(c.preferred().find('2') != std::string::npos);
  }
}

TEST_CASE("with the same rank for all, as when we are complete, each is preferred as often", "[choker]") {
  std::map<char, int> seen;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    Chooser c(2, seed);
    c.interested({1, 2, 3, 4});
    c.interval_ends({});
    REQUIRE(c.preferred().size() == 2);
    for (const char who : c.preferred()) ++seen[who];
  }
  REQUIRE(seen.size() == 4);
  for (const auto& [who, times] : seen) CHECK((times > 140 && times < 260));
}

TEST_CASE("an idle slot goes to one that waits at once", "[choker]") {
  Chooser c(1);
  c.interested({1, 2, 3});  // 1 preferred, 2 optimistic
  SECTION("its holder is no longer interested") {
    c.not_interested(1);
    CHECK(c.preferred() == "3");
    CHECK(c.unchoked() == "23");
  }
  SECTION("its holder is gone") {
    c.gone(1);
    CHECK(c.preferred() == "3");
  }
  SECTION("the optimistic one is no longer interested") {
    c.not_interested(2);
    CHECK(c.optimistic() == 3);
  }
  SECTION("the optimistic one is gone") {
    c.gone(2);
    CHECK(c.optimistic() == 3);
  }
}

TEST_CASE("a slot stays with one that is not interested as long as nobody else wants it", "[choker]") {
  Chooser c(1);
  c.interested({1});
  c.not_interested(1);
  CHECK(c.unchoked() == "1");
  c.interested({2});
  CHECK(c.unchoked() == "2");
}

TEST_CASE("the end of an interval takes the slot of one that is not interested", "[choker]") {
  Chooser c(1);
  c.interested({1});
  c.not_interested(1);
  c.interval_ends({});
  CHECK(c.unchoked() == "");
}

TEST_CASE("the optimistic neighbor is one of the choked and interested, each with the same chance", "[choker]") {
  std::map<std::uint32_t, int> seen;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Chooser c(1, seed);
    c.interested({1, 2, 3, 4, 5});
    REQUIRE(c.preferred() == "1");
    REQUIRE(c.optimistic() == 2);
    c.optimistic_interval_ends();
    ++seen[c.optimistic()];
  }
  CHECK(seen[1] == 0);
  CHECK(seen[2] == 0);  // was unchoked already
  for (const std::uint32_t link : {3u, 4u, 5u}) CHECK(seen[link] > 50);
}

TEST_CASE("the old optimistic neighbor is choked when a new one is chosen", "[choker]") {
  Chooser c(1);
  c.interested({1, 2, 3});
  REQUIRE(c.optimistic() == 2);
  c.optimistic_interval_ends();
  CHECK(c.optimistic() == 3);
  CHECK(c.unchoked() == "13");
}

TEST_CASE("with nobody waiting the optimistic neighbor stays", "[choker]") {
  Chooser c(1);
  c.interested({1, 2});
  c.optimistic_interval_ends();
  CHECK(c.optimistic() == 2);
  CHECK(c.unchoked() == "12");
}

TEST_CASE("an optimistic neighbor that becomes preferred frees the optimistic slot", "[choker]") {
  Chooser c(1);
  c.interested({1, 2, 3});
  REQUIRE(c.optimistic() == 2);
  c.interval_ends({{2, 100}});
  CHECK(c.preferred() == "2");
  CHECK((c.optimistic() == 1 || c.optimistic() == 3));
}

TEST_CASE("an optimistic neighbor that is preferred too takes one slot, and the other is free", "[choker]") {
  Chooser c(1);
  c.interested({1, 2});
  c.not_interested(1);
  c.interval_ends({{2, 100}});
  REQUIRE(c.preferred() == "2");
  REQUIRE(c.unchoked() == "2");
  c.interested({3});
  CHECK(c.unchoked() == "23");
  CHECK(c.optimistic() == 3);
}

TEST_CASE("without preferred slots only the optimistic neighbor is served", "[choker]") {
  Chooser c(0);
  c.interested({1, 2});
  CHECK(c.unchoked() == "1");
  c.interval_ends({{2, 100}});
  CHECK(c.unchoked() == "1");
  c.optimistic_interval_ends();
  CHECK(c.unchoked() == "2");
}

TEST_CASE("a link that is gone leaves nothing behind for the next with its number", "[choker]") {
  Chooser c(1);
  c.interested({1});
  c.gone(1);
  CHECK(c.unchoked() == "");
  CHECK(c.choker.interested().empty());
  c.interested({1});
  CHECK(c.unchoked() == "1");
}

TEST_CASE("a link that was never interested may go", "[choker]") {
  Chooser c(1);
  c.interested({1});
  c.gone(7);
  CHECK(c.unchoked() == "1");
}

// --- favored links: the cooperative policy
// -----------------------------------------------------------------------------

TEST_CASE("a favored link takes a slot from another at once", "[choker]") {
  Chooser c(1);
  c.favor({3});
  c.interested({1, 2});
  REQUIRE(c.unchoked() == "12");
  c.interested({3});
  CHECK(c.preferred() == "3");
  CHECK((c.optimistic() == 1 || c.optimistic() == 2));
}

TEST_CASE("favored links come before all others, whatever the ranks", "[choker]") {
  Chooser c(2);
  c.favor({1, 2});
  c.interested({1, 2, 3, 4});
  c.interval_ends({{3, 100}, {4, 100}});
  CHECK(c.preferred() == "12");
}

TEST_CASE("slots that favored links leave go to others by rank", "[choker]") {
  Chooser c(2);
  c.favor({1, 2});
  c.interested({1, 3, 4});
  c.interval_ends({{3, 1}, {4, 100}});
  CHECK(c.preferred() == "14");
}

TEST_CASE("a favored link that loses interest for a moment keeps its slot until the interval ends", "[choker]") {
  Chooser c(1);
  c.favor({1});
  c.interested({1, 2, 3});
  REQUIRE(c.preferred() == "1");
  c.not_interested(1);
  CHECK(c.preferred() == "1");
  c.interested({1});
  c.not_interested(1);
  c.interval_ends({});
  CHECK(c.preferred().find('1') == std::string::npos);
  CHECK(c.unchoked() == "23");
}

TEST_CASE("a favored link that waits is served before the slot of another that is not interested", "[choker]") {
  Chooser c(1);
  c.favor({1, 2, 3});
  c.interested({1, 2});
  c.not_interested(1);
  c.interested({3});
  CHECK(c.unchoked() == "23");
}

TEST_CASE("a favored optimistic neighbor keeps its slot while it is interested", "[choker]") {
  Chooser c(1);
  c.favor({1, 2});
  c.interested({1, 2, 3, 4});
  REQUIRE(c.unchoked() == "12");
  for (int i = 0; i < 10; ++i) c.optimistic_interval_ends();
  CHECK(c.unchoked() == "12");
}

TEST_CASE("a link that is gone is not favored when its number comes again", "[choker]") {
  Chooser c(1);
  c.favor({3});
  c.gone(3);
  c.interested({1, 2, 3});
  CHECK(c.unchoked() == "12");
}

TEST_CASE("interest that does not change, a second favor, or a list of other links is our own bug", "[choker]") {
  Chooser c(1);
  c.interested({1});
  CHECK(test::aborts([&] { c.interested({1}); }));
  CHECK(test::aborts([&] { c.not_interested(2); }));
  c.favor({1});
  CHECK(test::aborts([&] { c.favor({1}); }));
  CHECK(test::aborts([&] { c.choker.choose_preferred({}, c.random); }));
}

// --- who wastes a slot
// ---------------------------------------------------------------------------------------------------

TEST_CASE("who wastes a slot loses it to one that waits", "[choker]") {
  Chooser c(1);
  c.interested({1, 2});
  REQUIRE(c.unchoked() == "12");
  c.choker.on_wasted(LinkId{1}, c.random);
  CHECK(c.unchoked() == "12");  // nobody waits
  c.interested({3});
  CHECK(c.unchoked() == "23");
  c.choker.on_wasted(LinkId{2}, c.random);
  CHECK(c.unchoked() == "13");  // of those who wasted one, the first gets the next
}

TEST_CASE("at an interval's end who wasted a slot comes last, whatever it gave", "[choker]") {
  Chooser c(1);
  c.interested({1, 2, 3});
  for (const std::uint32_t link : {1u, 2u})
    if (c.choker.unchoked(LinkId{link})) c.choker.on_wasted(LinkId{link}, c.random);
  REQUIRE(c.choker.unchoked(LinkId{3}));
  const bool first_wasted = !c.choker.unchoked(LinkId{1});
  c.interval_ends({{1, 100}, {2, 100}, {3, 0}});
  CHECK(c.preferred() == "3");
  c.choker.on_used(LinkId{1});
  c.choker.on_used(LinkId{2});
  c.interval_ends({{first_wasted ? 1u : 2u, 100}, {3, 0}});
  CHECK(c.preferred() == (first_wasted ? "1" : "2"));
}

TEST_CASE("who wasted a slot gets another chance every second optimistic interval", "[choker]") {
  Chooser c(0);
  c.interested({1});
  c.choker.on_wasted(LinkId{1}, c.random);
  c.interested({2, 3});
  CHECK(c.unchoked() != "1");
  int chances = 0;
  for (int i = 0; i < 10; ++i) {
    c.optimistic_interval_ends();
    if (c.optimistic() != 1) continue;
    ++chances;
    c.choker.on_wasted(LinkId{1}, c.random);
    CHECK(c.optimistic() != 1);
  }
  CHECK(chances == 5);
}

TEST_CASE("a link's id that comes again as another neighbor's has wasted nothing", "[choker]") {
  Chooser c(0);
  c.interested({1, 2});
  c.choker.on_wasted(LinkId{1}, c.random);
  REQUIRE(c.unchoked() == "2");
  c.gone(1);
  c.gone(2);
  c.interested({1, 3});
  CHECK(c.unchoked() == "1");
}

}  // namespace
}  // namespace p2p
