// Pieces on disk: `<name>.part` until the last one is stored.
#include "peer/storage/piece_store.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "tests/support/aborts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/file_limit.hpp"
#include "tests/support/piece_map.hpp"
#include "tests/support/small_store.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::content;
using test::refusal;
using test::source;
using test::TempDir;
using test::write;

/// content() with a manifest: a piece is right when all its letters are its own.
Content known_content(const std::filesystem::path& root, Layout layout = Layout::of_file(10, 4)) {
  return {.root = root,
          .layout = std::move(layout),
          .id = ContentId{},
          .matches = [](PieceIndex piece, std::span<const std::byte> bytes) {
            return std::ranges::all_of(
                bytes, [&](std::byte byte) { return std::to_integer<std::uint32_t>(byte) == 'a' + piece.value; });
          }};
}

TEST_CASE("an empty folder gets a .part file of the whole size", "[storage]") {
  const TempDir dir;
  const PieceStore store(content(dir / "peer_1001"), {});
  CHECK(test::picture(store.stored()) == "000");
  CHECK(dir.read("peer_1001/file.part").size() == 10);
  CHECK_FALSE(dir.has("peer_1001/file"));
}

TEST_CASE("pieces land at their place in any order, the last one names the file", "[storage]") {
  const TempDir dir;
  PieceStore store(content(dir.path()), {});
  write(store, 2, "cc");
  write(store, 0, "aaaa");
  CHECK(test::picture(store.stored()) == "101");
  CHECK_FALSE(dir.has("file"));
  CHECK(dir.read("file.part") == std::string("aaaa\0\0\0\0cc", 10));
  write(store, 1, "bbbb");
  CHECK(store.stored().complete());
  CHECK(dir.read("file") == "aaaabbbbcc");
  CHECK_FALSE(dir.has("file.part"));
}

TEST_CASE("stored pieces are sent from where they are, before and after the file is named", "[storage]") {
  const TempDir dir;
  PieceStore store(content(dir.path()), {});
  write(store, 1, "bbbb");
  CHECK(source(store, 1) == "bbbb");
  write(store, 0, "aaaa");
  write(store, 2, "cc");
  CHECK(source(store, 1) == "bbbb");
}

TEST_CASE("a complete file is used and never written", "[storage]") {
  const TempDir dir;
  dir.write("file", "AAAABBBBCC");
  std::filesystem::permissions(dir / "file", std::filesystem::perms::owner_read);
  PieceStore store(content(dir.path()), {});
  CHECK(store.stored().complete());
  CHECK_FALSE(dir.has("file.part"));
  CHECK(::write(store.source(PieceIndex{0})->file->descriptor(), "x", 1) == -1);
  CHECK(dir.read("file") == "AAAABBBBCC");
}

TEST_CASE("a file name with folders gets its folders", "[storage]") {
  const TempDir dir;
  PieceStore store(content(dir / "peer_1001", "models/v1/file"), {});
  write(store, 0, "aaaa");
  write(store, 1, "bbbb");
  write(store, 2, "cc");
  CHECK(dir.read("peer_1001/models/v1/file") == "aaaabbbbcc");
}

TEST_CASE("a file of the wrong size is refused and left alone", "[storage]") {
  const TempDir dir;
  for (const std::string bytes : {"", "aaaabbbbc", "aaaabbbbccc"}) {
    dir.write("file", bytes);
    const auto [fault, message] = refusal([&] { PieceStore(content(dir.path()), {}); });
    CHECK(fault == StoreFault::mismatch);
    CHECK(message == (dir / "file").string() + " has " + std::to_string(bytes.size()) + " bytes, expected 10");
    CHECK(dir.read("file") == bytes);
    CHECK_FALSE(dir.has("file.part"));
  }
}

TEST_CASE("what stands in the file's place and is no file is refused", "[storage]") {
  const TempDir dir;
  std::filesystem::create_directory(dir / "file");
  const auto [fault, message] = refusal([&] { PieceStore(content(dir.path()), {}); });
  CHECK(fault == StoreFault::mismatch);
  CHECK(message == (dir / "file").string() + " is not a regular file");
}

TEST_CASE("a folder that cannot be made is an input or output error that says which", "[storage]") {
  const TempDir dir;
  dir.write("peer_1001", "a file where the folder should be");
  const auto [fault, message] = refusal([&] { PieceStore(content(dir / "peer_1001"), {}); });
  CHECK(fault == StoreFault::unusable);
  CHECK(message.find((dir / "peer_1001").string()) != std::string::npos);
}

TEST_CASE("a file that no disk has room for is told before the exchange begins", "[storage]") {
  const TempDir dir;
  const Content large{.root = dir / "file", .layout = Layout::of_file(1001, 100)};
  const test::FileLimit limit(1000);
  const auto [fault, message] = refusal([&] { PieceStore(large, {}); });
  CHECK(fault == StoreFault::full);
  CHECK(message.find("1001 bytes are needed") != std::string::npos);
}

