// A journal whose name leads to another file when it has been opened. The test stands between the program and the
// system's lstat(), because only a race, or a file system that is out of order, does this.
#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>
#include <string>

#include "peer/storage/journal.hpp"
#include "peer/storage/store_error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

const char* strange_path = nullptr;  ///< For this one another inode is told,
int strange_times = 0;               ///< so many times,
int asked = 0;                       ///< of so many.

}  // namespace

extern "C" int lstat(const char* path, struct stat* status) noexcept {
  const int result = ::fstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
  if (result != 0 || !strange_path || std::strcmp(strange_path, path) != 0) return result;
  if (asked++ < strange_times) ++status->st_ino;
  return result;
}

namespace p2p {
namespace {

TEST_CASE("a journal that was replaced while it was opened is opened again, but not without end", "[journal]") {
  const test::TempDir dir;
  const Xxh3Digest key{};
  Journal::create(dir / "j", key).append({PieceIndex{1}, Xxh3Digest{std::byte{1}}});
  const std::string path = (dir / "j").string();
  strange_path = path.c_str();
  asked = 0;
  SECTION("a few times") {
    strange_times = 3;
    const auto journal = Journal::open(dir / "j", key);
    REQUIRE(journal);
    CHECK(journal->records().size() == 1);
    CHECK(asked == 4);
  }
  SECTION("each time") {
    strange_times = 100'000;
    try {
      Journal::open(dir / "j", key);
      FAIL("it was opened");
    } catch (const StoreError& error) {
      CHECK(error.fault() == StoreFault::unusable);
      CHECK(std::string(error.what()).find((dir / "j").string() + " cannot be held") != std::string::npos);
    }
    CHECK(asked < 1000);
  }
  strange_path = nullptr;
}

}  // namespace
}  // namespace p2p
