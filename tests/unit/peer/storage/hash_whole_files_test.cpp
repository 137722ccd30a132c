// SHA-256 of whole files, by several threads.
#include "peer/storage/hash_whole_files.hpp"

#include <string>
#include <system_error>
#include <vector>

#include "config/hex.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::random_text;
using test::TempDir;

TEST_CASE("files have the digest of all their bytes, around the size of a block too", "[hash_whole_files]") {
  const TempDir dir;
  std::vector<WholeFile> files;
  std::vector<std::string> texts;
  for (const std::size_t size : {0u, 1u, 262'143u, 262'144u, 262'145u, 524'288u, 1'000'000u}) {
    texts.push_back(random_text(size));
    dir.write(std::to_string(size), texts.back());
    files.push_back({.path = dir / std::to_string(size), .size = size});
  }
  ScanProgress told{};
  hash_whole_files(files, [&](const ScanProgress& progress) { told = progress; });
  for (std::size_t i = 0; i < files.size(); ++i) {
    INFO(files[i].path);
    CHECK(files[i].sha256 == sha256(std::as_bytes(std::span(texts[i]))));
    CHECK(files[i].size == texts[i].size());
    CHECK(files[i].stamp == File(files[i].path, File::Mode::read).stamp());
  }
  CHECK(told.done_bytes == told.total_bytes);
  CHECK(told.total_bytes == 262'143 + 262'144 + 262'145 + 524'288 + 1'000'001);
}

TEST_CASE("a file that has another size than was thought is told with the size that was hashed", "[hash_whole_files]") {
  const TempDir dir;
  dir.write("file", "abc");
  std::vector<WholeFile> files{{.path = dir / "file", .size = 1'000}};
  hash_whole_files(files, nullptr);
  CHECK(files[0].size == 3);
  CHECK(config::to_hex(files[0].sha256) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a file that cannot be read is an error that names it", "[hash_whole_files]") {
  const TempDir dir;
  std::vector<WholeFile> files;
  for (int i = 0; i < 20; ++i) {
    dir.write(std::to_string(i), "text");
    files.push_back({.path = dir / std::to_string(i), .size = 4});
  }
  files[7].path = dir / "nothing";
  try {
    hash_whole_files(files, nullptr);
    FAIL("it was read");
  } catch (const std::system_error& error) {
    CHECK(error.what() == "open " + (dir / "nothing").string() + ": No such file or directory");
  }
  std::vector<WholeFile> none;
  hash_whole_files(none, nullptr);
}

}  // namespace
}  // namespace p2p