TEST_CASE("a look into the folder touches nothing", "[storage]") {
  const TempDir dir;
  CHECK(inspect_folder(content(dir / "peer_1001")) == FolderState::missing);
  CHECK_FALSE(dir.has("peer_1001"));
  dir.write("peer_1001/file.part", "aaaa");
  CHECK(inspect_folder(content(dir / "peer_1001")) == FolderState::missing);
  CHECK(dir.read("peer_1001/file.part") == "aaaa");
  dir.write("peer_1001/file", "aaaabbbbcc");
  CHECK(inspect_folder(content(dir / "peer_1001")) == FolderState::complete);
}

TEST_CASE("a restart claims what the journal names and the bytes prove", "[storage]") {
  const TempDir dir;
  {
    PieceStore store(content(dir.path()), {});
    write(store, 2, "cc");
    write(store, 0, "aaaa");
  }
  SECTION("all of it") {
    PieceStore store(content(dir.path()), {});
    CHECK(test::picture(store.stored()) == "101");
    CHECK(source(store, 2) == "cc");
    write(store, 1, "bbbb");
    CHECK(dir.read("file") == "aaaabbbbcc");
    CHECK_FALSE(dir.has("file.journal"));
  }
  SECTION("not what was damaged") {
    std::string bytes = dir.read("file.part");
    bytes[1] = 'x';
    dir.write("file.part", bytes);
    CHECK(test::picture(PieceStore(content(dir.path()), {}).stored()) == "001");
  }
  SECTION("not what was cut off") {
    dir.write("file.part", "aaaa");
    CHECK(test::picture(PieceStore(content(dir.path()), {}).stored()) == "100");
  }
  SECTION("not a piece whose record is torn, and the next record stands whole") {
    const std::string journal = dir.read("file.journal");
    for (std::size_t cut = 32; cut < journal.size(); ++cut) {
      INFO("cut at " << cut);
      dir.write("file.journal", journal.substr(0, cut));
      const std::string expected = cut < 32 + 32 ? "000" : "001";
      {
        PieceStore store(content(dir.path()), {});
        CHECK(test::picture(store.stored()) == expected);
        write(store, 1, "bbbb");
      }
      CHECK(test::picture(PieceStore(content(dir.path()), {}).stored()) == (cut < 64 ? "010" : "011"));
    }
  }
  SECTION("nothing when any bit of its record has changed") {
    const std::string journal = dir.read("file.journal");
    for (std::size_t bit = 0; bit < 32 * 8; ++bit) {
      std::string flipped = journal.substr(0, 64);
      flipped[32 + bit / 8] = static_cast<char>(flipped[32 + bit / 8] ^ 1 << bit % 8);
      dir.write("file.journal", flipped);
      INFO("bit " << bit);
      CHECK(PieceStore(content(dir.path()), {}).stored().count() == 0);
    }
  }
  SECTION("nothing of another content") {
    dir.write("file.part", dir.read("file.part") + "d");
    CHECK(PieceStore({.root = dir / "file", .layout = Layout::of_file(11, 4)}, {}).stored().count() == 0);
  }
}

TEST_CASE("a crash between the last piece and the name is made good by the next start", "[storage]") {
  const TempDir dir;
  {
    PieceStore store(content(dir.path()), {});
    write(store, 0, "aaaa");
    write(store, 1, "bbbb");
  }
  // The last piece and its record, as a process leaves them that is killed before it renames.
  const std::string two = dir.read("file.journal");
  {
    PieceStore store(content(dir.path()), {});
    write(store, 2, "cc");
  }
  CHECK(dir.read("file") == "aaaabbbbcc");
  std::filesystem::rename(dir / "file", dir / "file.part");
  dir.write("file.journal", two);
  {
    PieceStore store(content(dir.path()), {});
    CHECK(test::picture(store.stored()) == "110");
    write(store, 2, "cc");
  }
  CHECK(dir.read("file") == "aaaabbbbcc");
  dir.write("file.journal", two);
  CHECK(PieceStore(content(dir.path()), {}).stored().complete());
  CHECK_FALSE(dir.has("file.journal"));
}

TEST_CASE("with a manifest a complete file claims the pieces that match and becomes a .part", "[storage]") {
  const TempDir dir;
  dir.write("file", "aaaabxbbcc");
  {
    PieceStore store(known_content(dir / "file"), {});
    CHECK(test::picture(store.stored()) == "101");
    CHECK_FALSE(dir.has("file"));
  }
  PieceStore store(known_content(dir / "file"), {});
  CHECK(test::picture(store.stored()) == "101");
  write(store, 1, "bbbb");
  CHECK(dir.read("file") == "aaaabbbbcc");
}

TEST_CASE("with a manifest a file of another size keeps what matches, one with nothing right is left alone",
          "[storage]") {
  const TempDir dir;
  dir.write("file", "aaaabb");
  CHECK(test::picture(PieceStore(known_content(dir / "file"), {}).stored()) == "100");
  CHECK(dir.read("file.part").size() == 10);

  const TempDir other;
  other.write("file", "my diary, and more");
  CHECK(refusal([&] { PieceStore(known_content(other / "file"), {}); }).first == StoreFault::mismatch);
  CHECK(other.read("file") == "my diary, and more");
}

