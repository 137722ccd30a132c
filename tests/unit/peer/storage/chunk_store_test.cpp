// A chunk folder on disk: what is claimed of it, what comes into it, and what every kind of end leaves.
#include "peer/storage/chunk_store.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <system_error>

#include "config/hex.hpp"
#include "peer/storage/digest.hpp"
#include "peer/storage/store_error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/file_limit.hpp"
#include "tests/support/leave_temporary.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::TempDir;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }
ChunkClaim claim(const std::string& text, std::string name) {
  return {static_cast<std::uint32_t>(text.size()), sha256(bytes_of(text)), std::move(name)};
}

std::string name_of(StoreFault fault) {
  switch (fault) {
    case StoreFault::unusable: return "unusable";
    case StoreFault::full: return "full";
    case StoreFault::mismatch: return "mismatch";
    case StoreFault::no_list: return "no list";
  }
  return "?";
}

struct Folder {
  TempDir dir;

  Folder(std::string_view list, std::initializer_list<std::pair<std::string_view, std::string_view>> files) {
    dir.write("local_chunks.txt", list);
    for (const auto& [name, content] : files) dir.write(name, content);
  }
  ChunkStore open() const { return {dir.path(), {}}; }
  std::string list() const { return dir.read("local_chunks.txt"); }
  std::string complaint() const {
    try {
      open();
    } catch (const config::ConfigError& error) {
      return error.findings().front().message;
    } catch (const StoreError& error) {
      return name_of(error.fault()) + ": " + error.what();
    }
    return "none";
  }
};

/// As the swarm's shell does.
void receive(ChunkStore& store, std::uint32_t piece, const std::string& text, const std::string& name) {
  REQUIRE(store.expect(PieceIndex{piece}, claim(text, name)));
  Geometry geometry = store.geometry();
  geometry.learn(PieceIndex{piece}, static_cast<std::uint32_t>(text.size()));
  if (text.size() <= store.largest_in_memory()) return store.write(PieceIndex{piece}, bytes_of(text));
  const auto part = store.map(PieceIndex{piece});
  std::ranges::copy(bytes_of(text), part->data());
  REQUIRE(store.matches(PieceIndex{piece}, {part->data(), text.size()}));
  store.keep(PieceIndex{piece}, *part);
}

std::string note(std::uint32_t index, const std::string& text, const std::string& name) {
  return std::to_string(index) + "," + std::to_string(text.size()) + "," + config::to_hex(sha256(bytes_of(text))) +
         "," + name + "\n";
}

TEST_CASE("what is listed is claimed, with its size and hash", "[chunk_store]") {
  const Folder folder("3,c\n1,a\n4,LASTCHUNK\n", {{"a", "hello"}, {"c", ""}});
  const ChunkStore store = folder.open();
  CHECK(store.stored().count() == 2);
  CHECK(store.geometry().piece_count() == 4);
  CHECK(store.geometry().size_of(PieceIndex{0}) == 5);
  CHECK(store.geometry().size_of(PieceIndex{2}) == 0);
  CHECK_FALSE(store.geometry().knows(PieceIndex{1}));
  REQUIRE(store.held().size() == 2);
  CHECK(store.held()[0].piece == PieceIndex{0});
  CHECK(store.held()[0].claim == claim("hello", "a"));
  CHECK(store.held()[0].original);
  CHECK_FALSE(folder.dir.has(".peerProcess"));
}

TEST_CASE("a list that its folder does not bear out", "[chunk_store]") {
  CHECK(Folder("1,a\n4,LASTCHUNK\n", {}).complaint() ==
        "the file \"a\" of chunk 1 is missing, expected a regular file in this folder");
  const Folder folder("1,a\n4,LASTCHUNK\n", {});
  std::filesystem::create_directory(folder.dir / "a");
  CHECK(folder.complaint() == "the file \"a\" of chunk 1 is missing, expected a regular file in this folder");
  const Folder huge("1,a\n4,LASTCHUNK\n", {{"a", ""}});
  std::filesystem::resize_file(huge.dir / "a", config::kLargestChunk + 1);
  CHECK(huge.complaint() == "the file \"a\" of chunk 1 has 4294967291 bytes, expected at most 4294967290");
  const Folder none("", {});
  std::filesystem::remove(none.dir / "local_chunks.txt");
  CHECK(none.complaint().starts_with("no list: "));
}

