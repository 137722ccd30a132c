// Which piece to ask for.
#include "protocol/swarm/picker.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "tests/support/aborts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/piece_map.hpp"

namespace p2p {
namespace {

using test::pieces;
using State = Picker::State;

/// Every piece that pick() gives in many tries, to a link that was given nothing yet.
std::set<std::uint32_t> picks(const Picker& picker, std::string_view neighbor) {
  Random random(1);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 200; ++i)
    if (const auto piece = picker.pick(pieces(neighbor), std::nullopt, random)) seen.insert(piece->value);
  return seen;
}

using Set = std::set<std::uint32_t>;

TEST_CASE("only pieces that the neighbor has and we lack are picked", "[picker]") {
  Picker picker(pieces("10000"));
  picker.add_holder(pieces("11010"));
  CHECK(picks(picker, "11010") == Set{1, 3});
  CHECK(picks(picker, "10000") == Set{});
  CHECK(picks(picker, "00000") == Set{});
}

TEST_CASE("the rarest are picked, at random among equals", "[picker]") {
  Picker picker(pieces("00000"));
  picker.add_holder(pieces("11111"));
  picker.add_holder(pieces("11010"));
  picker.add_holder(pieces("10010"));
  CHECK(picks(picker, "11111") == Set{2, 4});
  CHECK(picks(picker, "11010") == Set{1});
  CHECK(picks(picker, "10010") == Set{0, 3});
}

TEST_CASE("haves and leaving holders change what is rare", "[picker]") {
  Picker picker(pieces("000"));
  picker.add_holder(pieces("111"));
  picker.add_holder(pieces("110"));
  CHECK(picks(picker, "111") == Set{2});
  picker.add_holder(PieceIndex{2});
  picker.add_holder(PieceIndex{2});
  CHECK(picker.availability(PieceIndex{2}) == 3);
  CHECK(picks(picker, "111") == Set{0, 1});
  picker.remove_holder(pieces("100"));
  CHECK(picks(picker, "111") == Set{0});
}

TEST_CASE("a piece that was asked of somebody is not picked again", "[picker]") {
  Picker picker(pieces("000"));
  picker.add_holder(pieces("111"));
  picker.request(PieceIndex{1});
  CHECK(picker.state(PieceIndex{1}) == State::requested);
  CHECK(picker.open_count() == 2);
  CHECK(picks(picker, "111") == Set{0, 2});
}

TEST_CASE("a released piece is open again when the last one that was asked releases it", "[picker]") {
  Picker picker(pieces("000"));
  picker.add_holder(pieces("111"));
  picker.request(PieceIndex{1});
  picker.request(PieceIndex{1});
  CHECK(picker.requesters(PieceIndex{1}) == 2);
  picker.release(PieceIndex{1});
  CHECK(picker.state(PieceIndex{1}) == State::requested);
  picker.release(PieceIndex{1});
  CHECK(picker.state(PieceIndex{1}) == State::open);
  CHECK(picks(picker, "111") == Set{0, 1, 2});
}

TEST_CASE("a piece goes from open over requested and storing to stored", "[picker]") {
  Picker picker(pieces("00"));
  picker.add_holder(pieces("11"));
  picker.request(PieceIndex{0});
  picker.receive(PieceIndex{0});
  CHECK(picker.state(PieceIndex{0}) == State::storing);
  CHECK(picker.stored().count() == 0);
  picker.release(PieceIndex{0});
  CHECK(picker.state(PieceIndex{0}) == State::storing);
  picker.store(PieceIndex{0});
  CHECK(picker.state(PieceIndex{0}) == State::stored);
  CHECK(test::picture(picker.stored()) == "10");
  CHECK(picks(picker, "11") == Set{1});
}

TEST_CASE("a piece that comes when nobody is asked any more is taken", "[picker]") {
  Picker picker(pieces("00"));
  picker.add_holder(pieces("11"));
  picker.receive(PieceIndex{0});
  CHECK(picker.state(PieceIndex{0}) == State::storing);
  CHECK(picks(picker, "11") == Set{1});
}

TEST_CASE("a piece that could not be stored is missing again", "[picker]") {
  Picker picker(pieces("00"));
  picker.add_holder(pieces("11"));
  picker.request(PieceIndex{0});
  picker.request(PieceIndex{0});
  picker.receive(PieceIndex{0});
  picker.release(PieceIndex{0});
  SECTION("asked of another still") {
    picker.reject(PieceIndex{0});
    CHECK(picker.state(PieceIndex{0}) == State::requested);
  }
  SECTION("asked of nobody") {
    picker.release(PieceIndex{0});
    picker.reject(PieceIndex{0});
    CHECK(picker.state(PieceIndex{0}) == State::open);
    CHECK(picks(picker, "11") == Set{0, 1});
  }
}

TEST_CASE("releasing what is stored changes nothing but the count", "[picker]") {
  Picker picker(pieces("0"));
  picker.add_holder(pieces("1"));
  picker.request(PieceIndex{0});
  picker.request(PieceIndex{0});
  picker.receive(PieceIndex{0});
  picker.release(PieceIndex{0});
  picker.store(PieceIndex{0});
  picker.release(PieceIndex{0});
  CHECK(picker.state(PieceIndex{0}) == State::stored);
  CHECK(picker.requesters(PieceIndex{0}) == 0);
}

TEST_CASE("nothing is open when all is there", "[picker]") {
  Picker picker(pieces("111"));
  picker.add_holder(pieces("111"));
  CHECK(picker.open_count() == 0);
  CHECK(picks(picker, "111") == Set{});
}

// With thousands of pieces a neighbor that has nearly nothing is served by a scan instead of a walk.
TEST_CASE("the needle in a haystack is found, and it is the rarest one", "[picker]") {
  constexpr std::uint32_t kMany = 20'000;
  Picker picker{Bitfield(kMany)};
  picker.add_holder(Bitfield::full(kMany));
  Bitfield neighbor(kMany);
  for (const std::uint32_t i : {17u, 9'000u, 19'999u}) neighbor.set(PieceIndex{i});
  picker.add_holder(neighbor);        // its three have two holders
  picker.add_holder(PieceIndex{17});  // and this one three
  Random random(1);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 100; ++i) seen.insert(picker.pick(neighbor, std::nullopt, random)->value);
  CHECK(seen == Set{9'000, 19'999});
  CHECK_FALSE(picker.pick(Bitfield(kMany), std::nullopt, random));
}

