// What readers wait for, and who fetches it from those that have all.
#include "protocol/swarm/windows.hpp"

#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/piece_map.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using Pieces = std::vector<std::uint32_t>;

constexpr Instant kStart{1h};
constexpr std::uint32_t kSize = 100;

/// One node's windows and picker. Pieces come as soon as they are asked for, unless a test does it by hand.
struct Node {
  explicit Node(std::uint32_t self = 1, std::uint32_t size = kSize)
      : windows(PeerId{self}, size), picker(Bitfield(size)) {}

  /// So many complete neighbors are linked, and these others, who have nothing.
  void meets(std::uint32_t complete, const std::vector<std::uint32_t>& lacking) {
    for (std::uint32_t i = 0; i < complete; ++i) picker.add_holder(Bitfield::full(picker.stored().size()));
    std::vector<PeerId> ids;
    for (const std::uint32_t id : lacking) ids.push_back(PeerId{id});
    windows.set_neighbors(complete, ids);
  }
  void reads(std::uint32_t reader, std::uint32_t first, std::uint32_t count) {
    windows.set(ReaderId{reader}, PieceIndex{first}, count, picker);
  }
  std::optional<PieceIndex> asks(const Windows::Source& source) { return windows.next(source, picker, now); }
  /// Of a complete neighbor.
  std::optional<PieceIndex> asks_seed() { return asks({.pieces = all, .complete = true, .response = 100ms}); }
  void gets(PieceIndex piece) {
    picker.receive(piece);
    picker.store(piece);
  }
  /// All that it fetches from a complete neighbor right now.
  Pieces takes(std::size_t most = kSize) {
    Pieces taken;
    while (taken.size() < most) {
      const auto piece = asks_seed();
      if (!piece) break;
      gets(*piece);
      taken.push_back(piece->value);
    }
    return taken;
  }

  Windows windows;
  Picker picker;
  Bitfield all = Bitfield::full(picker.stored().size());
  Instant now = kStart;
};

TEST_CASE("the pieces of a window come in their order, and nothing beyond it", "[windows]") {
  Node node;
  node.meets(1, {});
  CHECK(node.windows.empty());
  CHECK_FALSE(node.asks_seed());
  node.reads(0, 40, 4);
  CHECK(node.takes() == Pieces{40, 41, 42, 43});
  node.reads(0, 42, 4);
  CHECK(node.takes() == Pieces{44, 45});
  node.reads(0, kSize - 2, 4);
  CHECK(node.takes() == Pieces{98, 99});
}

TEST_CASE("a reader that is gone wants nothing", "[windows]") {
  Node node;
  node.meets(1, {});
  node.reads(0, 40, 4);
  node.reads(1, 60, 2);
  node.windows.clear(ReaderId{0});
  CHECK(node.takes() == Pieces{60, 61});
  node.windows.clear(ReaderId{1});
  node.windows.clear(ReaderId{1});
  CHECK(node.windows.empty());
}

TEST_CASE("of several readers the one that is nearest to what it lacks goes first", "[windows]") {
  Node node;
  node.meets(1, {});
  for (const std::uint32_t piece : {10u, 11u}) node.gets(PieceIndex{piece});
  node.reads(0, 10, 4);
  node.reads(1, 50, 4);
  CHECK(node.takes() == Pieces{50, 51, 12, 52, 13, 53});
}

TEST_CASE("readers take turns where they are equally near", "[windows]") {
  Node node;
  node.meets(1, {});
  node.reads(0, 10, 1);
  node.reads(1, 50, 1);
  CHECK(node.takes(1) == Pieces{10});
  node.reads(0, 11, 1);
  CHECK(node.takes(1) == Pieces{50});
  node.reads(1, 51, 1);
  CHECK(node.takes(1) == Pieces{11});
}

TEST_CASE("only what is open and the source has is asked for", "[windows]") {
  Node node(1, 6);
  node.meets(1, {});
  node.picker.request(PieceIndex{0});
  node.gets(PieceIndex{1});
  node.reads(0, 1, 5);
  CHECK(node.asks({.pieces = test::pieces("111010"), .complete = false, .response = {}}) == PieceIndex{2});
  CHECK(node.asks({.pieces = test::pieces("110010"), .complete = false, .response = {}}) == PieceIndex{4});
  CHECK_FALSE(node.asks({.pieces = test::pieces("110000"), .complete = false, .response = {}}));
  Node closed(1, 6);
  closed.picker = Picker(Bitfield(6), true);
  closed.meets(1, {});
  closed.reads(0, 0, 6);
  CHECK_FALSE(closed.asks_seed());
  closed.picker.unlock(PieceIndex{3});
  CHECK(closed.asks_seed() == PieceIndex{3});
}

