// The picker against a model that looks at every piece, under random operations.
#include <algorithm>
#include <optional>
#include <vector>

#include "protocol/random.hpp"
#include "protocol/swarm/picker.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using State = Picker::State;

/// Neighbors, what they have, and where each piece stands; everything is found by looking.
class Model {
 public:
  explicit Model(const Bitfield& stored) {
    for (std::uint32_t i = 0; i < stored.size(); ++i)
      pieces.push_back({stored.test(PieceIndex{i}) ? State::stored : State::open, 0});
  }

  struct Piece {
    State state;
    std::uint32_t requesters;
    bool closed = false;  ///< While it is missing and asked of nobody.

    State at_rest() const { return closed ? State::closed : State::open; }
  };

  std::uint32_t availability(std::uint32_t piece) const {
    return static_cast<std::uint32_t>(
        std::ranges::count_if(neighbors, [&](const Bitfield& n) { return n.test(PieceIndex{piece}); }));
  }

  /// The smallest availability among the open pieces of a neighbor that are no exception; none when it has no such
  /// piece.
  std::optional<std::uint32_t> rarest(const Bitfield& neighbor, const Bitfield& except) const {
    std::optional<std::uint32_t> least;
    for (std::uint32_t i = 0; i < pieces.size(); ++i)
      if (pieces[i].state == State::open && neighbor.test(PieceIndex{i}) && !except.test(PieceIndex{i}))
        least = std::min(least.value_or(UINT32_MAX), availability(i));
    return least;
  }

  std::uint32_t count(State state) const {
    return static_cast<std::uint32_t>(std::ranges::count(pieces, state, &Piece::state));
  }

  std::vector<Piece> pieces;
  std::vector<Bitfield> neighbors;
  std::vector<Shortlist> shortlists;  ///< By neighbor.
};

/// A neighbor with everything, half, little, or nothing at all.
Bitfield random_neighbor(std::uint32_t size, Random& random) {
  const std::uint32_t of_64 = std::vector<std::uint32_t>{64, 32, 1, 0}[random.below(4)];
  Bitfield pieces(size);
  for (std::uint32_t i = 0; i < size; ++i)
    if (random.below(64) < of_64) pieces.set(PieceIndex{i});
  return pieces;
}

/// One random step that the present states allow, on both.
void step(Picker& picker, Model& model, Random& random) {
  const auto size = static_cast<std::uint32_t>(model.pieces.size());
  const std::uint32_t at = random.below(size);
  const PieceIndex piece{at};
  auto& [state, requesters, closed] = model.pieces[at];
  if (state == State::closed && random.below(3) == 0) {
    closed = false;
    state = State::open;
    return picker.unlock(piece);
  }
  if (random.below(24) == 0) {
    closed = random.below(3) == 0;
    if (state == State::open || state == State::closed) state = model.pieces[at].at_rest();
    return picker.set_closed(piece, closed);
  }
  switch (random.below(12)) {
    case 0:
      if (model.neighbors.size() >= 12) return;
      model.neighbors.push_back(random_neighbor(size, random));
      model.shortlists.emplace_back();
      return picker.add_holder(model.neighbors.back());
    case 1: {
      if (model.neighbors.size() < 4) return;
      const std::uint32_t gone = random.below(static_cast<std::uint32_t>(model.neighbors.size()));
      picker.remove_holder(model.neighbors[gone]);
      model.neighbors.erase(model.neighbors.begin() + gone);
      model.shortlists.erase(model.shortlists.begin() + gone);
      return;
    }
    case 2:
    case 3: {
      if (model.neighbors.empty()) return;
      const std::uint32_t teller = random.below(static_cast<std::uint32_t>(model.neighbors.size()));
      if (!model.neighbors[teller].set(piece)) return;
      picker.add_holder(piece);
      if (state != State::stored) model.shortlists[teller].add(piece, picker.availability(piece));
      return;
    }
    case 4:
    case 5:
    case 6:
      if (state != State::open && state != State::requested) return;
      state = State::requested;
      ++requesters;
      return picker.request(piece);
    case 7:
    case 8:
      if (requesters == 0) return;
      if (--requesters == 0 && state == State::requested) state = model.pieces[at].at_rest();
      return picker.release(piece);
    case 9:
      if (state != State::open && state != State::requested) return;
      state = State::storing;
      return picker.receive(piece);
    case 10:
      if (state != State::storing || random.below(20) > 0) return;  // rarely, else all is stored too soon
      state = State::stored;
      return picker.store(piece);
    default:
      if (state != State::storing) return;
      state = requesters > 0 ? State::requested : model.pieces[at].at_rest();
      return picker.reject(piece);
  }
}

