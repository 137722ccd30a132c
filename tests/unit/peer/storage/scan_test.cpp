// Many pieces on disk are looked at, each once, by several threads.
#include "peer/storage/scan.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/piece_map.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

std::vector<PieceIndex> indexes(std::initializer_list<std::uint32_t> values) {
  std::vector<PieceIndex> pieces;
  for (const std::uint32_t value : values) pieces.push_back(PieceIndex{value});
  return pieces;
}

TEST_CASE("each piece that is asked for is looked at once, with room for just its bytes", "[scan]") {
  const Geometry geometry(std::vector<std::uint64_t>{10, 3}, 4);  // 4, 4, 2 and 3 bytes
  std::mutex mutex;
  std::multiset<std::pair<std::uint32_t, std::size_t>> seen;
  const auto check = [&](PieceIndex piece, std::span<std::byte> buffer) {
    const std::lock_guard lock(mutex);
    seen.emplace(piece.value, buffer.size());
    return piece.value != 1;
  };
  std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
  const OnScan on_scan = [&](const ScanProgress& progress) {
    told.emplace_back(progress.done_bytes, progress.total_bytes);
  };
  CHECK(test::picture(scan_pieces(geometry, indexes({3, 1, 2}), check, on_scan)) == "0011");
  CHECK(seen == std::multiset<std::pair<std::uint32_t, std::size_t>>{{1, 4}, {2, 2}, {3, 3}});
  REQUIRE_FALSE(told.empty());
  CHECK(told.back() == std::pair<std::uint64_t, std::uint64_t>{9, 9});
  CHECK(std::ranges::is_sorted(told));
}

TEST_CASE("no piece is nothing to look at, and nobody need be told", "[scan]") {
  const Geometry geometry(std::vector<std::uint64_t>{10}, 4);
  const auto never = [](PieceIndex, std::span<std::byte>) -> bool {
    FAIL("it was looked at");
    return true;
  };
  CHECK(scan_pieces(geometry, {}, never, nullptr).count() == 0);
}

TEST_CASE("hundreds of pieces are looked at by all threads without a mistake", "[scan]") {
  constexpr std::uint32_t kPieces = 1000;
  const Geometry geometry(std::vector<std::uint64_t>{kPieces}, 1);
  std::vector<PieceIndex> all;
  for (std::uint32_t i = 0; i < kPieces; ++i) all.push_back(PieceIndex{i});
  std::vector<std::atomic<int>> looks(kPieces);
  const Bitfield right = scan_pieces(
      geometry, all,
      [&](PieceIndex piece, std::span<std::byte>) {
        ++looks[piece.value];
        return piece.value % 3 == 0;
      },
      nullptr);
  for (std::uint32_t i = 0; i < kPieces; ++i) {
    if (looks[i] != 1) FAIL("piece " << i << " was looked at " << looks[i] << " times");
    if (right.test(PieceIndex{i}) != (i % 3 == 0)) FAIL("piece " << i);
  }
}

TEST_CASE("a piece is read from its file at its place", "[scan]") {
  const TempDir dir;
  const std::string text = test::random_text(10);
  dir.write("set/a", text);
  dir.write("set/sub/b", "xyz");
  dir.write("one", text);
  const Layout folder = Layout::of_folder({{"a", 10}, {"empty", 0}, {"sub/b", 3}}, {}, 4);
  const auto read = [&](const Layout& layout, const fs::path& root, std::uint32_t piece,
                        File::Mode mode = File::Mode::read) {
    std::string bytes(layout.geometry().size_of(PieceIndex{piece}), '?');
    return read_piece(layout, root, mode, PieceIndex{piece}, std::as_writable_bytes(std::span(bytes))) ? bytes : "none";
  };
  CHECK(read(folder, dir / "set", 1) == text.substr(4, 4));
  CHECK(read(folder, dir / "set", 2) == text.substr(8));
  CHECK(read(folder, dir / "set", 3) == "xyz");
  CHECK(read(Layout::of_file(10, 4), dir / "one", 2) == text.substr(8));

  SECTION("a piece that is not all there is none") {
    dir.write("set/a", text.substr(0, 9));
    CHECK(read(folder, dir / "set", 1) == text.substr(4, 4));
    CHECK(read(folder, dir / "set", 2) == "none");
  }
  SECTION("nor is one whose file is gone, or something else") {
    fs::remove(dir / "set/sub/b");
    CHECK(read(folder, dir / "set", 3) == "none");
    fs::create_directory(dir / "set/sub/b");
    CHECK(read(folder, dir / "set", 3) == "none");
  }
  SECTION("a link is followed in what the user named, and nowhere else") {
    fs::rename(dir / "one", dir / "other");
    fs::create_symlink("other", dir / "one");
    CHECK(read(Layout::of_file(10, 4), dir / "one", 0, File::Mode::read) == text.substr(0, 4));
    CHECK(read(Layout::of_file(10, 4), dir / "one", 0, File::Mode::read_own) == "none");
  }
}

}  // namespace
}  // namespace p2p
