// Room on disk for a large piece that is on its way.
#include "peer/storage/mapped_part.hpp"

#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "tests/support/catch.hpp"
#include "tests/support/file_limit.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

constexpr std::size_t kSize = 3'000'001;

TEST_CASE("a mapped part has all its blocks before a byte has come, and the bytes land in its file", "[mapped_part]") {
  const TempDir dir;
  MappedPart part(dir / "part", kSize);
  CHECK(part.file().size() == kSize);
  struct stat status {};
  REQUIRE(::fstat(part.file().descriptor(), &status) == 0);
  CHECK(static_cast<std::uint64_t>(status.st_blocks) * 512 >= kSize);
  std::memcpy(part.data(), "first", 5);
  std::memcpy(part.data() + kSize - 4, "last", 4);
  const std::string text = dir.read("part");
  CHECK(text.substr(0, 6) == std::string("first\0", 6));
  CHECK(text.substr(kSize - 5) == std::string("\0last", 5));
}

TEST_CASE("a mapped part is gone with its object, but for one that was renamed", "[mapped_part]") {
  const TempDir dir;
  {
    MappedPart part(dir / "part", kSize);
    MappedPart kept(dir / "kept.part", kSize);
    std::memcpy(kept.data(), "text", 4);
    fs::rename(dir / "kept.part", dir / "chunk");
  }
  CHECK_FALSE(dir.has("part"));
  CHECK(dir.read("chunk").substr(0, 4) == "text");
  CHECK(dir.read("chunk").size() == kSize);
}

TEST_CASE("a mapped part takes nobody's name, and leaves nothing when there is no room", "[mapped_part]") {
  const TempDir dir;
  dir.write("part", "mine");
  CHECK_THROWS_AS(MappedPart(dir / "part", kSize), std::system_error);
  CHECK(dir.read("part") == "mine");
  std::error_code error;
  {
    const test::FileLimit limit(kSize - 1);
    try {
      MappedPart(dir / "large", kSize);
    } catch (const std::system_error& thrown) {
      error = thrown.code();
    }
  }
  CHECK(is_disk_full(error));
  CHECK_FALSE(dir.has("large"));
}

TEST_CASE("reserving gives a file new blocks, whatever it had", "[mapped_part]") {
  const TempDir dir;
  dir.write("file", "old bytes");
  const File file(dir / "file", File::Mode::read_write);
  for (const std::uint64_t size : {5u, 100'000u, 0u}) {
    reserve_blocks(file, size);
    CHECK(dir.read("file") == std::string(size, '\0'));
  }
}

}  // namespace
}  // namespace p2p
