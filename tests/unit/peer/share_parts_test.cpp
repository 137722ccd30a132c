// The parts of sharing that need no network: addresses, who agrees with whom, what a folder has, what is remembered of it.
#include <sys/stat.h>

#include <fstream>

#include "peer/ground/exit_code.hpp"
#include "peer/discovery/address.hpp"
#include "peer/share/folder_scan.hpp"
#include "peer/share/folder_watch.hpp"
#include "peer/share/hash_one.hpp"
#include "peer/share/library.hpp"
#include "peer/share/manifest_cache.hpp"
#include "peer/discovery/own_hosts.hpp"
#include "peer/discovery/tally.hpp"
#include "peer/storage/piece_store.hpp"
#include "peer/storage/store_error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::TempDir;

TEST_CASE("addresses are HOST:PORT", "[share]") {
  CHECK(parse_address("localhost:5000") == Address{"localhost", 5000});
  CHECK(parse_address("10.0.0.1:1") == Address{"10.0.0.1", 1});
  CHECK(parse_address("[::1]:65535") == Address{"::1", 65535});
  for (const char* const text : {"", ":", "host", "host:", ":5", "host:0", "host:65536", "host:5x", "::1:5", "[::1]", "[host]:5", "a b:5", "[]:5", "a/b:5"}) {
    INFO(text);
    CHECK_FALSE(parse_address(text));
  }
  CHECK(parse_address("host", 5000) == Address{"host", 5000});
  CHECK(parse_address("host:7", 5000) == Address{"host", 7});
  CHECK(parse_address("[::1]", 5000) == Address{"::1", 5000});
  CHECK(parse_address("[fe80::1%eth0]", 5000) == Address{"fe80::1%eth0", 5000});
  for (const char* const text : {"", ":", "host:", ":5", "host:0", "::1", "[::1", "::1]", "[::1]x", "[host]", "a b", "a/b"}) {
    INFO(text);
    CHECK_FALSE(parse_address(text, 5000));
  }
  CHECK(to_string(Address{"::1", 7}) == "[::1]:7");
  CHECK(parse_address(to_string(Address{"fe80::1", 7})) == Address{"fe80::1", 7});
}

TEST_CASE("a machine has an address that a listener can be dialled at", "[share]") {
  CHECK(parse_address(primary_host() + ":1").has_value() != (primary_host().find(':') != std::string::npos));
  // Where somebody is asked to join: towards him, not towards the rest of the world.
  CHECK(primary_host({{"127.0.0.1", 5}}) == primary_host());
  for (const std::string& host : own_hosts()) CHECK(primary_host({{host, 5}}) != "127.0.0.1");
  CHECK(is_loopback("localhost"));
  CHECK(is_loopback("127.3.2.1"));
  CHECK(is_loopback("::1"));
  CHECK_FALSE(is_loopback("192.0.2.1"));
  CHECK_FALSE(is_loopback("example.org"));
}

TEST_CASE("of a machine's addresses the one that reaches furthest is told", "[share]") {
  const OwnHost loopback{.host = "127.0.0.1", .is_loopback = true};
  const OwnHost near{.host = "169.254.7.7", .is_link_local = true};
  const OwnHost near_v6{.host = "fe80::1", .is_link_local = true, .is_v6 = true};
  const OwnHost far_v6{.host = "fd00::1", .is_v6 = true};
  const OwnHost far{.host = "10.5.0.1"};
  using Hosts = std::vector<std::string>;
  CHECK(in_order({loopback, near_v6, near, far_v6, far, far}) == Hosts{"10.5.0.1", "fd00::1", "169.254.7.7", "fe80::1"});
  CHECK(in_order({loopback, near_v6}) == Hosts{"fe80::1"});
  CHECK(in_order({loopback}).empty());
}

// --- whose word counts ---------------------------------------------------------------------------------------------

ContentId id(unsigned char first) { return {std::byte{first}}; }
Holder holder(std::uint32_t peer, unsigned char content, const std::string& ip, std::uint16_t port) {
  return {PeerId{peer}, {"h", port}, ip, "n", id(content), 5};
}
/// Each on a machine of its own.
Holder holder(std::uint32_t peer, unsigned char content) { return holder(peer, content, "10.0.0." + std::to_string(peer), static_cast<std::uint16_t>(peer)); }

Tally tally_of(std::initializer_list<Holder> holders) {
  Tally tally;
  for (const Holder& each : holders) tally.add(each);
  return tally;
}

TEST_CASE("without a quorum there is one content, or a conflict", "[share]") {
  using enum Tally::Verdict;
  CHECK(Tally().judge({}).verdict == nobody);
  const auto one = tally_of({holder(1, 7), holder(2, 7)}).judge({});
  CHECK(one.verdict == accepted);
  CHECK(one.id == id(7));
  CHECK(one.holders == 2);
  CHECK(tally_of({holder(1, 7), holder(2, 7), holder(3, 8)}).judge({}).verdict == conflict);
}

