// One process a folder.
#include "peer/storage/folder_lock.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <optional>
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

TEST_CASE("a folder is held once, until its holder lets it go", "[folder_lock]") {
  const TempDir dir;
  std::optional<FolderLock> lock;
  lock.emplace(dir.path(), "rule");
  const auto [fault, message] = refusal([&] { FolderLock(dir.path(), "give each peer its own"); });
  CHECK(fault == StoreFault::unusable);
  CHECK(message == "another process uses the folder " + dir.path().string() + "; give each peer its own");
  // Under whatever name it is reached.
  fs::create_directory(dir / "sub");
  CHECK(refusal([&] { FolderLock(dir / "sub/..", "rule"); }).first == StoreFault::unusable);
  FolderLock(dir / "sub", "rule");
  lock.reset();
  CHECK_FALSE(refusal([&] { FolderLock(dir.path(), "rule"); }).first);
}

TEST_CASE("a process that ends in any way lets its folder go, and leaves nothing in it", "[folder_lock]") {
  const TempDir dir;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    new FolderLock(dir.path(), "rule");
    ::_exit(0);  // without a destructor, as a process that is killed
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  CHECK_FALSE(refusal([&] { FolderLock(dir.path(), "rule"); }).first);
  CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == 0);
}

TEST_CASE("what is no folder cannot be held, and the reason is told", "[folder_lock]") {
  const TempDir dir;
  dir.write("file", "");
  CHECK(refusal([&] { FolderLock(dir / "nothing", "rule"); }).second ==
        "cannot open the folder " + (dir / "nothing").string() + ": No such file or directory");
  CHECK(refusal([&] { FolderLock(dir / "file", "rule"); }).second ==
        "cannot open the folder " + (dir / "file").string() + ": Not a directory");
}

}  // namespace
}  // namespace p2p