TEST_CASE("a chunk that comes gets its name and its line, and is remembered as received", "[chunk_store]") {
  const Folder folder("2,b\n4,LASTCHUNK\n", {{"b", "world"}});
  {
    ChunkStore store = folder.open();
    receive(store, 0, "hello", "a");
    receive(store, 3, "", "empty one");
    CHECK(store.stored().count() == 3);
  }
  CHECK(folder.dir.read("a") == "hello");
  CHECK(folder.dir.has("empty one"));
  CHECK(folder.list() == "1,a\n2,b\n4,empty one\n4,LASTCHUNK\n");
  const ChunkStore again = folder.open();
  REQUIRE(again.held().size() == 3);
  CHECK_FALSE(again.held()[0].original);
  CHECK(again.held()[1].original);
  CHECK_FALSE(again.held()[2].original);
}

TEST_CASE("a large chunk comes into a file of its own", "[chunk_store]") {
  const Folder folder("2,LASTCHUNK\n", {});
  const std::string large(ChunkStore::kLargestInMemory + 1, 'x');
  {
    ChunkStore store = folder.open();
    receive(store, 1, large, "large");
    const auto source = store.source(PieceIndex{1});
    REQUIRE(source);
    CHECK(source->file->size() == large.size());
  }
  CHECK(folder.dir.read("large") == large);
  CHECK(folder.list() == "2,large\n2,LASTCHUNK\n");
}

TEST_CASE("a part that is given up is removed", "[chunk_store]") {
  const Folder folder("1,LASTCHUNK\n", {});
  ChunkStore store = folder.open();
  const std::string large(ChunkStore::kLargestInMemory + 1, 'x');
  REQUIRE(store.expect(PieceIndex{0}, claim(large, "large")));
  Geometry geometry = store.geometry();
  geometry.learn(PieceIndex{0}, static_cast<std::uint32_t>(large.size()));
  {
    const auto one = store.map(PieceIndex{0});
    const auto two = store.map(PieceIndex{0});
    CHECK(std::distance(std::filesystem::directory_iterator(folder.dir / ".peerProcess"), {}) == 2);
  }
  CHECK(std::distance(std::filesystem::directory_iterator(folder.dir / ".peerProcess"), {}) == 0);
}

TEST_CASE("other bytes do not match", "[chunk_store]") {
  const Folder folder("1,LASTCHUNK\n", {});
  ChunkStore store = folder.open();
  REQUIRE(store.expect(PieceIndex{0}, claim("hello", "a")));
  CHECK(store.matches(PieceIndex{0}, bytes_of("hello")));
  CHECK_FALSE(store.matches(PieceIndex{0}, bytes_of("hallo")));
}

TEST_CASE("a file of the user's is never written over", "[chunk_store]") {
  const Folder folder("1,LASTCHUNK\n", {{"a", "mine"}});
  ChunkStore store = folder.open();
  CHECK_FALSE(store.expect(PieceIndex{0}, claim("hello", "a")));
  std::filesystem::create_symlink("nowhere", folder.dir / "link");
  CHECK_FALSE(store.expect(PieceIndex{0}, claim("hello", "link")));
  REQUIRE(store.expect(PieceIndex{0}, claim("hello", "b")));
  folder.dir.write("b", "it came meanwhile");
  CHECK_THROWS_AS(store.write(PieceIndex{0}, bytes_of("hello")), std::system_error);
  CHECK(folder.dir.read("b") == "it came meanwhile");
  CHECK(folder.list() == "1,LASTCHUNK\n");
}

TEST_CASE("what a killed process left is made up for", "[chunk_store]") {
  SECTION("a part, and lists that were not renamed") {
    const std::string kept = ".peerProcess-0123456789abcdef.new";
    const Folder folder("1,a\n2,LASTCHUNK\n", {{"a", "hello"},
                                               {".peerProcess/2-1.part", "wor"},
                                               {kept, "mine"},
                                               {".peerProcess-abc123", "mine"},
                                               {".peerProcess/notes", "mine"},
                                               {".peerProcess/my.part", "mine"}});
    const std::string left = test::leave_temporary(folder.dir.path(), "1,a\n2,LASTCHUNK\n");
    const std::string left_within = test::leave_temporary(folder.dir / ".peerProcess", "");
    CHECK(folder.open().stored().count() == 1);
    CHECK_FALSE(folder.dir.has(".peerProcess/2-1.part"));
    CHECK_FALSE(folder.dir.has(left));
    CHECK_FALSE(folder.dir.has(".peerProcess/" + left_within));
    for (const std::string& name : {kept, std::string(".peerProcess-abc123"), std::string(".peerProcess/notes"),
                                    std::string(".peerProcess/my.part")})
      CHECK(folder.dir.read(name) == "mine");
  }
  SECTION("a note, and no file of that name") {
    const Folder folder("2,LASTCHUNK\n", {{".peerProcess/received", note(2, "world", "b")}});
    CHECK(folder.open().stored().count() == 0);
    CHECK(folder.dir.read(".peerProcess/received").empty());
  }
  SECTION("a note and its file, that is not listed") {
    const Folder folder("2,LASTCHUNK\n", {{"b", "world"}, {".peerProcess/received", note(2, "world", "b")}});
    const ChunkStore store = folder.open();
    CHECK(store.stored().test(PieceIndex{1}));
    CHECK_FALSE(store.held().at(0).original);
    CHECK(folder.list() == "2,b\n2,LASTCHUNK\n");
  }
  SECTION("a note, and another file of that name") {
    const Folder folder("2,LASTCHUNK\n", {{"b", "mine!"}, {".peerProcess/received", note(2, "world", "b")}});
    CHECK(folder.open().stored().count() == 0);
    CHECK(folder.list() == "2,LASTCHUNK\n");
    CHECK(folder.dir.read("b") == "mine!");
  }
}

