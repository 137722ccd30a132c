#include "peer/gateway/cache_folder.hpp"

#include <sys/stat.h>

#include <chrono>
#include <string>
#include <vector>

#include "config/hex.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/storage/piece_store.hpp"
#include "peer/storage/store_error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/known_content.hpp"
#include "tests/support/networks.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::known_file;
using test::known_folder;
using test::TempDir;

std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

/// Some pieces of a content, of the text that its pieces make one after the other.
void store(const CacheFolder& cache, const ManifestPtr& known, const std::string& text, std::uint32_t pieces) {
  PieceStore store(content_of(cache.root_of(known->id), known), {.sparse = true});
  for (std::uint32_t i = 0; i < pieces; ++i) store.write(PieceIndex{i}, bytes(text.substr(i * 4, 4)));
}

std::string contents_of(const CacheFolder& cache) {
  std::string text;
  for (const CacheFolder::Found& each : cache.contents())
    text += (text.empty() ? "" : ", ") + std::to_string(each.size) + (each.complete ? " complete " : " part ") +
            (each.names.empty() ? "" : each.names.front());
  return text;
}

TEST_CASE("what a cache keeps is found again, in the order in which it was read") {
  const TempDir dir;
  const ManifestPtr one = known_file("one", "aaaabbbb");
  const ManifestPtr two = known_file("two", "ccccddddeeee");
  {
    CacheFolder cache(dir / "cache", Network());
    cache.keep(*one, {"a/one"});
    cache.keep(*two, {"two"});
    store(cache, one, "aaaabbbb", 2);
    store(cache, two, "ccccddddeeee", 1);
    const fs::path about = dir / "cache/open/default" / config::to_hex(one->id) / "about";
    fs::last_write_time(about, fs::last_write_time(about) + std::chrono::hours(1));
  }
  CacheFolder cache(dir / "cache", Network());
  CHECK(contents_of(cache) == "12 part two, 8 complete a/one");
  CHECK(cache.manifest(one->id)->text == one->text);
  const PieceStore there(content_of(cache.root_of(two->id), two), {.sparse = true});
  CHECK(there.stored().count() == 1);
}

TEST_CASE("what is read becomes the latest, and names are added") {
  const TempDir dir;
  CacheFolder cache(dir.path(), Network());
  const ManifestPtr one = known_file("one", "aaaa");
  const ManifestPtr two = known_file("two", "bbbb");
  for (const ManifestPtr& each : {one, two}) {
    cache.keep(*each, {each->manifest.files[0].path});
    const fs::path about = cache.path() / config::to_hex(each->id) / "about";
    fs::last_write_time(about, fs::last_write_time(about) - std::chrono::hours(each == one ? 2 : 1));
  }
  CHECK(cache.contents().front().id == one->id);
  cache.touch(one->id);
  CHECK(cache.contents().front().id == two->id);
  cache.keep(*two, {"zwei"});
  CHECK(cache.contents().back().names == std::vector<std::string>{"zwei", "two"});
}

TEST_CASE("a content is removed with all that is ours, and what is not ours stays") {
  const TempDir dir;
  CacheFolder cache(dir.path(), Network());
  const ManifestPtr folder = known_folder({{"a/b/1", "aaaabbbb"}, {"c", "dddd"}}, {"empty"});
  const std::string text = "aaaabbbbdddd";
  for (const std::uint32_t pieces : {3u, 2u, 0u}) {
    cache.keep(*folder, {});
    store(cache, folder, text, pieces);
    cache.remove(folder->id);
    CHECK(fs::is_empty(cache.path()) == false);
    CHECK_FALSE(fs::exists(cache.path() / config::to_hex(folder->id)));
  }
  cache.keep(*folder, {});
  store(cache, folder, text, 3);
  const fs::path own = cache.root_of(folder->id) / "a" / "mine";
  std::ofstream(own) << "mine";
  cache.remove(folder->id);
  CHECK(fs::exists(own));
  CHECK_FALSE(fs::exists(cache.root_of(folder->id) / "c"));
}

TEST_CASE("strangers' files are no contents, and are left alone") {
  const TempDir dir;
  CacheFolder cache(dir.path(), Network());
  const std::string id(64, 'a');
  dir.write("open/default/notes.txt", "mine");
  dir.write("open/default/" + id + "/thesis.tex", "mine");
  dir.write("open/default/" + std::string(64, 'b') + "/about", "{\"size\":\"x\"}");
  CHECK(cache.contents().empty());
  CHECK(dir.read("open/default/notes.txt") == "mine");
  CHECK(dir.read("open/default/" + id + "/thesis.tex") == "mine");
}

TEST_CASE("a manifest that is damaged is none, and is written anew") {
  const TempDir dir;
  CacheFolder cache(dir.path(), Network());
  const ManifestPtr one = known_file("one", "aaaa");
  cache.keep(*one, {"one"});
  const std::string file = "open/default/" + config::to_hex(one->id) + "/manifest";
  dir.write(file, "{}");
  CHECK_FALSE(cache.manifest(one->id));
  cache.keep(*one, {"one"});
  CHECK(cache.manifest(one->id));
  CHECK_FALSE(cache.manifest(known_file("two", "bbbb")->id));
}

TEST_CASE("one process a cache, and one network a folder") {
  const TempDir dir;
  const CacheFolder cache(dir.path(), Network());
  CHECK_THROWS_AS(CacheFolder(dir.path(), Network()), StoreError);
  const CacheFolder other(dir.path(), Network("x/../y"));
  CHECK(dir.has("open/x%2F..%2Fy"));
  { const CacheFolder lab(dir.path(), test::private_network("lab", 1)); }
  CHECK(dir.has("private/lab"));
  CHECK_THROWS_AS(CacheFolder(dir.path(), test::private_network("lab", 2)), ExitError);
  struct stat status {};
  REQUIRE(::stat((dir / "private/lab").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("pieces that are dropped give their room back, and stay away after a restart") {
  const TempDir dir;
  CacheFolder cache(dir.path(), Network());
  const std::string text(4 * 65'536, 'x');
  config::Manifest manifest{.piece_size = 65'536, .files = {{"big", text.size(), 0644}}, .folders = {}, .digests = {}};
  const ManifestPtr big = test::known(std::move(manifest), {text});
  cache.keep(*big, {});
  const std::string piece = text.substr(0, 65'536);
  const auto blocks = [&] {
    struct stat status {};
    REQUIRE(::stat((cache.root_of(big->id).string() + ".part").c_str(), &status) == 0);
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
  };
  {
    PieceStore store(content_of(cache.root_of(big->id), big), {.sparse = true});
    CHECK(blocks() == 0);
    for (std::uint32_t i = 0; i < 3; ++i) store.write(PieceIndex{i}, bytes(piece));
    const std::uint64_t before = blocks();
    CHECK(store.drop(std::vector{PieceIndex{0}, PieceIndex{1}, PieceIndex{3}}).size() == 2);
    CHECK(store.stored().count() == 1);
    CHECK(blocks() < before);
    CHECK_FALSE(store.stored().test(PieceIndex{0}));
  }
  PieceStore again(content_of(cache.root_of(big->id), big), {.sparse = true});
  CHECK(again.stored().count() == 1);
  for (const std::uint32_t i : {0u, 1u, 3u}) again.write(PieceIndex{i}, bytes(piece));
  CHECK(again.stored().complete());
  CHECK(again.drop(std::vector{PieceIndex{0}}).empty());
}

}  // namespace
}  // namespace p2p