TEST_CASE("while a reader opens, nothing is asked for but what readers open with", "[windows]") {
  Node node;
  node.meets(3, {});
  node.reads(0, 10, 8);
  CHECK_FALSE(node.windows.opening(node.picker, node.now));
  REQUIRE(node.asks_seed() == PieceIndex{10});
  node.picker.request(PieceIndex{10});
  CHECK(node.windows.opening(node.picker, node.now));
  CHECK_FALSE(node.asks_seed());
  node.reads(1, 50, 8);
  CHECK(node.asks_seed() == PieceIndex{50});
  node.picker.request(PieceIndex{50});
  CHECK_FALSE(node.asks_seed());
  for (const std::uint32_t piece : {10u, 50u}) {
    CHECK(node.windows.opening(node.picker, node.now));
    node.gets(PieceIndex{piece});
  }
  CHECK_FALSE(node.windows.opening(node.picker, node.now));
  const auto next = node.asks_seed();
  CHECK((next == PieceIndex{11} || next == PieceIndex{51}));
}

TEST_CASE("a first piece that does not come holds the others up for a second only", "[windows]") {
  Node node;
  node.meets(3, {});
  node.reads(0, 10, 8);
  node.picker.request(*node.asks_seed());
  CHECK_FALSE(node.asks_seed());
  for (int looks = 0; node.windows.opening(node.picker, node.now); ++looks) {
    REQUIRE(looks < 10);
    REQUIRE(node.windows.look_at() > node.now);
    node.now = node.windows.look_at();
    node.windows.looked();
  }
  CHECK(node.now == kStart + 1s);
  CHECK(node.asks_seed() == PieceIndex{11});
}

TEST_CASE("a reader that jumps opens anew, one that moves on does not", "[windows]") {
  Node node;
  node.meets(1, {});
  node.reads(0, 10, 4);
  CHECK(node.takes() == Pieces{10, 11, 12, 13});
  node.reads(0, 14, 4);
  node.picker.request(*node.asks_seed());
  CHECK_FALSE(node.windows.opening(node.picker, node.now));
  for (const std::uint32_t place : {60u, 5u}) {
    node.reads(0, place, 4);
    node.picker.request(*node.asks_seed());
    CHECK(node.windows.opening(node.picker, node.now));
  }
}

TEST_CASE("of nodes that read the same, each piece is fetched from the one that has it by one", "[windows]") {
  const std::vector<std::uint32_t> ids = {1, 2, 3, 4};
  std::multiset<std::uint32_t> fetched;
  for (const std::uint32_t self : ids) {
    Node node(self);
    std::vector<std::uint32_t> others = ids;
    std::erase(others, self);
    node.meets(1, others);
    node.reads(0, 0, kSize);
    const Pieces taken = node.takes();
    // The first piece is worth a copy.
    CHECK(taken.front() == 0);
    CHECK(taken.size() > kSize / 8);
    CHECK(node.windows.withheld().count() == kSize - taken.size());
    fetched.insert(taken.begin(), taken.end());
  }
  for (std::uint32_t piece = 1; piece < kSize; ++piece) CHECK(fetched.count(piece) == 1);
}

TEST_CASE("where those that have all are as many as those that lack, nothing is left to others", "[windows]") {
  Node node;
  node.meets(3, {2, 3});
  node.reads(0, 0, 20);
  CHECK(node.takes().size() == 20);
}

TEST_CASE("an owner that brings nothing is waited for no longer than a patience", "[windows]") {
  Node node;
  node.meets(1, {2});
  node.reads(0, 0, 20);
  const std::size_t own = node.takes().size();
  CHECK(own < 20);
  CHECK(node.windows.look_at() == kStart + 400ms);
  node.now = kStart + 399ms;
  CHECK_FALSE(node.asks_seed());
  node.now = kStart + 400ms;
  node.windows.looked();
  CHECK(node.takes().size() == 20 - own);
  CHECK(node.windows.withheld().count() == 0);
  CHECK(node.windows.look_at() == kNever);
  // It is not waited for again.
  node.reads(0, 20, 20);
  CHECK(node.takes().size() == 20);
}

TEST_CASE("a neighbor that is linked twice is one owner", "[windows]") {
  Node once, twice;
  once.meets(1, {2, 3});
  twice.meets(1, {3, 2, 3, 2});
  for (Node* const node : {&once, &twice}) node->reads(0, 0, 24);
  CHECK(once.takes() == twice.takes());
  // Nobody of them brings anything.
  for (Node* const node : {&once, &twice}) node->now += 1min;
  CHECK(once.takes() == twice.takes());
  CHECK(twice.picker.stored().count() == 24);
}

