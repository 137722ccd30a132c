// The parts of sharing that need no network: what a folder has, and what is remembered of it.
#include <sys/stat.h>

#include <fstream>

#include "peer/content/hash_files.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/share/folder_scan.hpp"
#include "peer/share/folder_watch.hpp"
#include "peer/share/hash_one.hpp"
#include "peer/share/library.hpp"
#include "peer/share/manifest_cache.hpp"
#include "peer/storage/digest.hpp"
#include "peer/storage/store_error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::TempDir;

std::vector<std::string> names(const FolderScan& scan) {
  std::vector<std::string> all;
  for (const SeenFile& file : scan.files) all.push_back(file.name);
  std::ranges::sort(all);
  return all;
}

FolderScan scan(const TempDir& dir, const Reserve& reserve = {}) {
  return scan_folder(
      dir.path(), [&](const std::string& name) { return name == "hidden" || is_unfinished_or_ours(dir.path(), name); },
      reserve, [](const std::filesystem::path&) {});
}

TEST_CASE("a folder offers its regular files by their paths", "[share]") {
  const TempDir dir;
  dir.write("top.bin", "1");
  dir.write("sub/deep/er.bin", "22");
  dir.write("empty", "");
  dir.write("hidden", "x");
  dir.write(".peerProcess/index", "x");
  dir.write("fetched.bin.part", "x");
  dir.write("fetched.bin.journal", "P2PFILE JOURNAL1 and more");
  dir.write("my.journal", "x");
  dir.write("my.part", "x");
  std::filesystem::create_symlink("top.bin", dir / "link");
  std::filesystem::create_symlink("/etc", dir / "away");
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  const FolderScan found = scan(dir);
  CHECK(names(found) == std::vector<std::string>{"empty", "my.journal", "sub/deep/er.bin", "top.bin"});
  CHECK(found.refused.empty());
  CHECK(found.left_out == LeftOut{.links = 2, .special = 1});
  CHECK(describe(found.left_out) == "2 symbolic links, 1 special file");
}

TEST_CASE("what is not meant for others is offered only when its owner says so", "[share]") {
  using std::filesystem::perms;
  const TempDir dir;
  const perms owner = perms::owner_read | perms::owner_write;
  dir.write("open", "1");
  dir.write(".env", "1");
  dir.write(".git/config", "1");
  dir.write("sub/.netrc", "1");
  for (const char* const name : {"key", "locked/notes", ".ssh/id_rsa", "of group"}) dir.write(name, "1");
  std::filesystem::permissions(dir / "key", owner);
  std::filesystem::permissions(dir / ".ssh/id_rsa", owner);
  std::filesystem::permissions(dir / "locked", perms::owner_all);
  std::filesystem::permissions(dir / "of group", owner | perms::group_read);
  // The folder itself was named, whoever may enter it.
  std::filesystem::permissions(dir.path(), perms::owner_all);

  using Names = std::vector<std::string>;
  CHECK(names(scan(dir)) == Names{"of group", "open"});
  CHECK(scan(dir).left_out == LeftOut{.hidden = 4, .unreadable = 2});
  CHECK(describe(scan(dir).left_out) == "4 hidden names (see --hidden), 2 that others may not read (see --private)");
  CHECK(names(scan(dir, {.hidden = true})) == Names{".env", ".git/config", "of group", "open", "sub/.netrc"});
  CHECK(names(scan(dir, {.unreadable = true})) == Names{"key", "locked/notes", "of group", "open"});
  const FolderScan all = scan(dir, {.hidden = true, .unreadable = true});
  CHECK(names(all) ==
        Names{".env", ".git/config", ".ssh/id_rsa", "key", "locked/notes", "of group", "open", "sub/.netrc"});
  CHECK(describe(all.left_out).empty());
}