TEST_CASE("with a manifest what matches is copied from a .part that is not ours", "[storage]") {
  const TempDir dir;
  dir.write("file.part", "xxxxbbbbcc");
  PieceStore store(known_content(dir / "file"), {});
  CHECK(test::picture(store.stored()) == "011");
  write(store, 0, "aaaa");
  CHECK(dir.read("file") == "aaaabbbbcc");
  CHECK(dir.read("file.part") == "xxxxbbbbcc");
}

TEST_CASE("a folder is built beside its place, with its modes and empty files, and named at the end", "[storage]") {
  const TempDir dir;
  const Layout layout = Layout::of_folder({{"empty", 0}, {"sub/one", 6, true}, {"two", 3}}, {"nothing/here"}, 4);
  {
    PieceStore store(known_content(dir / "set", layout), {});
    write(store, 2, "ccc");
    write(store, 0, "aaaa");
    CHECK_FALSE(dir.has("set"));
  }
  PieceStore store(known_content(dir / "set", layout), {});
  CHECK(test::picture(store.stored()) == "101");
  write(store, 1, "bb");
  CHECK(dir.read("set/sub/one") == "aaaabb");
  CHECK(dir.read("set/two") == "ccc");
  CHECK(dir.read("set/empty").empty());
  CHECK(std::filesystem::is_directory(dir / "set/nothing/here"));
  CHECK_FALSE(dir.has("set.part"));
  using std::filesystem::perms;
  CHECK((std::filesystem::status(dir / "set/sub/one").permissions() & perms::mask) == perms(0755));
  CHECK((std::filesystem::status(dir / "set/two").permissions() & perms::mask) == perms(0644));
  CHECK(source(store, 1) == "bb");

  SECTION("and is claimed whole") { CHECK(PieceStore(known_content(dir / "set", layout), {}).stored().complete()); }
  SECTION("and repaired where a file is missing") {
    std::filesystem::remove(dir / "set/two");
    CHECK(test::picture(PieceStore(known_content(dir / "set", layout), {}).stored()) == "110");
  }
}

TEST_CASE("a file that somebody changes is noticed before it is sent, and what is wrong is given up", "[storage]") {
  const TempDir dir;
  dir.write("file", "aaaabbbbcc");
  SECTION("with a manifest: the pieces that no longer match") {
    PieceStore store(known_content(dir / "file"), {});
    CHECK(source(store, 1) == "bbbb");
    dir.write("file", "aaaabxbbcc");
    std::filesystem::last_write_time(dir / "file",
                                     std::filesystem::file_time_type::clock::now() + std::chrono::seconds(5));
    CHECK(source(store, 1) == "none");
    CHECK(store.recheck(PieceIndex{1}) == std::vector{PieceIndex{1}});
    CHECK(store.frozen());
    CHECK(test::picture(store.stored()) == "101");
    CHECK(source(store, 0) == "aaaa");
    CHECK(dir.read("file") == "aaaabxbbcc");
  }
  SECTION("with a manifest: nothing when it was only touched") {
    PieceStore store(known_content(dir / "file"), {});
    std::filesystem::last_write_time(dir / "file",
                                     std::filesystem::file_time_type::clock::now() + std::chrono::seconds(5));
    CHECK(source(store, 1) == "none");
    CHECK(store.recheck(PieceIndex{1}).empty());
    CHECK_FALSE(store.frozen());
    CHECK(source(store, 1) == "bbbb");
  }
  SECTION("without: all of it, because nothing proves any of it") {
    PieceStore store(content(dir.path()), {});
    dir.write("file", "aaaa");
    CHECK(source(store, 0) == "none");
    CHECK(store.recheck(PieceIndex{0}).size() == 3);
    CHECK(store.frozen());
  }
}

TEST_CASE("what was fetched is proven by its digests when it is changed", "[storage]") {
  const TempDir dir;
  PieceStore store(content(dir.path()), {});
  write(store, 0, "aaaa");
  write(store, 1, "bbbb");
  write(store, 2, "cc");
  dir.write("file", "aaaabbb");
  CHECK(source(store, 0) == "none");
  CHECK(store.recheck(PieceIndex{0}) == std::vector{PieceIndex{1}, PieceIndex{2}});
}

TEST_CASE("a piece of another size, or one that is stored, is our own bug", "[storage]") {
  const TempDir dir;
  PieceStore store(content(dir.path()), {});
  write(store, 0, "aaaa");
  CHECK(test::aborts([&] { write(store, 0, "aaaa"); }));
  CHECK(test::aborts([&] { write(store, 1, "bbb"); }));
  CHECK(test::aborts([&] { write(store, 2, "cccc"); }));
}

TEST_CASE("one process fetches to one place", "[storage]") {
  const TempDir dir;
  const PieceStore first(content(dir / "new/folder", "f"), {});
  CHECK_THROWS_AS(PieceStore(content(dir / "new/folder", "f"), {}), StoreError);
  const PieceStore other(content(dir / "new/folder", "g"), {});
}

}  // namespace
}  // namespace p2p