void require_same(const Picker& picker, const Model& model) {
  for (std::uint32_t i = 0; i < model.pieces.size(); ++i) {
    const PieceIndex piece{i};
    REQUIRE(picker.state(piece) == model.pieces[i].state);
    REQUIRE(picker.requesters(piece) == model.pieces[i].requesters);
    REQUIRE(picker.availability(piece) == model.availability(i));
    REQUIRE(picker.stored().test(piece) == (model.pieces[i].state == State::stored));
  }
  REQUIRE(picker.open_count() == model.count(State::open));
  REQUIRE(picker.stored().count() == model.count(State::stored));
}

/// pick() gives one of the rarest open pieces of the neighbor, but for exceptions, and none exactly when there is none.
void require_rarest(const Picker& picker, const Model& model, const Bitfield& neighbor, Random& random,
                    Shortlist* shortlist = nullptr) {
  const auto size = static_cast<std::uint32_t>(model.pieces.size());
  const Bitfield except = random.below(2) == 0 ? Bitfield(size) : random_neighbor(size, random);
  const auto expected = model.rarest(neighbor, except);
  // With a run to go on in, or without.
  std::optional<PieceIndex> last;
  if (random.below(2) == 0) last = PieceIndex{random.below(size)};
  const auto picked = picker.pick(neighbor, last, random, shortlist, except.count() > 0 ? &except : nullptr);
  REQUIRE(picked.has_value() == expected.has_value());
  if (!picked) return;
  REQUIRE(neighbor.test(*picked));
  REQUIRE_FALSE(except.test(*picked));
  REQUIRE(model.pieces[picked->value].state == State::open);
  REQUIRE(model.availability(picked->value) == *expected);
}

TEST_CASE("the picker is what its model is after any operations", "[random]") {
  constexpr std::uint64_t kSeed = 20240616;
  Random random(kSeed);
  using Start = std::pair<std::uint32_t, bool>;  // size, and whether all is closed
  for (const auto& [size, all_closed] :
       {Start{1, false}, Start{3, false}, Start{40, false}, Start{200, false}, Start{3, true}, Start{200, true}}) {
    INFO("seed " << kSeed << ", size " << size << (all_closed ? ", closed at first" : ""));
    Bitfield stored(size);
    for (std::uint32_t i = 0; i < size / 4; ++i) stored.set(PieceIndex{random.below(size)});
    Picker picker(stored, all_closed);
    Model model(stored);
    if (all_closed)
      for (auto& piece : model.pieces)
        if (piece.state == State::open) {
          piece.state = State::closed;
          piece.closed = true;
        }
    for (int operation = 0; operation < 6000; ++operation) {
      step(picker, model, random);
      if (operation % 20 == 0) require_same(picker, model);
      if (model.neighbors.empty()) continue;
      const std::uint32_t asked = random.below(static_cast<std::uint32_t>(model.neighbors.size()));
      const Bitfield& neighbor = model.neighbors[asked];
      require_rarest(picker, model, neighbor, random);
      Shortlist& shortlist = model.shortlists[asked];
      // It becomes one of the rarest by itself.
      if (random.below(20) == 0) shortlist.list_all(neighbor, picker.stored());
      if (random.below(20) == 0) shortlist.clear();
      require_rarest(picker, model, neighbor, random, &shortlist);
    }
  }
}

