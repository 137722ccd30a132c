// Readers' windows against a model that looks at every piece of every window, under random operations.
#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "protocol/random.hpp"
#include "protocol/swarm/windows.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using State = Picker::State;

constexpr std::uint32_t kSize = 300;
constexpr std::uint32_t kMostReaders = 12;

bool missing(State state) { return state == State::open || state == State::requested; }

struct Model {
  struct Reader {
    std::uint32_t first;
    std::uint32_t count;
    std::optional<std::uint32_t> front{};
  };

  void set(std::uint32_t id, std::uint32_t first, std::uint32_t count, const Picker& picker) {
    const bool is_new = !readers.contains(id);
    Reader& r = readers[id];
    const std::uint32_t old_first = r.first;
    const std::uint32_t old_end = r.first + r.count;
    r.first = first;
    r.count = std::min(count, kSize - first);
    if (!is_new && first >= old_first && first <= old_end) return;
    r.front.reset();
    for (std::uint32_t i = first; i < first + r.count && !r.front; ++i)
      if (missing(picker.state(PieceIndex{i}))) r.front = i;
  }

  bool opens(const Picker& picker) const {
    return std::ranges::any_of(readers, [&](const auto& each) {
      return each.second.front && picker.state(PieceIndex{*each.second.front}) == State::requested;
    });
  }

  void forget_fronts(const Picker& picker) {
    for (auto& [id, r] : readers)
      if (r.front && !missing(picker.state(PieceIndex{*r.front}))) r.front.reset();
  }

  /// How far a piece is from the nearest reader who may be given it now.
  std::optional<std::uint32_t> distance(std::uint32_t piece, const Picker& picker) const {
    std::optional<std::uint32_t> least;
    const bool only_fronts = opens(picker);
    for (const auto& [id, r] : readers) {
      const std::uint32_t share = std::min(r.count, Windows::kMostWanted / static_cast<std::uint32_t>(readers.size()));
      if (piece < r.first || piece >= r.first + share) continue;
      if (only_fronts && r.front != piece) continue;
      least = std::min(least.value_or(UINT32_MAX), piece - r.first);
    }
    return least;
  }

  std::map<std::uint32_t, Reader> readers;
};

/// A neighbor with everything, half, little, or nothing at all.
Bitfield random_pieces(Random& random) {
  const std::uint32_t of_64 = std::vector<std::uint32_t>{64, 32, 2, 0}[random.below(4)];
  Bitfield pieces(kSize);
  for (std::uint32_t i = 0; i < kSize; ++i)
    if (random.below(64) < of_64) pieces.set(PieceIndex{i});
  return pieces;
}

void change_piece(Picker& picker, Random& random) {
  const PieceIndex piece{random.below(kSize)};
  switch (picker.state(piece)) {
    case State::open: return random.below(2) == 0 ? picker.request(piece) : picker.receive(piece);
    case State::requested: return random.below(2) == 0 ? picker.release(piece) : picker.receive(piece);
    case State::storing: return random.below(4) == 0 ? picker.store(piece) : picker.reject(piece);
    case State::stored: return random.below(4) == 0 ? picker.lose(piece) : void();
    case State::closed: return picker.unlock(piece);
  }
}

