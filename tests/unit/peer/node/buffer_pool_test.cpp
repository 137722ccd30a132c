// Buffers for pieces: how much memory they take together, and who waits.
#include "peer/node/buffer_pool.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

constexpr std::size_t kPieceSize = 16u << 20;  // four of them are the budget

/// One that asks for buffers, and keeps what it gets.
struct Taker {
  static asio::awaitable<void> take(BufferPool& pool, Taker& self, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      PieceBuffer buffer = co_await pool.acquire();
      self.held.push_back(std::move(buffer));
    }
  }
  std::vector<PieceBuffer> held;
};

struct Setup {
  explicit Setup(std::size_t piece_size) : pool(io.get_executor(), piece_size) {}

  void ask(Taker& taker, std::size_t count = 1) { spawn(io, Taker::take(pool, taker, count)); }
  void settle() {
    io.restart();
    io.poll();
  }

  asio::io_context io;
  BufferPool pool;
};

TEST_CASE("buffers are given out until the budget is spent, and who comes then waits", "[buffer_pool]") {
  Setup setup(kPieceSize);
  CHECK(setup.pool.piece_size() == kPieceSize);
  Taker first, second;
  setup.ask(first, 4);
  setup.ask(second);
  setup.settle();
  CHECK(first.held.size() == 4);
  CHECK(second.held.empty());
  for (const PieceBuffer& buffer : first.held) {
    CHECK(buffer);
    CHECK(buffer.part() == nullptr);
    std::memset(buffer.data(), 1, kPieceSize);
  }
  const std::byte* const bytes = first.held.back().data();
  first.held.pop_back();
  setup.settle();
  REQUIRE(second.held.size() == 1);
  CHECK(second.held.front().data() == bytes);  // the same memory, which is warm
}

TEST_CASE("a budget is for at least four pieces, and for many that are small", "[buffer_pool]") {
  const auto given = [](std::size_t piece_size) {
    Setup setup(piece_size);
    Taker taker;
    setup.ask(taker, 100);
    setup.settle();
    return taker.held.size();
  };
  CHECK(given(40u << 20) == 4);
  CHECK(given(1u << 20) == 64);
  CHECK(given(100) == 100);
}

TEST_CASE("all who wait have their turn, whoever comes back first", "[buffer_pool]") {
  Setup setup(kPieceSize);
  Taker holder;
  setup.ask(holder, 4);
  setup.settle();
  std::vector<Taker> waiting(10);
  for (Taker& each : waiting) setup.ask(each);
  setup.settle();
  for (int round = 0; round < 10; ++round) {
    if (!holder.held.empty())
      holder.held.pop_back();
    else
      std::ranges::find_if(waiting, [](const Taker& each) { return !each.held.empty() && each.held[0]; })->held[0] =
          PieceBuffer();
    setup.settle();
  }
  CHECK(std::ranges::all_of(waiting, [](const Taker& each) { return each.held.size() == 1; }));
}

TEST_CASE("several that are given back at once wake as many", "[buffer_pool]") {
  Setup setup(kPieceSize);
  Taker holder, late;
  setup.ask(holder, 4);
  setup.settle();
  std::vector<Taker> waiting(3);
  for (Taker& each : waiting) setup.ask(each);
  setup.settle();
  holder.held.clear();
  setup.ask(late);  // comes between the giving back and the waking
  setup.settle();
  CHECK(late.held.size() == 1);
  CHECK(std::ranges::all_of(waiting, [](const Taker& each) { return each.held.size() == 1; }));
}

TEST_CASE("a buffer that is moved goes back once", "[buffer_pool]") {
  Setup setup(kPieceSize);
  Taker taker;
  setup.ask(taker, 4);
  setup.settle();
  {
    PieceBuffer moved = std::move(taker.held[0]);
    CHECK_FALSE(taker.held[0]);
    PieceBuffer other = std::move(taker.held[1]);
    other = std::move(moved);
    CHECK(other);
    taker.held.erase(taker.held.begin(), taker.held.begin() + 2);
  }
  Taker next;
  setup.ask(next, 3);
  setup.settle();
  CHECK(next.held.size() == 2);
}

TEST_CASE("a large piece lies in a file of its own, which goes with its buffer", "[buffer_pool]") {
  const test::TempDir dir;
  {
    auto part = std::make_unique<MappedPart>(dir / "part", 100);
    std::byte* const bytes = part->data();
    PieceBuffer buffer(std::move(part));
    CHECK(buffer);
    CHECK(buffer.data() == bytes);
    REQUIRE(buffer.part() != nullptr);
    CHECK(buffer.part()->file().size() == 100);
    PieceBuffer moved = std::move(buffer);
    CHECK(dir.has("part"));
  }
  CHECK_FALSE(dir.has("part"));
  CHECK_FALSE(PieceBuffer());
}

}  // namespace
}  // namespace p2p