// pick() walks through the levels while that is short and scans by words where a neighbor has little of what is open.
// Thousands of pieces and neighbors of both kinds take both ways; what comes out must not tell which.
TEST_CASE("walk and scan give the rarest alike", "[random]") {
  constexpr std::uint64_t kSeed = 20240617;
  Random random(kSeed);
  constexpr std::uint32_t kSize = 3000;
  Picker picker{Bitfield(kSize)};
  Model model{Bitfield(kSize)};
  for (int i = 0; i < 3; ++i) {
    model.neighbors.push_back(Bitfield::full(kSize));
    model.shortlists.emplace_back();
    picker.add_holder(model.neighbors.back());
  }
  for (int i = 0; i < 6; ++i) {
    // Its few pieces become commoner than the thousands that the walk meets first.
    Bitfield few(kSize);
    for (int n = 0; n < 5; ++n) few.set(PieceIndex{random.below(kSize)});
    model.neighbors.push_back(few);
    model.shortlists.emplace_back();
    picker.add_holder(few);
  }
  for (int operation = 0; operation < 300; ++operation) {
    INFO("seed " << kSeed << ", operation " << operation);
    for (int i = 0; i < 20; ++i) step(picker, model, random);
    for (std::size_t i = 0; i < model.neighbors.size(); ++i) {
      require_rarest(picker, model, model.neighbors[i], random);
      require_rarest(picker, model, model.neighbors[i], random, &model.shortlists[i]);
    }
  }
}

TEST_CASE("a shortlist that becomes too long is given up, and can be kept again") {
  constexpr std::uint32_t kSize = 4000;
  const Bitfield none(kSize);
  Shortlist shortlist;
  shortlist.list_all(none, none);
  for (std::uint32_t i = 0; i < Shortlist::kMost; ++i) shortlist.add(PieceIndex{i}, 1);
  CHECK(shortlist.kind() == Shortlist::Kind::all);
  CHECK(shortlist.size() == Shortlist::kMost);
  shortlist.add(PieceIndex{kSize - 1}, 1);
  CHECK(shortlist.kind() == Shortlist::Kind::none);
  shortlist.list_all(Bitfield::full(kSize), none);
  CHECK(shortlist.size() == kSize);
}

TEST_CASE("a shortlist of the rarest takes what is as rare, and is given up rather than miss what is rarer") {
  Shortlist shortlist;
  shortlist.list_rarest({PieceIndex{0}}, 2, 1);
  shortlist.add(PieceIndex{1}, 3);
  CHECK(shortlist.size() == 1);
  for (std::uint32_t i = 1; i < 2 * Shortlist::kMost; ++i) shortlist.add(PieceIndex{i}, 2);
  CHECK(shortlist.size() == Shortlist::kMost);
  CHECK(shortlist.kind() == Shortlist::Kind::rarest);
  shortlist.add(PieceIndex{1}, 1);
  CHECK(shortlist.kind() == Shortlist::Kind::none);
}

TEST_CASE("equals are picked with about the same chance, by walk, by scan and from a shortlist", "[random]") {
  constexpr std::uint64_t kSeed = 20240618;
  INFO("seed " << kSeed);
  Random random(kSeed);
  constexpr std::uint32_t kSize = 4000;
  Picker picker{Bitfield(kSize)};
  const auto counts = [&](const Bitfield& neighbor, Shortlist* shortlist = nullptr) {
    std::vector<int> seen(kSize);
    for (int i = 0; i < 4000; ++i) ++seen[picker.pick(neighbor, std::nullopt, random, shortlist)->value];
    return seen;
  };
  picker.add_holder(Bitfield::full(kSize));

  SECTION("walk: a neighbor with everything") {
    const auto seen = counts(Bitfield::full(kSize));
    CHECK(std::ranges::count_if(seen, [](int times) { return times > 0; }) > 2300);  // 2,528 expected
    CHECK(*std::ranges::max_element(seen) < 12);
  }
  SECTION("scan: a neighbor with four") {
    Bitfield four(kSize);
    for (const std::uint32_t i : {0u, 1u, 2u, 3999u}) four.set(PieceIndex{i});
    // They are as rare as all others: a walk from a random place would nearly always come to the last one first.
    const auto seen = counts(four);
    for (const std::uint32_t i : {0u, 1u, 2u, 3999u}) CHECK((seen[i] > 850 && seen[i] < 1150));
    Shortlist shortlist;
    shortlist.list_all(four, picker.stored());
    const auto listed = counts(four, &shortlist);
    for (const std::uint32_t i : {0u, 1u, 2u, 3999u}) CHECK((listed[i] > 850 && listed[i] < 1150));
  }
}

}  // namespace
}  // namespace p2p
