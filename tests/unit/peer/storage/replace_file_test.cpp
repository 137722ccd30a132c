// Small files that nobody sees half of.
#include "peer/storage/replace_file.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <system_error>

#include "tests/support/catch.hpp"
#include "tests/support/file_limit.hpp"
#include "tests/support/leave_temporary.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::random_text;
using test::TempDir;

TEST_CASE("a file is replaced as a whole, and one that cannot be leaves nothing", "[replace_file]") {
  const TempDir dir;
  const std::string text = random_text(100'000);
  dir.write("file", "old");
  replace_file(dir / "file", text);
  CHECK(dir.read("file") == text);
  fs::create_directory(dir / "folder");
  CHECK_THROWS_AS(replace_file(dir / "folder", text), std::system_error);
  CHECK_THROWS_AS(replace_file(dir / "no/file", text), std::system_error);
  // Neither what a link leads to nor the link.
  fs::create_symlink("file", dir / "link");
  CHECK_THROWS_AS(replace_file(dir / "link", "new"), std::system_error);
  CHECK(fs::is_symlink(dir / "link"));
  CHECK(dir.read("file") == text);
  CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == 3);
}

TEST_CASE("a new file has what the umask leaves, a replaced one what it had", "[replace_file]") {
  const TempDir dir;
  const auto mode = [&](const char* name) { return fs::status(dir / name).permissions(); };
  const mode_t mask = ::umask(027);
  replace_file(dir / "new", "text");
  dir.write("old", "text");
  fs::permissions(dir / "old", fs::perms(0600));
  replace_file(dir / "old", "other");
  ::umask(mask);
  CHECK(mode("new") == fs::perms(0640));
  CHECK(mode("old") == fs::perms(0600));
}

TEST_CASE("an old file stays as it was when there is no room for the new one", "[replace_file]") {
  const TempDir dir;
  dir.write("file", "old");
  {
    const test::FileLimit limit(1000);
    for (const char* const name : {"file", "new"}) {
      try {
        replace_file(dir / name, std::string(1001, 'x'));
        FAIL("there was room");
      } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::file_too_large);
        CHECK(std::string(error.what()) == "create " + (dir / name).string() + ": File too large");
      }
    }
  }
  CHECK(dir.read("file") == "old");
  CHECK(test::names_in(dir.path()) == std::set<std::string>{"file"});
}

TEST_CASE("a file without bytes can be made and replaced", "[replace_file]") {
  const TempDir dir;
  for (const char* const text : {"", "text", ""}) {
    replace_file(dir / "file", text, Durability::in_memory);
    CHECK(dir.read("file") == text);
  }
}

TEST_CASE("a leftover is known by its bytes, and a file of the user's is none", "[replace_file]") {
  const TempDir dir;
  const std::string text = "1,a\n2,LASTCHUNK\n";
  const std::string left = test::leave_temporary(dir.path(), text);
  CHECK(dir.read(left) == text);
  CHECK(is_leftover(dir / left));
  const auto with = [&](std::size_t at) {
    std::string other = left;
    other[at] = other[at] == '0' ? '1' : '0';
    return other;
  };
  SECTION("under another name") {
    const std::string digits = left.substr(std::string(".peerProcess-").size());
    for (const std::string& name : {with(13), with(28), with(29), with(60), left + "x", "x" + left, digits,
                                    left.substr(0, left.size() - 4) + ".old"}) {
      INFO(name);
      dir.write(name, text);
      CHECK_FALSE(is_leftover(dir / name));
    }
  }
  SECTION("with other bytes") {
    for (const std::string& bytes : {text + "x", text.substr(1), std::string()}) {
      dir.write(left, bytes);
      CHECK_FALSE(is_leftover(dir / left));
    }
  }
  SECTION("of another kind") {
    fs::rename(dir / left, dir / "kept");
    CHECK_FALSE(is_leftover(dir / left));
    fs::create_symlink("kept", dir / left);
    CHECK_FALSE(is_leftover(dir / left));
    fs::remove(dir / left);
    fs::create_directory(dir / left);
    CHECK_FALSE(is_leftover(dir / left));
  }
}

}  // namespace
}  // namespace p2p