TEST_CASE("an owner that does not count brings three pieces in a row, and counts again", "[windows]") {
  Node node;
  node.meets(1, {2});
  node.reads(0, 0, 20);
  node.takes();
  node.now += 400ms;
  node.takes();
  node.reads(0, 20, 20);
  Node other(2);
  other.meets(1, {1});
  other.reads(0, 0, 1);
  other.takes();
  other.reads(0, 1, 1);
  other.takes();
  other.reads(0, 2, 98);
  Pieces its;
  for (const std::uint32_t piece : other.takes())
    if (piece > 20 && piece < 40) its.push_back(piece);
  REQUIRE(its.size() >= 5);
  const auto brings = [&](std::size_t i) {
    node.picker.add_holder(PieceIndex{its[i]});
    node.windows.on_brought(PeerId{2}, PieceIndex{its[i]}, node.now);
  };
  brings(0);
  node.now += 10s;  // too long ago to count together with the others
  brings(1);
  brings(2);
  const auto is_free = [&](std::uint32_t piece) {
    Node copy = node;
    const Pieces taken = copy.takes();
    return std::ranges::find(taken, piece) != taken.end();
  };
  CHECK(is_free(its[4]));
  brings(3);
  CHECK_FALSE(is_free(its[4]));
}

TEST_CASE("what an incomplete neighbor has is left to it for some patiences", "[windows]") {
  Node node;
  node.meets(1, {2});
  node.reads(0, 0, 1);
  node.takes();
  Bitfield given(kSize);
  for (std::uint32_t i = 1; i < 5; ++i) {
    given.set(PieceIndex{i});
    node.picker.add_holder(PieceIndex{i});
  }
  node.reads(0, 1, 4);
  CHECK_FALSE(node.asks_seed());
  CHECK(node.asks({.pieces = given, .complete = false, .response = 100ms}) == PieceIndex{1});
  CHECK(node.windows.look_at() == kStart + 1600ms);
  node.now = node.windows.look_at();
  CHECK(node.asks_seed() == PieceIndex{1});
}

TEST_CASE("a slow source leaves what is near to a quicker one that has it", "[windows]") {
  Node node;
  node.meets(3, {});
  node.reads(0, 0, 1);
  node.takes();
  node.reads(0, 1, 20);
  const Bitfield has = [] {
    Bitfield pieces = Bitfield::full(kSize);
    pieces.reset(PieceIndex{3});
    return pieces;
  }();
  const Bitfield* const quick = &has;
  Windows::Source slow{
      .pieces = node.all, .complete = true, .response = 1s, .overtaken = 10, .quicker = std::span(&quick, 1)};
  CHECK(node.asks(slow) == PieceIndex{3});
  node.gets(PieceIndex{3});
  CHECK(node.asks(slow) == PieceIndex{11});
  slow.overtaken = 100;
  CHECK_FALSE(node.asks(slow));
}

TEST_CASE("the piece that a reader waits for right now is told while few are asked for it", "[windows]") {
  Node node;
  node.meets(1, {});
  node.reads(0, 10, 8);
  node.reads(1, 50, 8);
  CHECK(node.windows.awaited(node.picker).empty());
  node.gets(PieceIndex{10});
  for (const std::uint32_t piece : {11u, 12u, 51u}) node.picker.request(PieceIndex{piece});
  CHECK(node.windows.awaited(node.picker) == std::vector{PieceIndex{11}});
  node.picker.request(PieceIndex{11});
  CHECK(node.windows.awaited(node.picker) == std::vector{PieceIndex{11}});
  node.picker.request(PieceIndex{11});
  CHECK(node.windows.awaited(node.picker).empty());
}

TEST_CASE("many readers have short windows, and those beyond the most come later", "[windows]") {
  constexpr std::uint32_t kPieces = 100'000;
  Node node(1, kPieces);
  node.meets(1, {});
  const auto wanted = [&] {
    Node copy = node;
    return copy.takes(kPieces);
  };
  node.reads(0, 0, kPieces);
  CHECK(wanted().size() == Windows::kMostWanted);
  for (std::uint32_t reader = 1; reader < 2 * Windows::kMostReaders; ++reader) node.reads(reader, reader * 100, 64);
  const Pieces taken = wanted();
  CHECK(taken.size() == Windows::kMostWanted);
  CHECK(*std::ranges::max_element(taken) < Windows::kMostReaders * 100);
  node.windows.clear(ReaderId{0});
  const Pieces later = wanted();
  CHECK(std::ranges::find(later, Windows::kMostReaders * 100) != later.end());
}

}  // namespace
}  // namespace p2p
