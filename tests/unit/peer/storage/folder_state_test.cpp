// What stands under a content's name, before anything is done about it.
#include "peer/storage/folder_state.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <string>

#include "peer/storage/store_error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/small_store.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::refusal;
using test::TempDir;

Content file(const fs::path& root) { return {.root = root, .layout = Layout::of_file(10, 4)}; }

Content with_manifest(Content content) {
  content.id = ContentId{};
  content.matches = [](PieceIndex, std::span<const std::byte>) { return true; };
  return content;
}

Content folder(const fs::path& root) {
  return with_manifest({.root = root, .layout = Layout::of_folder({{"a", 3}, {"sub/b", 0}}, {"hollow/inner"}, 4)});
}

/// A folder() that is as it should be.
void make_folder(const TempDir& dir, const std::string& name) {
  dir.write(name + "/a", "aaa");
  dir.write(name + "/sub/b", "");
  fs::create_directories(dir / (name + "/hollow/inner"));
}

TEST_CASE("a file is complete when it has its size, by whatever way its name leads to it", "[folder_state]") {
  const TempDir dir;
  CHECK(inspect_folder(file(dir / "file")) == FolderState::missing);
  CHECK(inspect_folder(file(dir / "no/file")) == FolderState::missing);
  dir.write("file", "0123456789");
  fs::create_symlink("file", dir / "link");
  CHECK(inspect_folder(file(dir / "file")) == FolderState::complete);
  CHECK(inspect_folder(file(dir / "link")) == FolderState::complete);
}

TEST_CASE("a file of another size is of use only with a manifest", "[folder_state]") {
  const TempDir dir;
  for (const char* const bytes : {"", "012345678", "0123456789a"}) {
    dir.write("file", bytes);
    CHECK(inspect_folder(with_manifest(file(dir / "file"))) == FolderState::wrong);
    Content named = file(dir / "file");
    named.size_source = "FileSize in Common.cfg";
    const auto [fault, message] = refusal([&] { inspect_folder(named); });
    CHECK(fault == StoreFault::mismatch);
    CHECK(message == (dir / "file").string() + " has " + std::to_string(std::string(bytes).size()) +
                         " bytes, expected 10 (FileSize in Common.cfg)");
    CHECK(dir.read("file") == bytes);
  }
}

TEST_CASE("what is of another kind is a mismatch that is told by name", "[folder_state]") {
  const TempDir dir;
  fs::create_directory(dir / "folder");
  fs::create_symlink("nowhere", dir / "link");
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  for (const char* const name : {"folder", "pipe"}) {
    const auto [fault, message] = refusal([&] { inspect_folder(with_manifest(file(dir / name))); });
    CHECK(fault == StoreFault::mismatch);
    CHECK(message == (dir / name).string() + " is not a regular file");
  }
  const auto [fault, message] = refusal([&] { inspect_folder(file(dir / "link")); });
  CHECK(fault == StoreFault::mismatch);
  CHECK(message == (dir / "link").string() + " is a symbolic link that leads nowhere; move it away");
  dir.write("file", "");
  CHECK(refusal([&] { inspect_folder(folder(dir / "file")); }).second == (dir / "file").string() + " is not a folder");
}

TEST_CASE("a folder is complete with all files and folders, and wrong with any missing or of another size",
          "[folder_state]") {
  const TempDir dir;
  CHECK(inspect_folder(folder(dir / "set")) == FolderState::missing);
  make_folder(dir, "set");
  CHECK(inspect_folder(folder(dir / "set")) == FolderState::complete);
  // What else is in it is no business of ours.
  dir.write("set/notes", "mine");
  CHECK(inspect_folder(folder(dir / "set")) == FolderState::complete);
  SECTION("size") { dir.write("set/a", "aaaa"); }
  SECTION("file") { fs::remove(dir / "set/a"); }
  SECTION("empty file") { fs::remove(dir / "set/sub/b"); }
  SECTION("empty folder") { fs::remove(dir / "set/hollow/inner"); }
  SECTION("a file for a folder") {
    fs::remove(dir / "set/hollow/inner");
    dir.write("set/hollow/inner", "");
  }
  CHECK(inspect_folder(folder(dir / "set")) == FolderState::wrong);
  CHECK(dir.read("set/notes") == "mine");
}

TEST_CASE("something in a folder that has a file's name and is none is told", "[folder_state]") {
  const TempDir dir;
  make_folder(dir, "set");
  fs::remove(dir / "set/a");
  fs::create_directory(dir / "set/a");
  CHECK(refusal([&] { inspect_folder(folder(dir / "set")); }).second ==
        (dir / "set/a").string() + " is not a regular file");
}

TEST_CASE("a name that cannot be looked at is an error, not a missing file", "[folder_state]") {
  const TempDir dir;
  const fs::path too_long = dir / std::string(300, 'n');
  for (const Content& content : {file(too_long), folder(too_long)}) {
    const auto [fault, message] = refusal([&] { inspect_folder(content); });
    CHECK(fault == StoreFault::unusable);
    CHECK(message == "cannot look at " + too_long.string() + ": File name too long");
  }
}

}  // namespace
}  // namespace p2p