TEST_CASE("a quorum is of distinct nodes, and of one content alone", "[share]") {
  using enum Tally::Verdict;
  const Tally tally = tally_of({holder(1, 7), holder(2, 7), holder(3, 8)});
  CHECK(tally.judge(2u).verdict == accepted);
  CHECK(tally.judge(2u).id == id(7));
  CHECK(tally.judge(2u).holders == 2);
  CHECK(tally.judge(1u).verdict == conflict);
  CHECK(tally.judge(3u).verdict == too_few);
  CHECK(tally_of({holder(1, 7), holder(1, 7)}).judge(2u).verdict == too_few);
  // Who has changed its mind counts for its latest word.
  CHECK(tally_of({holder(1, 7), holder(1, 8)}).judge({}).id == id(8));
}

TEST_CASE("who has a part counts only where nobody has it whole, and never for a quorum", "[share]") {
  using enum Tally::Verdict;
  const auto part = [](std::uint32_t peer, unsigned char content) {
    Holder of_part = holder(peer, content);
    of_part.part = true;
    return of_part;
  };
  CHECK(tally_of({part(1, 7), part(2, 7)}).judge({}).id == id(7));
  CHECK(tally_of({part(1, 7), part(2, 8)}).judge({}).verdict == conflict);
  CHECK(tally_of({part(1, 7), part(2, 7)}).judge(1u).verdict == too_few);
  const Tally tally = tally_of({holder(1, 7), part(2, 7), part(3, 8)});
  CHECK(tally.judge({}).verdict == accepted);
  CHECK(tally.judge({}).id == id(7));
  CHECK(tally.judge(1u).holders == 1);
  CHECK(tally.judge(2u).verdict == too_few);
  CHECK(tally.by_content().at(id(7)).size() == 2);
  CHECK(tally.describe().find("  1 holder, and 1 of a part: ") != std::string::npos);
}

TEST_CASE("a quorum counts machines, whatever IDs and ports they have", "[share]") {
  using enum Tally::Verdict;
  SECTION("two ports and two IDs at one address") {
    const Tally tally = tally_of({holder(1, 7, "127.0.0.1", 6001), holder(2, 7, "127.0.0.1", 6002)});
    CHECK(tally.judge(2u).verdict == too_few);
    CHECK(tally.judge(2u).holders == 1);
    CHECK(tally.describe().find("  1 holder: h:6001, h:6002\n") != std::string::npos);
  }
  SECTION("changing IDs at one port") {
    CHECK(tally_of({holder(1, 7, "10.0.0.1", 6001), holder(2, 7, "10.0.0.1", 6001), holder(3, 7, "10.0.0.1", 6001)}).judge(2u).holders == 1);
  }
  SECTION("one node that is reached at two addresses") {
    CHECK(tally_of({holder(1, 7, "10.0.0.1", 6001), holder(1, 7, "fd00::1", 6001)}).judge(2u).verdict == too_few);
  }
  SECTION("who claims the IDs of others takes nothing from them") {
    const Tally tally = tally_of({holder(1, 7), holder(2, 7), holder(1, 7, "10.0.0.9", 1), holder(2, 7, "10.0.0.9", 2), holder(9, 7, "10.0.0.9", 3)});
    CHECK(tally.judge(3u).holders == 3);
  }
  SECTION("nor does it take their word") {
    const Tally tally = tally_of({holder(1, 7), holder(2, 7), holder(1, 8, "10.0.0.9", 1), holder(2, 8, "10.0.0.9", 2)});
    CHECK(tally.judge(2u).verdict == accepted);
    CHECK(tally.judge(2u).id == id(7));
  }
  SECTION("a node with many addresses and a machine with many IDs are two") {
    CHECK(tally_of({holder(1, 7, "10.0.0.1", 1), holder(1, 7, "10.0.0.2", 1), holder(1, 7, "10.0.0.3", 1), holder(2, 7, "10.0.0.9", 1),
                    holder(3, 7, "10.0.0.9", 2), holder(4, 7, "10.0.0.9", 3)})
              .judge(2u)
              .holders == 2);
  }
}

TEST_CASE("a conflict names all contents with their holders", "[share]") {
  const std::string text = tally_of({holder(1, 7), holder(2, 8), holder(3, 8)}).describe();
  CHECK(text.find("07000000") != std::string::npos);
  CHECK(text.find("1 holder: h:1\n") != std::string::npos);
  CHECK(text.find("2 holders: h:2, h:3\n") != std::string::npos);
}

// --- folders -------------------------------------------------------------------------------------------------------

std::vector<std::string> names(const FolderScan& scan) {
  std::vector<std::string> all;
  for (const SeenFile& file : scan.files) all.push_back(file.name);
  std::ranges::sort(all);
  return all;
}

