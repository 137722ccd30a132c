// What is remembered of files that were hashed, and what is not believed.
#include "peer/share/manifest_cache.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "config/hex.hpp"
#include "peer/share/hash_one.hpp"
#include "peer/storage/digest.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/known_content.hpp"
#include "tests/support/leave_temporary.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::known_file;
using test::TempDir;

SeenFile file(const std::string& name, std::int64_t changed_ns = 5) { return {name, 11, changed_ns, 7, false}; }

const ManifestPtr kOne = known_file("one", "hello world"), kTwo = known_file("two", "hello again");

HashedFile hashed(const SeenFile& file, const KnownManifest& known) {
  return {.file = file, .result = HashedFile::Result::hashed, .id = known.id, .text = known.text};
}

TEST_CASE("of a file's last state the id is known, and of no earlier one after a restart", "[manifest_cache]") {
  const TempDir dir;
  {
    ManifestCache cache(dir.path());
    cache.put(hashed(file("f", 1), *kOne));
    cache.put(hashed(file("f", 2), *kTwo));
    cache.put(hashed(file("g", 1), *kTwo));
  }
  const ManifestCache cache(dir.path());
  CHECK_FALSE(cache.find(file("f", 1)));
  CHECK(cache.find(file("f", 2)) == kTwo->id);
  CHECK(cache.find(file("g", 1)) == kTwo->id);
  REQUIRE(cache.load(file("f", 2)));
  CHECK(cache.load(file("f", 2))->manifest == kTwo->manifest);
  CHECK_FALSE(cache.load(file("f", 1)));
}

TEST_CASE("the manifest of a file of one piece follows from a line of the index", "[manifest_cache]") {
  const TempDir dir;
  const std::string bytes = "hello world";
  const SeenFile seen = file("sub/f");
  HashedFile small{.file = seen, .result = HashedFile::Result::hashed};
  small.digest = sha256(std::as_bytes(std::span(bytes)));
  const std::string text = config::manifest_text(manifest_of(seen, *small.digest));
  small.id = sha256(std::as_bytes(std::span(text)));
  { ManifestCache(dir.path()).put(small); }
  CHECK(std::distance(fs::directory_iterator(dir / ".peerProcess"), fs::directory_iterator()) == 1);
  {
    ManifestCache cache(dir.path());
    CHECK(cache.find(seen) == small.id);
    REQUIRE(cache.load(seen));
    CHECK(cache.load(seen)->text == text);
    CHECK(cache.load(seen)->manifest.files == std::vector<config::ManifestFile>{{"f", 11, 0644}});
    cache.keep_only({seen});
  }
  CHECK(ManifestCache(dir.path()).load(seen));
  // Whatever somebody writes there, what comes out is the content that it says, or nothing.
  std::string line = dir.read(".peerProcess/index");
  const std::size_t digit = line.find(config::to_hex(*small.digest));
  line[digit] = line[digit] == '0' ? '1' : '0';
  dir.write(".peerProcess/index", line);
  CHECK_FALSE(ManifestCache(dir.path()).load(seen));
  dir.write(".peerProcess/index", line.substr(0, digit) + "12\"}\n");
  CHECK_FALSE(ManifestCache(dir.path()).find(seen));
}

TEST_CASE("any difference makes it another file", "[manifest_cache]") {
  const TempDir dir;
  ManifestCache cache(dir.path());
  cache.put(hashed(file("f"), *kOne));
  REQUIRE(cache.find(file("f")));
  SeenFile other = file("f");
  SECTION("name") { other.name = "g"; }
  SECTION("size") { ++other.size; }
  SECTION("time") { --other.changed_ns; }
  SECTION("inode") { ++other.inode; }
  SECTION("executable") { other.executable = true; }
  CHECK_FALSE(cache.find(other));
}

TEST_CASE("names of any bytes that a manifest can have come back as they were", "[manifest_cache]") {
  const TempDir dir;
  const std::string names[] = {"a \"b\" \\c", "\xc3\xbc/\xe6\x97\xa5", std::string(255, 'n')};
  {
    ManifestCache cache(dir.path());
    for (const std::string& name : names) cache.put(hashed(file(name), *kOne));
  }
  const ManifestCache cache(dir.path());
  for (const std::string& name : names) CHECK(cache.find(file(name)) == kOne->id);
}

