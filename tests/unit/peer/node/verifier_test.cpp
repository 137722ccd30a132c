// Pieces compared with the manifest on other threads.
#include "peer/node/verifier.hpp"

#include <algorithm>
#include <latch>
#include <map>
#include <optional>

#include "peer/storage/piece_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::TempDir;

constexpr std::uint32_t kPieces = 200;
constexpr std::uint32_t kPieceSize = 16;

/// A piece is right when all its bytes are its index.
bool is_right(PieceIndex piece, std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [&](std::byte byte) { return byte == static_cast<std::byte>(piece.value); });
}

class Setup {
 public:
  explicit Setup(std::function<bool(PieceIndex, std::span<const std::byte>)> matches)
      : store({.root = dir / "file",
               .layout = Layout::of_file(std::uint64_t{kPieces} * kPieceSize, kPieceSize),
               .id = ContentId{},
               .matches = std::move(matches)},
              {}),
        buffers(io.get_executor(), kPieceSize),
        verifier(std::in_place, io.get_executor(), store, [this](PieceIndex piece, PieceBuffer buffer, bool right) {
          CHECK(right == is_right(piece, {buffer.data(), kPieceSize}));
          verdicts[piece.value] = right;
        }) {}

  /// Every third piece is wrong.
  void check_all() {
    spawn(io, acquire_and_check(*this));
    const auto work = asio::make_work_guard(io);
    while (verdicts.size() < kPieces) io.run_one();
  }

  TempDir dir;
  asio::io_context io;
  PieceStore store;
  BufferPool buffers;
  std::map<std::uint32_t, bool> verdicts;
  std::optional<Verifier> verifier;

 private:
  static asio::awaitable<void> acquire_and_check(Setup& setup) {
    for (std::uint32_t piece = 0; piece < kPieces; ++piece) {
      PieceBuffer buffer = co_await setup.buffers.acquire();
      std::fill_n(buffer.data(), kPieceSize, static_cast<std::byte>(piece % 3 == 0 ? piece + 1 : piece));
      setup.verifier->check(PieceIndex{piece}, std::move(buffer));
    }
  }
};

TEST_CASE("every piece gets its own verdict, with its bytes, on the thread that asked", "[storage]") {
  Setup setup(is_right);
  setup.check_all();
  REQUIRE(setup.verdicts.size() == kPieces);
  for (const auto& [piece, matches] : setup.verdicts) CHECK(matches == (piece % 3 != 0));
}

TEST_CASE("a verifier that goes away waits for its threads, and no verdict comes any more", "[storage]") {
  std::latch started(1);
  Setup setup([&](PieceIndex, std::span<const std::byte>) {
    if (!started.try_wait()) started.count_down();
    return true;
  });
  spawn(setup.io, [](Setup& all) -> asio::awaitable<void> {
    PieceBuffer buffer = co_await all.buffers.acquire();
    all.verifier->check(PieceIndex{0}, std::move(buffer));
  }(setup));
  setup.io.run_one();
  started.wait();
  setup.verifier.reset();
  setup.io.run();
  CHECK(setup.verdicts.empty());
}

}  // namespace
}  // namespace p2p