TEST_CASE("a link is offered only when it leads to what is offered itself", "[share]") {
  const TempDir dir;
  const TempDir outside;
  outside.write("secret", "1");
  dir.write("file", "22");
  dir.write("sub/deep", "333");
  dir.write(".env", "1");
  dir.write("key", "1");
  std::filesystem::permissions(dir / "key", std::filesystem::perms::owner_read);
  dir.write("hidden", "1");
  dir.write(".peerProcess/index", "1");
  const auto link = [&](const std::filesystem::path& target, const char* name) {
    std::filesystem::create_symlink(target, dir / name);
  };
  link("file", "near");
  link("../file", "sub/up");
  link("sub/up", "twice");
  link(dir / "sub/deep", "absolute");
  link(".env", "to env");
  link("key", "to key");
  link("hidden", "to hidden");
  link(".peerProcess/index", "to index");
  link(outside / "secret", "out");
  link("../" + dir.path().filename().string() + "/../" + outside.path().filename().string() + "/secret", "out again");
  link("/etc/passwd", "far");
  link("nothing", "dangling");
  link("loop b", "loop a");
  link("loop a", "loop b");
  link("self", "self");
  link(".", "here");
  link("sub", "folder");
  link("folder/deep", "through a folder's link");

  const FolderScan found = scan(dir, {.links = true});
  CHECK(names(found) ==
        std::vector<std::string>{"absolute", "file", "near", "sub/deep", "sub/up", "through a folder's link", "twice"});
  CHECK(found.left_out.links == 13);
  CHECK(names(scan(dir)) == std::vector<std::string>{"file", "sub/deep"});
  CHECK(scan(dir).left_out.links == 18);

  const auto near = find_file(dir.path(), "near", true);
  REQUIRE(near);
  CHECK(near->seen.size == 2);
  CHECK(near->path.filename() == "file");
  CHECK_FALSE(find_file(dir.path(), "near", false));
  CHECK_FALSE(find_file(dir.path(), "out", true));
  CHECK_FALSE(find_file(dir.path(), "loop a", true));
}

TEST_CASE("a link that was turned is not what was seen, and is not read", "[share]") {
  const TempDir dir;
  const TempDir outside;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> read{0};
  outside.write("file", "secret");
  dir.write("file", "public");
  std::filesystem::create_symlink("file", dir / "link");
  const auto before = see_file(dir.path(), "link", true);
  REQUIRE(before);
  CHECK(hash_one(dir.path(), *before, 1, stop, read, true).result == HashedFile::Result::hashed);
  std::filesystem::remove(dir / "link");
  std::filesystem::create_symlink(outside / "file", dir / "link");
  CHECK_FALSE(see_file(dir.path(), "link", true));
  CHECK(hash_one(dir.path(), *before, 1, stop, read, true).result == HashedFile::Result::busy);
}

TEST_CASE("what no manifest can name is left out and told", "[share]") {
  const TempDir dir;
  dir.write("fine", "1");
  dir.write("not \xff utf-8", "1");
  const FolderScan found = scan(dir);
  CHECK(names(found) == std::vector<std::string>{"fine"});
  CHECK(found.refused.size() == 1);
}

TEST_CASE("a folder that cannot be read is an error", "[share]") {
  const TempDir dir;
  CHECK_THROWS_AS(
      scan_folder(
          dir / "nowhere", [](const std::string&) { return false; }, {}, [](const std::filesystem::path&) {}),
      std::system_error);
}

SeenFile seen(const TempDir& dir, const std::string& name) {
  const auto file = see_file(dir.path(), name);
  REQUIRE(file);
  return *file;
}

TEST_CASE("a file's content id follows from its own name, its bytes and whether it is executable", "[share]") {
  const TempDir dir;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> read{0};
  const auto id_of = [&](const std::string& name) {
    const HashedFile hashed = hash_one(dir.path(), seen(dir, name), 2, stop, read);
    REQUIRE(hashed.result == HashedFile::Result::hashed);
    return hashed.id;
  };
  dir.write("a/same", "bytes");
  dir.write("b/same", "bytes");
  dir.write("b/other", "bytes");
  const ContentId first = id_of("a/same");
  std::filesystem::permissions(dir / "b/same", std::filesystem::perms::owner_all & ~std::filesystem::perms::owner_exec);
  CHECK(id_of("b/same") == first);
  CHECK(id_of("b/other") != first);
  std::filesystem::permissions(dir / "b/same", std::filesystem::perms::owner_all);
  CHECK(id_of("b/same") != first);
}

TEST_CASE("a file of one piece is hashed without a manifest's text, to the same content id", "[share]") {
  const TempDir dir;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> read{0};
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{256} << 10, (std::size_t{256} << 10) + 1}) {
    dir.write("f", std::string(size, 'x'));
    const SeenFile file = seen(dir, "f");
    const HashedFile hashed = hash_one(dir.path(), file, 1, stop, read);
    REQUIRE(hashed.result == HashedFile::Result::hashed);
    CHECK(hashed.digest.has_value() == (size <= std::size_t{256} << 10));
    CHECK(hashed.text.empty() == hashed.digest.has_value());
    const FileToHash to_hash{dir / "f", size};
    const HashedPieces pieces =
        hash_files(std::span(&to_hash, 1), {256u << 10, config::PieceHash::sha256, 1, ProgressMode::none});
    const std::string text = config::manifest_text(manifest_of(file, pieces.digests));
    CHECK(hashed.id == sha256(std::as_bytes(std::span(text))));
  }
}

