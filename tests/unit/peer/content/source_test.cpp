// Which files a manifest is made of.
#include "peer/content/source.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "peer/ground/exit_code.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

/// "code: message" of the way out; empty when there was none.
template <class Action>
std::string refusal(Action&& action) {
  try {
    action();
  } catch (const ExitError& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  }
  return {};
}

std::vector<std::string> paths_of(const Source& source) {
  std::vector<std::string> paths;
  for (const SourceFile& file : source.files) paths.push_back(file.entry.path);
  return paths;
}

TEST_CASE("a directory is a folder with its tree, in the order of the bytes", "[content]") {
  const TempDir dir;
  dir.write("tree/b", "bb");
  dir.write("tree/a/z", "z");
  dir.write("tree/a-", "");
  dir.write("tree/\xc3\xbc", "u");
  fs::create_directories(dir / "tree/hollow/inner");
  fs::permissions(dir / "tree/b", fs::perms(0750));
  for (const fs::path& path : {dir / "tree", dir / "tree/", dir / "tree/."}) {
    const Source source = find_source({path});
    CHECK(source.folder);
    CHECK(paths_of(source) == std::vector<std::string>{"a-", "a/z", "b", "\xc3\xbc"});
    CHECK(source.folders == std::vector<std::string>{"hollow/inner"});
    CHECK(source.files[2].entry.mode == 0755);
    CHECK(source.total_size() == 4);
  }
}

TEST_CASE("a file is a content of that file, several paths are a folder of them", "[content]") {
  const TempDir dir;
  dir.write("one", "1");
  dir.write("tree/two", "22");
  dir.write("other/one", "3");
  const Source one = find_source({dir / "one"});
  CHECK_FALSE(one.folder);
  CHECK(paths_of(one) == std::vector<std::string>{"one"});
  fs::create_symlink(dir / "one", dir / "link");
  CHECK(paths_of(find_source({dir / "link"})) == std::vector<std::string>{"link"});
  const Source both = find_source({dir / "tree/", dir / "one"});
  CHECK(both.folder);
  CHECK(paths_of(both) == std::vector<std::string>{"one", "tree/two"});
  CHECK(paths_of(find_source({dir / "one", dir / "other/../tree"})) == std::vector<std::string>{"one", "tree/two"});
  CHECK(refusal([&] {
          find_source({dir / "one", dir / "other/one"});
        }) == "28: two of the paths are named \"one\"; in one folder there can be but one");
}

TEST_CASE("what a manifest cannot have is refused by its name", "[content]") {
  const TempDir dir;
  dir.write("tree/good", "1");
  const auto refused = [&](const char* path = "tree") { return refusal([&] { find_source({dir / path}); }); };
  SECTION("a symbolic link") {
    fs::create_symlink("good", dir / "tree/link");
    CHECK(refused() == "17: " + (dir / "tree/link").string() +
                           ": is a symbolic link; a manifest has regular files and folders only");
  }
  SECTION("a special file") {
    REQUIRE(::mkfifo((dir / "tree/pipe").c_str(), 0600) == 0);
    CHECK(refused() ==
          "17: " + (dir / "tree/pipe").string() + ": is a special file; a manifest has regular files and folders only");
  }
  SECTION("names") {
    dir.write("tree/a\nb", "");
    CHECK(refused() == "17: " + (dir / "tree").string() +
                           "/a\\x0ab: its path has a control character, which a manifest cannot have");
    fs::remove(dir / "tree/a\nb");
    dir.write("tree/\xff", "");
    CHECK(refused().find("its path is not UTF-8") != std::string::npos);
  }
  SECTION("names that differ in case") {
    dir.write("tree/Good", "");
    CHECK(refused().find("\"Good\" and \"good\" differ only in case") != std::string::npos);
  }
  SECTION("a name for unfinished files") {
    dir.write("a.part", "1");
    CHECK(refused("a.part").find("its name ends with .part") != std::string::npos);
  }
  SECTION("nothing") {
    dir.write("tree/good", "");
    CHECK(refused() == "17: " + (dir / "tree").string() + ": has no bytes to exchange");
    CHECK(refused("nowhere") == "17: " + (dir / "nowhere").string() + ": No such file or directory");
  }
}

TEST_CASE("a file that is not what it was when it was found is told", "[content]") {
  const TempDir dir;
  dir.write("tree/a", "aa");
  dir.write("tree/b", "bb");
  const Source source = find_source({dir / "tree"});
  check_unchanged(source);
  const auto changed = [&](const char* name) {
    return "17: " + (dir / name).string() + ": changed while it was hashed";
  };
  SECTION("larger") {
    dir.write("tree/a", "aaa");
    fs::last_write_time(dir / "tree/a", fs::last_write_time(dir / "tree/b"));
    CHECK(refusal([&] { check_unchanged(source); }) == changed("tree/a"));
  }
  SECTION("written to") {
    fs::last_write_time(dir / "tree/b", fs::last_write_time(dir / "tree/b") + std::chrono::nanoseconds(1000));
    CHECK(refusal([&] { check_unchanged(source); }) == changed("tree/b"));
  }
  SECTION("another file") {
    dir.write("new", "bb");
    fs::last_write_time(dir / "new", fs::last_write_time(dir / "tree/b"));
    fs::rename(dir / "new", dir / "tree/b");
    CHECK(refusal([&] { check_unchanged(source); }) == changed("tree/b"));
  }
  SECTION("gone") {
    fs::remove(dir / "tree/a");
    CHECK(refusal([&] { check_unchanged(source); }) ==
          "17: " + (dir / "tree/a").string() + ": No such file or directory");
  }
}

TEST_CASE("our own files are never content", "[content]") {
  const TempDir dir;
  dir.write("tree/a", "1");
  dir.write("tree/mine.part", "1");
  dir.write("tree/mine.journal", "1");
  dir.write("tree/.peerProcess/index", "1");
  dir.write("tree/sub/.peerProcess-0123456789abcdef.part", "1");
  dir.write("tree/got.part", "1");
  dir.write("tree/got.journal", "P2PFILE JOURNAL1 and more");
  dir.write("tree/set.part/file", "1");
  dir.write("tree/set.journal", "P2PFILE JOURNAL1 and more");
  const Source source = find_source({dir / "tree"});
  CHECK(paths_of(source) == std::vector<std::string>{"a", "mine.journal", "mine.part"});
  CHECK(source.folders == std::vector<std::string>{"sub"});
}

}  // namespace
}  // namespace p2p
