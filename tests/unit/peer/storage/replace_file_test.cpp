// Small files that nobody sees half of.
#include "peer/storage/replace_file.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <iterator>
#include <string>
#include <system_error>

#include "tests/support/catch.hpp"
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

}  // namespace
}  // namespace p2p
