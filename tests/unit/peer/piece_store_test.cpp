// Pieces on disk: `<name>.part` until the last one is stored.
#include "peer/storage/piece_store.hpp"

#include <unistd.h>

#include <string>

#include "peer/exit_code.hpp"
#include "tests/support/aborts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/piece_map.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::TempDir;

/// Three pieces: "aaaa", "bbbb", "cc".
const Geometry kGeometry(10, 4);

void write(PieceStore& store, std::uint32_t piece, std::string_view bytes) {
  store.write(PieceIndex{piece}, std::as_bytes(std::span(bytes.data(), bytes.size())));
}

/// How a peer would be told to leave: "code: message"; empty when it would not.
template <class Action>
std::pair<int, std::string> refusal(Action&& action) {
  try {
    action();
  } catch (const ExitError& error) {
    return {static_cast<int>(error.code()), error.what()};
  }
  return {0, ""};
}

TEST_CASE("an empty folder gets a .part file of the whole size", "[storage]") {
  const TempDir dir;
  const PieceStore store(dir / "peer_1001", "file", kGeometry);
  CHECK(test::picture(store.stored()) == "000");
  CHECK(dir.read("peer_1001/file.part").size() == 10);
  CHECK_FALSE(dir.has("peer_1001/file"));
}

TEST_CASE("pieces land at their place in any order, the last one names the file", "[storage]") {
  const TempDir dir;
  PieceStore store(dir.path(), "file", kGeometry);
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

TEST_CASE("stored pieces are read through the descriptor, before and after the file is named", "[storage]") {
  const TempDir dir;
  PieceStore store(dir.path(), "file", kGeometry);
  const auto read = [&] {
    std::string bytes(4, '?');
    REQUIRE(::pread(store.descriptor(), bytes.data(), bytes.size(), 4) == 4);
    return bytes;
  };
  write(store, 1, "bbbb");
  CHECK(read() == "bbbb");
  write(store, 0, "aaaa");
  write(store, 2, "cc");
  CHECK(read() == "bbbb");
}

TEST_CASE("a complete file is used and never written", "[storage]") {
  const TempDir dir;
  dir.write("file", "AAAABBBBCC");
  std::filesystem::permissions(dir / "file", std::filesystem::perms::owner_read);
  const PieceStore store(dir.path(), "file", kGeometry);
  CHECK(store.stored().complete());
  CHECK_FALSE(dir.has("file.part"));
  CHECK(::write(store.descriptor(), "x", 1) == -1);
  CHECK(dir.read("file") == "AAAABBBBCC");
}

TEST_CASE("what an earlier run left unfinished is not trusted", "[storage]") {
  const TempDir dir;
  dir.write("file.part", "aaaabbbbcc and more");
  const PieceStore store(dir.path(), "file", kGeometry);
  CHECK(store.stored().count() == 0);
  CHECK(dir.read("file.part").size() == 10);
}

TEST_CASE("a file name with folders gets its folders", "[storage]") {
  const TempDir dir;
  PieceStore store(dir / "peer_1001", "models/v1/file", kGeometry);
  write(store, 0, "aaaa");
  write(store, 1, "bbbb");
  write(store, 2, "cc");
  CHECK(dir.read("peer_1001/models/v1/file") == "aaaabbbbcc");
}

TEST_CASE("a file of the wrong size is refused and left alone", "[storage]") {
  const TempDir dir;
  for (const std::string content : {"", "aaaabbbbc", "aaaabbbbccc"}) {
    dir.write("file", content);
    const auto [code, message] = refusal([&] { PieceStore(dir.path(), "file", kGeometry); });
    CHECK(code == 32);
    CHECK(message == (dir / "file").string() + " has " + std::to_string(content.size()) + " bytes, expected 10 (FileSize in Common.cfg)");
    CHECK(dir.read("file") == content);
    CHECK_FALSE(dir.has("file.part"));
  }
}

TEST_CASE("what stands in the file's place and is no file is refused", "[storage]") {
  const TempDir dir;
  std::filesystem::create_directory(dir / "file");
  CHECK(refusal([&] { PieceStore(dir.path(), "file", kGeometry); }) ==
        std::pair<int, std::string>{32, (dir / "file").string() + " is not a regular file"});
}

TEST_CASE("a folder that cannot be made is an input or output error that says which", "[storage]") {
  const TempDir dir;
  dir.write("peer_1001", "a file where the folder should be");
  const auto [code, message] = refusal([&] { PieceStore(dir / "peer_1001", "file", kGeometry); });
  CHECK(code == 17);
  CHECK(message.find((dir / "peer_1001").string()) != std::string::npos);
}

TEST_CASE("a file that no disk has room for is told before the exchange begins", "[storage]") {
  const TempDir dir;
  const Geometry enormous(std::uint64_t{1} << 56, 64u << 20);
  const auto [code, message] = refusal([&] { PieceStore(dir.path(), "file", enormous); });
  CHECK(code == 9);
  CHECK(message.find("72057594037927936 bytes are needed") != std::string::npos);
}

TEST_CASE("a look into the folder touches nothing", "[storage]") {
  const TempDir dir;
  CHECK(inspect_folder(dir / "peer_1001", "file", kGeometry) == FolderState::missing);
  CHECK_FALSE(dir.has("peer_1001"));
  dir.write("peer_1001/file.part", "aaaa");
  CHECK(inspect_folder(dir / "peer_1001", "file", kGeometry) == FolderState::missing);
  CHECK(dir.read("peer_1001/file.part") == "aaaa");
  dir.write("peer_1001/file", "aaaabbbbcc");
  CHECK(inspect_folder(dir / "peer_1001", "file", kGeometry) == FolderState::complete);
}

TEST_CASE("a piece of another size, or one that is stored, is our own bug", "[storage]") {
  const TempDir dir;
  PieceStore store(dir.path(), "file", kGeometry);
  write(store, 0, "aaaa");
  CHECK(test::aborts([&] { write(store, 0, "aaaa"); }));
  CHECK(test::aborts([&] { write(store, 1, "bbb"); }));
  CHECK(test::aborts([&] { write(store, 2, "cccc"); }));
}

}  // namespace
}  // namespace p2p