TEST_CASE("windows give the piece that is nearest to a reader", "[random]") {
  constexpr std::uint64_t kSeed = 20261127;
  INFO("seed " << kSeed);
  Random random(kSeed);
  Picker picker(Bitfield(kSize), true);
  Windows windows(PeerId{1}, kSize);
  windows.set_neighbors(4, {PeerId{2}, PeerId{3}});
  Model model;
  int given = 0;
  int opened = 0;
  for (int operation = 0; operation < 20'000; ++operation) {
    change_piece(picker, random);
    // The model is told of each change, as windows look at each.
    windows.opening(picker, Instant{1h});
    model.forget_fronts(picker);
    const std::uint32_t reader = random.below(kMostReaders);
    if (random.below(3) == 0) {
      const std::uint32_t moves = random.below(8);
      const bool goes_on = model.readers.contains(reader) && random.below(4) > 0;
      const std::uint32_t first =
          goes_on ? std::min(kSize - 1, model.readers[reader].first + moves) : random.below(kSize);
      const std::uint32_t count = 1 + random.below(random.below(8) == 0 ? 2 * kSize : 40);
      model.set(reader, first, count, picker);
      windows.set(ReaderId{reader}, PieceIndex{first}, count, picker);
    } else if (random.below(8) == 0) {
      model.readers.erase(reader);
      windows.clear(ReaderId{reader});
    }
    REQUIRE(windows.empty() == model.readers.empty());
    REQUIRE(windows.opening(picker, Instant{1h}) == model.opens(picker));
    opened += model.opens(picker);
    const Bitfield offered = random_pieces(random);
    std::optional<std::uint32_t> nearest;
    for (std::uint32_t i = 0; i < kSize; ++i)
      if (const auto distance = model.distance(i, picker);
          distance && offered.test(PieceIndex{i}) && picker.state(PieceIndex{i}) == State::open)
        nearest = std::min(nearest.value_or(UINT32_MAX), *distance);
    const bool complete = random.below(2) == 0;
    const auto piece = windows.next({.pieces = offered, .complete = complete, .response = 1s}, picker, Instant{1h});
    REQUIRE(piece.has_value() == nearest.has_value());
    REQUIRE(windows.withheld().count() == 0);
    if (!piece) continue;
    ++given;
    REQUIRE(offered.test(*piece));
    REQUIRE(picker.state(*piece) == State::open);
    REQUIRE(model.distance(piece->value, picker) == *nearest);
  }
  CHECK(given > 2000);
  CHECK(opened > 500);
}

// Among many that lack pieces, whatever the others do: what is withheld is wanted, is open, and comes in the end.
TEST_CASE("nothing that is wanted is withheld for ever", "[random]") {
  constexpr std::uint64_t kSeed = 20261128;
  INFO("seed " << kSeed);
  Random random(kSeed);
  const Bitfield all = Bitfield::full(kSize);
  for (int run = 0; run < 30; ++run) {
    Picker picker{Bitfield(kSize)};
    Windows windows(PeerId{1}, kSize);
    std::vector<PeerId> others;
    for (std::uint32_t i = 0; i <= random.below(20); ++i) others.push_back(PeerId{2 + i});
    picker.add_holder(all);
    windows.set_neighbors(1, others);
    windows.set(ReaderId{0}, PieceIndex{0}, kSize, picker);
    Instant now{1h};
    while (picker.open_count() > 0) {
      REQUIRE(now < Instant{1h} + 600s);
      const auto piece = windows.next({.pieces = all, .complete = true, .response = 200ms}, picker, now);
      if (piece) {
        REQUIRE(picker.state(*piece) == State::open);
        picker.receive(*piece);
        continue;
      }
      REQUIRE(windows.withheld().count() == picker.open_count());
      windows.withheld().for_each([&](PieceIndex each) { REQUIRE(picker.state(each) == State::open); });
      REQUIRE(windows.look_at() > now);
      // Some bring pieces meanwhile, theirs or others'.
      if (const PieceIndex brought{random.below(kSize)}; random.below(2) == 0 && picker.availability(brought) < 5) {
        picker.add_holder(brought);
        windows.on_brought(others[random.below(static_cast<std::uint32_t>(others.size()))], brought, now);
      }
      now = random.below(2) == 0 ? windows.look_at() : now + 50ms;
      if (now >= windows.look_at()) windows.looked();
      // Neighbors come and go.
      if (random.below(30) == 0 && others.size() > 1) {
        others.pop_back();
        windows.set_neighbors(1, others);
      }
    }
  }
}

}  // namespace
}  // namespace p2p
