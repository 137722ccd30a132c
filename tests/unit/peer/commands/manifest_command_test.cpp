// Manifests are made and verified; the commands as a whole are tests/e2e/test_manifest.py.
#include "peer/commands/manifest_command.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "config/hex.hpp"
#include "peer/commands/verify_command.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/storage/digest.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::random_text;
using test::TempDir;

TEST_CASE("the content id is the digest of the manifest's bytes, and the content is verified by it",
          "[manifest_command]") {
  const TempDir dir;
  dir.write("tree/a", random_text(10'000));
  dir.write("tree/b/c", "c");
  std::ostringstream printed;
  make_manifest({.paths = {dir / "tree"},
                 .output = dir / "m.json",
                 .piece_size = 4096,
                 .jobs = 2,
                 .progress = ProgressMode::none},
                printed);
  const std::string text = dir.read("m.json");
  CHECK(printed.str() == config::to_hex(sha256(std::as_bytes(std::span(text)))) + "\n");
  const config::Manifest manifest = config::parse_manifest(text, "m.json");
  CHECK(config::manifest_text(manifest) == text);
  CHECK(manifest.piece_count() == 4);

  const auto verify = [&] {
    std::ostringstream out;
    const ExitCode code =
        verify_content({.manifest = dir / "m.json", .content = dir / "tree", .progress = ProgressMode::none}, out);
    return std::to_string(static_cast<int>(code)) + ": " + out.str();
  };
  CHECK(verify() == "0: verified: 2 files, 4 pieces, 10001 bytes\n");
  dir.write("tree/b/c", "d");
  CHECK(verify() == "32: corrupt: b/c, bad piece 3\nmismatch: 1 of 2 files, 1 bad of 4 pieces, 10001 bytes\n");
}

/// "code: message" of a command that is refused; what it prints when it is not.
std::string made(const ManifestOptions& options) {
  std::ostringstream out;
  try {
    make_manifest(options, out);
  } catch (const ExitError& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  }
  return out.str();
}

TEST_CASE("a manifest is not put into what it describes", "[manifest_command]") {
  const TempDir dir;
  dir.write("tree/sub/a", "text");
  dir.write("treetop", "text");
  std::filesystem::create_symlink("tree/sub", dir / "link");
  for (const char* const output : {"tree/m", "tree/sub/m", "tree/new/../m", "link/m", "tree"}) {
    INFO(output);
    CHECK(made({.paths = {dir / "tree/"}, .output = dir / output, .piece_size = {}, .progress = ProgressMode::none})
              .starts_with("28: "));
  }
  CHECK(made({.paths = {dir / "tree/sub/a"},
              .output = dir / "tree/sub/a",
              .piece_size = {},
              .progress = ProgressMode::none})
            .starts_with("28: "));
  CHECK(dir.read("tree/sub/a") == "text");
  // A name that only begins as the folder's does is outside of it.
  CHECK(made({.paths = {dir / "tree"}, .output = dir / "treetop", .piece_size = {}, .progress = ProgressMode::none})
            .size() == 65);
}

TEST_CASE("the same content has the same manifest, wherever it lies and however it is hashed", "[manifest_command]") {
  const TempDir dir;
  for (const char* const place : {"one/tree", "two/tree"}) {
    dir.write(std::string(place) + "/b", random_text(100'000));
    dir.write(std::string(place) + "/a", "a");
  }
  const std::string first = made({.paths = {dir / "one/tree"},
                                  .output = dir / "m1",
                                  .piece_size = 1000,
                                  .jobs = 1,
                                  .progress = ProgressMode::none});
  CHECK(made({.paths = {dir / "two/tree"},
              .output = dir / "m2",
              .piece_size = 1000,
              .jobs = 8,
              .progress = ProgressMode::none}) == first);
  CHECK(dir.read("m1") == dir.read("m2"));
  CHECK(made({.paths = {dir / "two/tree"}, .output = dir / "m2", .piece_size = 1001, .progress = ProgressMode::none}) !=
        first);
}

TEST_CASE("so many pieces that nobody could say which are there are refused, with a size that would do",
          "[manifest_command]") {
  const TempDir dir;
  dir.write("large", "");
  std::filesystem::resize_file(dir / "large", std::uintmax_t{1} << 33);  // without blocks
  CHECK(made({.paths = {dir / "large"}, .output = dir / "m", .piece_size = 1, .progress = ProgressMode::none}) ==
        "28: pieces of 1 bytes would be 8589934592 pieces, but at most 3947580 are possible; expected --piece-size "
        "4096 or more");
  CHECK_FALSE(dir.has("m"));
}

TEST_CASE("a file whose size the kernel makes up is refused by name", "[manifest_command]") {
  const TempDir dir;
  // 4096 bytes by its size, fewer when it is read.
  const std::filesystem::path file = "/sys/kernel/mm/transparent_hugepage/enabled";
  if (!std::filesystem::exists(file)) return;
  CHECK(made({.paths = {file}, .output = dir / "m", .piece_size = 4096, .progress = ProgressMode::none}) ==
        "17: " + file.string() + ": is shorter than its size says");
  CHECK_FALSE(dir.has("m"));
}

TEST_CASE("programs read the same in an object", "[manifest_command]") {
  const TempDir dir;
  dir.write("file", "12345");
  const ManifestOptions options{
      .paths = {dir / "file"}, .output = dir / "m", .piece_size = 4, .progress = ProgressMode::none};
  const std::string id = made(options);
  ManifestOptions for_programs = options;
  for_programs.json = true;
  CHECK(nlohmann::json::parse(made(for_programs)) == nlohmann::json({{"content_id", id.substr(0, 64)},
                                                                     {"files", 1},
                                                                     {"pieces", 2},
                                                                     {"size", 5},
                                                                     {"piece_size", 4},
                                                                     {"manifest", (dir / "m").string()}}));
}

}  // namespace
}  // namespace p2p
