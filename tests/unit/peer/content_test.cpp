// What peerProcess manifest finds on disk and makes of it; the commands as a whole are tests/e2e/test_manifest.py.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <sstream>
#include <string>

#include "config/hex.hpp"
#include "peer/content/hash_files.hpp"
#include "peer/commands/manifest_command.hpp"
#include "peer/content/source.hpp"
#include "peer/commands/verify_command.hpp"
#include "peer/storage/digest.hpp"
#include "peer/storage/replace_file.hpp"
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

std::string random_text(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
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
  CHECK(refusal([&] { find_source({dir / "one", dir / "other/one"}); }) == "28: two of the paths are named \"one\"; in one folder there can be but one");
}

TEST_CASE("what a manifest cannot have is refused by its name", "[content]") {
  const TempDir dir;
  dir.write("tree/good", "1");
  const auto refused = [&](const char* path = "tree") { return refusal([&] { find_source({dir / path}); }); };
  SECTION("a symbolic link") {
    fs::create_symlink("good", dir / "tree/link");
    CHECK(refused() == "17: " + (dir / "tree/link").string() + ": is a symbolic link; a manifest has regular files and folders only");
  }
  SECTION("a special file") {
    REQUIRE(::mkfifo((dir / "tree/pipe").c_str(), 0600) == 0);
    CHECK(refused() == "17: " + (dir / "tree/pipe").string() + ": is a special file; a manifest has regular files and folders only");
  }
  SECTION("names") {
    dir.write("tree/a\nb", "");
    CHECK(refused() == "17: " + (dir / "tree").string() + "/a\\x0ab: its path has a control character, which a manifest cannot have");
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
  const auto changed = [&](const char* name) { return "17: " + (dir / name).string() + ": changed while it was hashed"; };
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
    CHECK(refusal([&] { check_unchanged(source); }) == "17: " + (dir / "tree/a").string() + ": No such file or directory");
  }
}

TEST_CASE("pieces are hashed file by file, the same by any number of threads", "[content]") {
  const TempDir dir;
  // Larger than a piece and a read, a whole number of pieces, nothing, less than a piece.
  constexpr std::uint32_t kPiece = 300'000;
  std::vector<FileToHash> files;
  std::vector<std::byte> expected;
  for (const std::size_t size : {std::size_t{1'000'001}, std::size_t{2 * kPiece}, std::size_t{0}, std::size_t{1}}) {
    const std::string name = std::to_string(size);
    const std::string text = random_text(size);
    dir.write(name, text);
    files.push_back({dir / name, size});
    for (std::size_t at = 0; at < size; at += kPiece) {
      const Sha256Digest digest = sha256(std::as_bytes(std::span(text)).subspan(at, std::min<std::size_t>(kPiece, size - at)));
      expected.insert(expected.end(), digest.begin(), digest.end());
    }
  }
  for (const unsigned jobs : {1u, 2u, 16u}) {
    const HashedPieces hashed = hash_files(files, {kPiece, config::PieceHash::sha256, jobs, ProgressMode::none});
    CHECK(hashed.digests == expected);
    CHECK(hashed.cut_short.empty());
  }
  files[0].size = 1'300'000;  // one whole piece and a part of one are not there
  CHECK(hash_files(files, {kPiece, config::PieceHash::xxh3, 3, ProgressMode::none}).cut_short == std::vector<std::uint32_t>{3, 4});
  files[1].path = dir / "nowhere";
  CHECK_THROWS_AS(hash_files(files, {kPiece, config::PieceHash::sha256, 3, ProgressMode::none}), std::system_error);
}

TEST_CASE("the usual piece size makes about 1,000 to 2,000 pieces within its limits", "[content]") {
  CHECK(usual_piece_size(1) == 256u << 10);
  CHECK(usual_piece_size(std::uint64_t{2'000} << 18) == 256u << 10);
  CHECK(usual_piece_size(std::uint64_t{2'001} << 18) == 512u << 10);
  CHECK(usual_piece_size(std::uint64_t{10} << 30) == 8u << 20);
  CHECK(usual_piece_size(std::uint64_t{0x7fffffffffffffff}) == 16u << 20);
}

TEST_CASE("the content id is the digest of the manifest's bytes, and the content is verified by it", "[content]") {
  const TempDir dir;
  dir.write("tree/a", random_text(10'000));
  dir.write("tree/b/c", "c");
  std::ostringstream printed;
  make_manifest({.paths = {dir / "tree"}, .output = dir / "m.json", .piece_size = 4096, .jobs = 2, .progress = ProgressMode::none}, printed);
  const std::string text = dir.read("m.json");
  CHECK(printed.str() == config::to_hex(sha256(std::as_bytes(std::span(text)))) + "\n");
  const config::Manifest manifest = config::parse_manifest(text, "m.json");
  CHECK(config::manifest_text(manifest) == text);
  CHECK(manifest.piece_count() == 4);

  const auto verify = [&] {
    std::ostringstream out;
    const ExitCode code = verify_content({.manifest = dir / "m.json", .content = dir / "tree", .progress = ProgressMode::none}, out);
    return std::to_string(static_cast<int>(code)) + ": " + out.str();
  };
  CHECK(verify() == "0: verified: 2 files, 4 pieces, 10001 bytes\n");
  dir.write("tree/b/c", "d");
  CHECK(verify() == "32: corrupt: b/c, bad piece 3\nmismatch: 1 of 2 files, 1 bad of 4 pieces, 10001 bytes\n");
}

TEST_CASE("a file is replaced as a whole, and one that cannot be leaves nothing", "[content]") {
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

TEST_CASE("a new file has what the umask leaves, a replaced one what it had", "[content]") {
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