FolderScan scan(const TempDir& dir, const Reserve& reserve = {}) {
  return scan_folder(
      dir.path(), [&](const std::string& name) { return name == "hidden" || is_unfinished_or_ours(dir.path(), name); }, reserve,
      [](const std::filesystem::path&) {});
}

TEST_CASE("a folder offers its regular files with bytes, by their paths", "[share]") {
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
  CHECK(names(found) == std::vector<std::string>{"my.journal", "sub/deep/er.bin", "top.bin"});
  CHECK(found.refused.empty());
  CHECK(found.left_out == LeftOut{.links = 2, .special = 1, .empty = 1});
  CHECK(describe(found.left_out) == "2 symbolic links, 1 special file, 1 empty file");
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
  CHECK(names(all) == Names{".env", ".git/config", ".ssh/id_rsa", "key", "locked/notes", "of group", "open", "sub/.netrc"});
  CHECK(describe(all.left_out).empty());
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
  CHECK_THROWS_AS(scan_folder(dir / "nowhere", [](const std::string&) { return false; }, {}, [](const std::filesystem::path&) {}), std::system_error);
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
  dir.write("f", "bytes");
  const SeenFile file = seen(dir, "f");
  const HashedFile hashed = hash_one(dir.path(), file, 1, stop, read);
  {
    ManifestCache cache(dir.path());
    CHECK_FALSE(cache.find(file));
    cache.put(file, hashed.id, hashed.text);
    CHECK(cache.find(file) == hashed.id);
    CHECK_THROWS_AS(ManifestCache(dir.path()), StoreError);  // one process a folder
  }
  ManifestCache cache(dir.path());
  CHECK(cache.find(file) == hashed.id);
  REQUIRE(cache.load(hashed.id));
  CHECK(cache.load(hashed.id)->text == hashed.text);
  SeenFile changed = file;
  ++changed.changed_ns;
  CHECK_FALSE(cache.find(changed));

  SECTION("until its manifest is damaged") {
    std::filesystem::path manifest;
    for (const auto& entry : std::filesystem::directory_iterator(dir / ".peerProcess"))
      if (entry.path().extension() == ".manifest") manifest = entry.path();
    std::ofstream(manifest, std::ios::app) << " ";
    CHECK_FALSE(cache.load(hashed.id));
  }
  SECTION("until the file is gone") {
    cache.keep_only({});
    CHECK_FALSE(cache.find(file));
    CHECK_FALSE(cache.load(hashed.id));
  }
}

TEST_CASE("an index that is torn or nonsense is read as far as it says something", "[share]") {
  const TempDir dir;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> read{0};
  dir.write("f", "bytes");
  const SeenFile file = seen(dir, "f");
  const HashedFile hashed = hash_one(dir.path(), file, 1, stop, read);
  { ManifestCache(dir.path()).put(file, hashed.id, hashed.text); }
  const std::string index = dir.read(".peerProcess/index");
  dir.write(".peerProcess/index", "nonsense\n{}\n[1]\n{\"name\":1}\n" + index + index.substr(0, index.size() / 2));
  CHECK(ManifestCache(dir.path()).find(file) == hashed.id);
}

TEST_CASE("only file systems that are known to tell all changes are left to inotify", "[share]") {
  for (const std::uint64_t local : {0xef53u, 0x58465342u, 0x9123683eu, 0x01021994u}) CHECK(tells_all_changes(local));
  // NFS, SMB, CIFS, SMB 2, FUSE, 9P, CephFS, VirtualBox, overlay; and one that nobody knows.
  for (const std::uint64_t other : {0x6969u, 0x517bu, 0xff534d42u, 0xfe534d42u, 0x65735546u, 0x01021997u, 0x00c36400u, 0x786f4256u, 0x794c7630u, 0x12345678u})
    CHECK_FALSE(tells_all_changes(other));
}

TEST_CASE("looking at what nobody tells takes a hundredth of the time, and comes within two minutes", "[share]") {
  using namespace std::chrono_literals;
  CHECK(pause_between_looks(1ms) == 5s);
  CHECK(pause_between_looks(200ms) == 19'800ms);
  CHECK(pause_between_looks(1h) == 100s);
}

// --- where get puts it ---------------------------------------------------------------------------------------------

TEST_CASE("one process fetches to one place", "[share]") {
  const TempDir dir;
  const auto content = [&](const char* name) { return Content{.root = dir / name, .layout = Layout::of_file(10, 4)}; };
  const PieceStore first(content("new/folder/f"), {});
  CHECK_THROWS_AS(PieceStore(content("new/folder/f"), {}), StoreError);
  const PieceStore other(content("new/folder/g"), {});
}

}  // namespace
}  // namespace p2p
