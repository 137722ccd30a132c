// The files that say how a peer is configured.
#include "peer/commands/read_config.hpp"

#include <filesystem>
#include <string>

#include "peer/ground/exit_code.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

/// "code: message"
std::string refusal(const fs::path& path, const std::optional<std::string>& absent = std::nullopt) {
  try {
    return read_config(path, "; see --help", absent);
  } catch (const ExitError& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  }
}

TEST_CASE("a configuration file is read to its last byte", "[read_config]") {
  const TempDir dir;
  dir.write("file", std::string("a\r\n\0b", 5));
  CHECK(read_config(dir / "file", "") == std::string("a\r\n\0b", 5));
  CHECK(read_config(dir / "file", "", "absent") == std::string("a\r\n\0b", 5));
}

TEST_CASE("one that is not there is an error with a hint, or what the caller says", "[read_config]") {
  const TempDir dir;
  CHECK(refusal(dir / "nothing") ==
        "64: " + (dir / "nothing").string() + ": cannot be read: No such file or directory; see --help");
  CHECK(refusal(dir / "nothing", "default") == "default");
}

TEST_CASE("one that is there and cannot be read is an error, whatever the caller says", "[read_config]") {
  const TempDir dir;
  fs::create_directory(dir / "folder");
  dir.write("file", "");
  fs::create_symlink("link", dir / "link");
  CHECK(refusal(dir / "folder", "default") ==
        "64: " + (dir / "folder").string() + ": cannot be read: Is a directory; see --help");
  CHECK(refusal(dir / "link", "default").starts_with("64: "));
  CHECK(refusal(dir / "file/below", "default").starts_with("64: "));
}

}  // namespace
}  // namespace p2p