TEST_CASE("a chunk that has its name and could not be listed is listed later, and not written again", "[chunk_store]") {
  std::string list;
  for (int i = 3; i <= 40; ++i) list += std::to_string(i) + ",a rather long name " + std::to_string(i) + "\n";
  const Folder folder(list + "40,LASTCHUNK\n", {});
  for (int i = 3; i <= 40; ++i) folder.dir.write("a rather long name " + std::to_string(i), "");
  {
    ChunkStore store = folder.open();
    REQUIRE(store.expect(PieceIndex{1}, claim("world", "b")));
    {
      // Room for the chunk and its note, and not for the list.
      const test::FileLimit limit(500);
      for (int tries = 0; tries < 2; ++tries) {
        CHECK_THROWS_AS(store.write(PieceIndex{1}, bytes_of("world")), std::system_error);
        CHECK(folder.dir.read("b") == "world");
        CHECK_FALSE(store.stored().test(PieceIndex{1}));
      }
    }
    SECTION("by the process that received it") {
      const auto time = std::filesystem::last_write_time(folder.dir / "b");
      store.write(PieceIndex{1}, bytes_of("world"));
      CHECK(store.stored().test(PieceIndex{1}));
      CHECK(store.source(PieceIndex{1}));
      CHECK(std::filesystem::last_write_time(folder.dir / "b") == time);
    }
    SECTION("by the next one") {}
  }
  const ChunkStore next = folder.open();
  CHECK(next.stored().test(PieceIndex{1}));
  CHECK(next.stored().count() == 39);
  CHECK(folder.list().find("2,b\n") != std::string::npos);
  CHECK(folder.dir.read("b") == "world");
}

TEST_CASE("a received chunk that has changed is neither served nor overwritten", "[chunk_store]") {
  const Folder folder("2,b\n2,LASTCHUNK\n", {{"b", "wurld"}, {".peerProcess/received", note(2, "world", "b")}});
  CHECK(folder.complaint().starts_with("mismatch: "));
  CHECK(folder.dir.read("b") == "wurld");
}

TEST_CASE("a file of the user's own in a received chunk's place is the user's", "[chunk_store]") {
  const Folder folder("2,mine\n2,LASTCHUNK\n", {{"mine", "wurld"}, {".peerProcess/received", note(2, "world", "b")}});
  CHECK(folder.open().held().at(0).original);
  const Folder renamed("2,mine\n2,LASTCHUNK\n", {{"mine", "world"}, {".peerProcess/received", note(2, "world", "b")}});
  CHECK_FALSE(renamed.open().held().at(0).original);
}

TEST_CASE("a chunk that changes while it is shared is given up", "[chunk_store]") {
  const Folder folder("1,a\n2,b\n2,LASTCHUNK\n", {{"a", "hello"}, {"b", "world"}});
  ChunkStore store = folder.open();
  REQUIRE(store.source(PieceIndex{0}));
  CHECK(store.recheck(PieceIndex{0}).empty());
  folder.dir.write("a", "hallo!");
  CHECK_FALSE(store.source(PieceIndex{0}));
  CHECK(store.recheck(PieceIndex{0}) == std::vector{PieceIndex{0}});
  CHECK_FALSE(store.stored().test(PieceIndex{0}));
  CHECK(store.source(PieceIndex{1}));
  std::filesystem::remove(folder.dir / "b");
  CHECK_FALSE(store.source(PieceIndex{1}));
  CHECK(store.recheck(PieceIndex{1}) == std::vector{PieceIndex{1}});
}

TEST_CASE("a chunk that is touched, and is the same, goes on being shared", "[chunk_store]") {
  const Folder folder("1,a\n1,LASTCHUNK\n", {{"a", "hello"}});
  ChunkStore store = folder.open();
  std::filesystem::last_write_time(folder.dir / "a",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  CHECK_FALSE(store.source(PieceIndex{0}));
  CHECK(store.recheck(PieceIndex{0}).empty());
  CHECK(store.source(PieceIndex{0}));
}

}  // namespace
}  // namespace p2p