// --- runs: one random order for all peers, in which a link goes on
// ----------------------------------------------------

/// The order in which a link is given all of `count` pieces of equal availability.
std::vector<std::uint32_t> run(std::uint32_t count, std::uint64_t seed) {
  Picker picker{Bitfield(count)};
  picker.add_holder(Bitfield::full(count));
  Random random(seed);
  std::vector<std::uint32_t> order;
  std::optional<PieceIndex> last;
  while ((last = picker.pick(Bitfield::full(count), last, random))) {
    picker.request(*last);
    order.push_back(last->value);
  }
  return order;
}

TEST_CASE("a link that goes on from what it was given gets every piece once", "[picker]") {
  std::vector<std::uint32_t> order = run(100, 1);
  std::ranges::rotate(order, std::ranges::find(order, 0u));
  CHECK_FALSE(std::ranges::is_sorted(order));
  std::ranges::sort(order);
  REQUIRE(order.size() == 100);
  for (std::uint32_t i = 0; i < 100; ++i) CHECK(order[i] == i);
}

TEST_CASE("all peers go through the same order, from random places", "[picker]") {
  const auto first = run(100, 1);
  std::set<std::uint32_t> starts;
  for (std::uint64_t seed = 2; seed <= 20; ++seed) {
    auto other = run(100, seed);
    starts.insert(other[0]);
    std::ranges::rotate(other, std::ranges::find(other, first[0]));
    CHECK(other == first);
  }
  CHECK(starts.size() > 10);
}

TEST_CASE("a run is left where its next piece is not among the rarest that can be had", "[picker]") {
  const auto order = run(5, 1);
  const PieceIndex last{order[0]};
  const PieceIndex next{order[1]};
  const PieceIndex other{order[3]};
  Picker picker{Bitfield(5)};
  picker.add_holder(pieces("11111"));
  Bitfield neighbor = pieces("11111");
  Random random(1);
  REQUIRE(picker.pick(neighbor, last, random) == next);
  SECTION("it is commoner") {
    picker.add_holder(next);
    for (int i = 0; i < 50; ++i) CHECK(picker.pick(neighbor, last, random) != next);
  }
  SECTION("another is rarer") {
    picker.add_holder(pieces("11111"));
    Bitfield gone(5);
    gone.set(other);
    picker.remove_holder(gone);
    CHECK(picker.pick(neighbor, last, random) == other);
  }
  SECTION("it was asked of somebody") {
    picker.request(next);
    for (int i = 0; i < 50; ++i) CHECK(picker.pick(neighbor, last, random) != next);
  }
  SECTION("the neighbor lacks it") {
    neighbor.reset(next);
    for (int i = 0; i < 50; ++i) CHECK(picker.pick(neighbor, last, random) != next);
  }
}

TEST_CASE("states are left only by their doors; others are our own bug", "[picker]") {
  Picker picker(pieces("100"));
  picker.receive(PieceIndex{1});
  CHECK(test::aborts([&] { picker.request(PieceIndex{0}); }));
  CHECK(test::aborts([&] { picker.request(PieceIndex{1}); }));
  CHECK(test::aborts([&] { picker.release(PieceIndex{2}); }));
  CHECK(test::aborts([&] { picker.receive(PieceIndex{1}); }));
  CHECK(test::aborts([&] { picker.store(PieceIndex{2}); }));
  CHECK(test::aborts([&] { picker.reject(PieceIndex{2}); }));
  CHECK(test::aborts([&] { picker.remove_holder(pieces("010")); }));
}

TEST_CASE("a closed piece is not picked until it is unlocked", "[picker]") {
  Picker picker(pieces("10000"), true);
  picker.add_holder(pieces("11100"));
  CHECK(picks(picker, "11100") == Set{});
  CHECK(picker.open_count() == 0);
  picker.unlock(PieceIndex{2});
  CHECK(picks(picker, "11100") == Set{2});
  CHECK(picker.state(PieceIndex{1}) == State::closed);
  CHECK(picker.availability(PieceIndex{1}) == 1);
}

TEST_CASE("one holder more or less of one piece", "[picker]") {
  Picker picker(pieces("000"));
  picker.add_holder(pieces("110"));
  picker.remove_holder(PieceIndex{1});
  CHECK(picker.availability(PieceIndex{0}) == 1);
  CHECK(picker.availability(PieceIndex{1}) == 0);
  CHECK(picks(picker, "110") == Set{0});
}

TEST_CASE("a piece that is forfeited is missing, and not asked for again", "[picker]") {
  Picker picker(pieces("110"));
  picker.add_holder(pieces("111"));
  picker.forfeit(PieceIndex{0});
  CHECK_FALSE(picker.stored().test(PieceIndex{0}));
  CHECK(picks(picker, "111") == Set{2});
}

}  // namespace
}  // namespace p2p