TEST_CASE("the manifest of an empty file follows from its name and its permissions", "[share]") {
  const TempDir dir;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> read{0};
  dir.write("sub/f", "");
  const HashedFile hashed = hash_one(dir.path(), seen(dir, "sub/f"), 1, stop, read);
  REQUIRE(hashed.digest);
  const ManifestPtr known = manifest_of_small("sub/f", 0, *hashed.digest, hashed.id);
  REQUIRE(known);
  CHECK(known->id == hashed.id);
  CHECK_FALSE(known->manifest.has_bytes());
  CHECK_FALSE(manifest_of_small("sub/g", 0, *hashed.digest, hashed.id));
  CHECK_FALSE(manifest_of_small("sub/f", 1, *hashed.digest, hashed.id));
}

TEST_CASE("a file that is open for writing, or is not what was seen, is not hashed", "[share]") {
  const TempDir dir;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> read{0};
  dir.write("f", "bytes");
  const SeenFile before = seen(dir, "f");
  {
    std::ofstream writer(dir / "f", std::ios::app);
    const auto result = hash_one(dir.path(), before, 1, stop, read).result;
    // Not every file system can tell.
    CHECK((result == HashedFile::Result::busy || result == HashedFile::Result::hashed));
    writer << "more";
  }
  CHECK(hash_one(dir.path(), before, 1, stop, read).result == HashedFile::Result::busy);
  CHECK(hash_one(dir.path(), seen(dir, "f"), 1, stop, read).result == HashedFile::Result::hashed);
}

TEST_CASE("what was hashed is remembered over a restart, for the very same file", "[share]") {
  const TempDir dir;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> read{0};
  dir.write("f", std::string(300'000, 'x'));  // of two pieces, so that its manifest is a file
  const SeenFile file = seen(dir, "f");
  const HashedFile hashed = hash_one(dir.path(), file, 1, stop, read);
  {
    ManifestCache cache(dir.path());
    CHECK_FALSE(cache.find(file));
    cache.put(hashed);
    CHECK(cache.find(file) == hashed.id);
    CHECK_THROWS_AS(ManifestCache(dir.path()), StoreError);  // one process a folder
  }
  ManifestCache cache(dir.path());
  CHECK(cache.find(file) == hashed.id);
  REQUIRE(cache.load(file));
  CHECK(cache.load(file)->id == hashed.id);
  SeenFile changed = file;
  ++changed.changed_ns;
  CHECK_FALSE(cache.find(changed));

  SECTION("until its manifest is damaged") {
    std::filesystem::path manifest;
    for (const auto& entry : std::filesystem::directory_iterator(dir / ".peerProcess"))
      if (entry.path().extension() == ".manifest") manifest = entry.path();
    std::ofstream(manifest, std::ios::app) << " ";
    CHECK_FALSE(cache.load(file));
  }
  SECTION("until the file is gone") {
    cache.keep_only({});
    CHECK_FALSE(cache.find(file));
    CHECK_FALSE(cache.load(file));
  }
}

TEST_CASE("an index that is torn or nonsense is read as far as it says something", "[share]") {
  const TempDir dir;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> read{0};
  dir.write("f", "bytes");
  const SeenFile file = seen(dir, "f");
  const HashedFile hashed = hash_one(dir.path(), file, 1, stop, read);
  { ManifestCache(dir.path()).put(hashed); }
  const std::string index = dir.read(".peerProcess/index");
  dir.write(".peerProcess/index", "nonsense\n{}\n[1]\n{\"name\":1}\n" + index + index.substr(0, index.size() / 2));
  CHECK(ManifestCache(dir.path()).find(file) == hashed.id);
}

TEST_CASE("only file systems that are known to tell all changes are left to inotify", "[share]") {
  for (const std::uint64_t local : {0xef53u, 0x58465342u, 0x9123683eu, 0x01021994u}) CHECK(tells_all_changes(local));
  // NFS, SMB, CIFS, SMB 2, FUSE, 9P, CephFS, VirtualBox, overlay; and one that nobody knows.
  for (const std::uint64_t other : {0x6969u, 0x517bu, 0xff534d42u, 0xfe534d42u, 0x65735546u, 0x01021997u, 0x00c36400u,
                                    0x786f4256u, 0x794c7630u, 0x12345678u})
    CHECK_FALSE(tells_all_changes(other));
}

TEST_CASE("looking at what nobody tells takes a hundredth of the time, and comes within two minutes", "[share]") {
  using namespace std::chrono_literals;
  CHECK(pause_between_looks(1ms) == 5s);
  CHECK(pause_between_looks(200ms) == 19'800ms);
  CHECK(pause_between_looks(1h) == 100s);
}

}  // namespace
}  // namespace p2p