TEST_CASE("a manifest that is gone, damaged or something else is not believed", "[manifest_cache]") {
  const TempDir dir;
  ManifestCache cache(dir.path());
  cache.put(hashed(file("f"), *kOne));
  const std::string path = ".peerProcess/" + config::to_hex(kOne->id) + ".manifest";
  SECTION("gone") {
    fs::remove(dir / path);
    CHECK_FALSE(cache.find(file("f")));
  }
  SECTION("cut") { dir.write(path, kOne->text.substr(1)); }
  SECTION("of another file") { dir.write(path, kTwo->text); }
  SECTION("a link to the right one") {
    dir.write("elsewhere", kOne->text);
    fs::remove(dir / path);
    fs::create_symlink(dir / "elsewhere", dir / path);
  }
  CHECK_FALSE(cache.load(file("f")));
}

TEST_CASE("what belongs to no file any more is removed, and nothing else", "[manifest_cache]") {
  const TempDir dir;
  ManifestCache cache(dir.path());
  cache.put(hashed(file("f"), *kOne));
  cache.put(hashed(file("g"), *kTwo));
  const std::string left = test::leave_temporary(dir / ".peerProcess", "text");
  const std::string mine[] = {"notes", "my.manifest", std::string(63, 'a') + ".manifest",
                              ".peerProcess-0123456789abcdef.new"};
  for (const std::string& name : mine) dir.write(".peerProcess/" + name, "mine");
  cache.keep_only({file("g")});
  CHECK_FALSE(cache.find(file("f")));
  CHECK_FALSE(cache.load(file("f")));
  CHECK(cache.find(file("g")) == kTwo->id);
  CHECK(cache.load(file("g")));
  CHECK_FALSE(dir.has(".peerProcess/" + left));
  for (const std::string& name : mine) CHECK(dir.read(".peerProcess/" + name) == "mine");
}

TEST_CASE("where nothing can be kept on disk it is kept in memory, for as long as its file is there",
          "[manifest_cache]") {
  const auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  const TempDir dir;
  dir.write(".peerProcess", "mine");
  {
    ManifestCache cache(dir.path());
    cache.put(hashed(file("f"), *kOne));
    cache.put(hashed(file("g"), *kTwo));
    CHECK(cache.find(file("f")) == kOne->id);
    REQUIRE(cache.load(file("f")));
    CHECK(cache.load(file("f"))->text == kOne->text);
    cache.keep_only({file("g")});
    CHECK_FALSE(cache.find(file("f")));
    CHECK_FALSE(cache.load(file("f")));
    CHECK(cache.load(file("g")));
  }
  CHECK(dir.read(".peerProcess") == "mine");
  CHECK_FALSE(ManifestCache(dir.path()).find(file("g")));
  spdlog::set_level(level);
}

TEST_CASE("an index of any bytes is read as far as it says something", "[manifest_cache]") {
  const TempDir dir;
  { ManifestCache(dir.path()).put(hashed(file("f"), *kOne)); }
  const std::string line = dir.read(".peerProcess/index");
  for (std::size_t cut = 0; cut + 2 < line.size(); ++cut) {
    dir.write(".peerProcess/index", line.substr(0, cut));
    CHECK_FALSE(ManifestCache(dir.path()).find(file("f")));
    // What was torn spoils what is written behind it, and no more.
    dir.write(".peerProcess/index", line.substr(0, cut) + "\n" + line);
    CHECK(ManifestCache(dir.path()).find(file("f")));
  }
  for (const std::string& bad : {std::string("\0\xff\n", 3), std::string("[[[[[[[[\n"),
                                 std::string("{\"name\":\"f\"}\n"), std::string(100'000, '[') + "\n"}) {
    dir.write(".peerProcess/index", bad + line);
    CHECK(ManifestCache(dir.path()).find(file("f")));
  }
}

TEST_CASE("where nothing is kept, nothing is written, and others may share the folder", "[manifest_cache]") {
  const TempDir dir;
  ManifestCache cache(dir.path(), false);
  cache.put(hashed(file("f"), *kOne));
  REQUIRE(cache.load(file("f")));
  CHECK(cache.load(file("f"))->id == kOne->id);
  CHECK(fs::is_empty(dir.path()));
  const ManifestCache another(dir.path(), false);
  CHECK_FALSE(another.find(file("f")));
}

}  // namespace
}  // namespace p2p
