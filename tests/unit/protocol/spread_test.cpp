// Which piece a sharer suggests to whom.
#include "protocol/swarm/spread.hpp"

#include <map>
#include <set>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

constexpr LinkId kAnn{1}, kBob{2};
constexpr std::uint32_t kPieces = 6;

struct Sharer {
  std::optional<std::uint32_t> suggests(LinkId link) {
    const auto piece = spread.next(
        link, kPieces, [this](PieceIndex each) { return !held.contains(each.value); }, random);
    return piece ? std::optional(piece->value) : std::nullopt;
  }
  /// All that may wait at a time.
  std::set<std::uint32_t> suggests_all(LinkId link) {
    std::set<std::uint32_t> all;
    while (const auto piece = suggests(link)) all.insert(*piece);
    return all;
  }

  Spread spread;
  std::set<std::uint32_t> held;
  Random random{7};
};

TEST_CASE("nobody is suggested a piece that another one is", "[spread]") {
  Sharer sharer;
  const auto ann = sharer.suggests_all(kAnn), bob = sharer.suggests_all(kBob);
  CHECK(ann.size() == Spread::kAhead);
  CHECK(bob.size() == Spread::kAhead);
  for (const std::uint32_t piece : ann) CHECK_FALSE(bob.contains(piece));
}

TEST_CASE("the next suggestion comes when one is asked for", "[spread]") {
  Sharer sharer;
  const std::uint32_t first = *sharer.suggests_all(kAnn).begin();
  CHECK_FALSE(sharer.suggests(kAnn));
  sharer.spread.on_asked(kAnn, PieceIndex{first});
  CHECK(sharer.suggests_all(kAnn).size() == 1);
}

TEST_CASE("what somebody has is not suggested", "[spread]") {
  Sharer sharer;
  sharer.held = {0, 1, 2, 3, 5};
  CHECK(sharer.suggests_all(kAnn) == std::set<std::uint32_t>{4});
  CHECK_FALSE(sharer.suggests(kBob));
}

TEST_CASE("what a link did not get is suggested to others, asked for or not", "[spread]") {
  Sharer sharer;
  sharer.held = {0, 1, 2, 3};
  CHECK(sharer.suggests_all(kAnn) == std::set<std::uint32_t>{4, 5});
  sharer.spread.on_asked(kAnn, PieceIndex{5});
  CHECK_FALSE(sharer.suggests(kBob));
  sharer.spread.on_ended(kAnn);
  CHECK(sharer.suggests_all(kBob) == std::set<std::uint32_t>{4, 5});
}

TEST_CASE("what a link has got is suggested to nobody again", "[spread]") {
  Sharer sharer;
  sharer.held = {0, 1, 2, 3};
  sharer.suggests_all(kAnn);
  for (const std::uint32_t piece : {4u, 5u}) sharer.spread.on_held(kAnn, PieceIndex{piece});
  sharer.spread.on_ended(kAnn);
  CHECK_FALSE(sharer.suggests(kBob));
}

TEST_CASE("one who holds everything, or never was suggested anything, changes nothing", "[spread]") {
  Sharer sharer;
  sharer.spread.on_asked(kAnn, PieceIndex{1});
  sharer.spread.on_held(kAnn, PieceIndex{1});
  sharer.spread.on_ended(kAnn);
  CHECK(sharer.suggests(kAnn));
}

TEST_CASE("whatever happens, a piece is suggested to one at a time, and none that was not got is lost", "[spread]") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    Random choices(seed);
    Sharer sharer;
    std::map<std::uint32_t, std::uint32_t> owner;  // a model: piece -> link
    for (int step = 0; step < 300; ++step) {
      const LinkId link{1 + choices.below(3)};
      const std::uint32_t piece = choices.below(kPieces);
      switch (choices.below(5)) {
        case 0:
        case 1:
          if (const auto suggested = sharer.suggests(link)) {
            CHECK_FALSE(owner.contains(*suggested));
            CHECK_FALSE(sharer.held.contains(*suggested));
            owner[*suggested] = link.value;
          }
          break;
        case 2: sharer.spread.on_asked(link, PieceIndex{piece}); break;
        case 3:
          sharer.held.insert(piece);
          sharer.spread.on_held(link, PieceIndex{piece});
          if (owner.contains(piece) && owner[piece] == link.value) owner.erase(piece);
          break;
        default:
          sharer.spread.on_ended(link);
          std::erase_if(owner, [&](const auto& each) { return each.second == link.value; });
      }
    }
    for (const std::uint32_t link : {1u, 2u, 3u}) sharer.spread.on_ended(LinkId{link});
    std::set<std::uint32_t> left;
    for (std::uint32_t link = 10; link < 20; ++link) left.merge(sharer.suggests_all(LinkId{link}));
    left.insert(sharer.held.begin(), sharer.held.end());
    CHECK(left.size() == kPieces);
  }
}

}  // namespace
}  // namespace p2p
