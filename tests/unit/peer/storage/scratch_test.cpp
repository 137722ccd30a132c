// What stands beside a content's place: ours, or somebody else's and left alone.
#include "peer/storage/scratch.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string>

#include "peer/storage/piece_store.hpp"
#include "peer/storage/store_error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/file_limit.hpp"
#include "tests/support/piece_map.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

/// Three pieces: "aaaa", "bbbb", "cc"; a piece is right when all its letters are its own.
Content content(const fs::path& root, Layout layout = Layout::of_file(10, 4)) {
  return {.root = root,
          .layout = std::move(layout),
          .id = ContentId{},
          .matches = [](PieceIndex piece, std::span<const std::byte> bytes) {
            return std::ranges::all_of(
                bytes, [&](std::byte byte) { return std::to_integer<std::uint32_t>(byte) == 'a' + piece.value; });
          }};
}

void write(PieceStore& store, std::uint32_t piece) {
  const std::string bytes(store.geometry().size_of(PieceIndex{piece}), static_cast<char>('a' + piece));
  store.write(PieceIndex{piece}, std::as_bytes(std::span(bytes)));
}

void write_missing(PieceStore& store) {
  for (std::uint32_t i = 0; i < 3; ++i)
    if (!store.stored().test(PieceIndex{i})) write(store, i);
}

/// As a process leaves it that is killed before the first piece is stored.
void killed_at_once(const TempDir& dir, const Content& made) {
  {
    PieceStore store(made, {});
    write(store, 0);
  }
  dir.write("file.journal", dir.read("file.journal").substr(0, 32));
  dir.write("file.part", std::string(10, '\0'));
}

std::set<std::string> names(const fs::path& folder) {
  std::set<std::string> all;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) all.insert(entry.path().filename());
  return all;
}

std::uint32_t mode_of(const fs::path& path) { return static_cast<std::uint32_t>(fs::status(path).permissions()); }

TEST_CASE("a user's files under the names that we would take stay, and the content arrives", "[scratch]") {
  struct Case {
    const char* what;
    std::function<void(const TempDir&)> plant;
    std::function<bool(const TempDir&)> is_as_it_was;
  };
  const auto kept = [](const char* name, const char* bytes) {
    return [=](const TempDir& dir) { return dir.read(name) == bytes; };
  };
  const std::vector<Case> cases{
      {"a .part", [](const TempDir& dir) { dir.write("file.part", "mine"); }, kept("file.part", "mine")},
      {"a .part of the right size", [](const TempDir& dir) { dir.write("file.part", "0123456789"); },
       kept("file.part", "0123456789")},
      {"an empty .part", [](const TempDir& dir) { dir.write("file.part", ""); }, kept("file.part", "")},
      {"a .journal", [](const TempDir& dir) { dir.write("file.journal", "ledger"); }, kept("file.journal", "ledger")},
      {"an empty .journal", [](const TempDir& dir) { dir.write("file.journal", ""); }, kept("file.journal", "")},
      {"a journal of another content",
       [](const TempDir& dir) { killed_at_once(dir, {.root = dir / "file", .layout = Layout::of_file(10, 5)}); },
       [](const TempDir& dir) {
         return dir.read("file.journal").size() == 32 && dir.read("file.part") == std::string(10, '\0');
       }},
      {"a link to a file",
       [](const TempDir& dir) {
         dir.write("victim", "0123456789");
         fs::create_symlink("victim", dir / "file.part");
       },
       [](const TempDir& dir) { return dir.read("victim") == "0123456789" && fs::is_symlink(dir / "file.part"); }},
      {"a link to a journal of ours",
       [](const TempDir& dir) {
         killed_at_once(dir, content(dir / "file"));
         fs::rename(dir / "file.journal", dir / "victim");
         fs::create_symlink("victim", dir / "file.journal");
       },
       [](const TempDir& dir) { return dir.read("victim").size() == 32 && fs::is_symlink(dir / "file.journal"); }},
      {"a link that leads nowhere", [](const TempDir& dir) { fs::create_symlink("nowhere", dir / "file.journal"); },
       [](const TempDir& dir) { return !dir.has("nowhere") && fs::is_symlink(dir / "file.journal"); }},
      {"folders", [](const TempDir& dir) { dir.write("file.part/a", "1"), dir.write("file.journal/b", "2"); },
       [](const TempDir& dir) { return dir.read("file.part/a") == "1" && dir.read("file.journal/b") == "2"; }},
      {"FIFOs",
       [](const TempDir& dir) {
         REQUIRE(::mkfifo((dir / "file.part").c_str(), 0600) + ::mkfifo((dir / "file.journal").c_str(), 0600) == 0);
       },
       [](const TempDir& dir) { return fs::is_fifo(dir / "file.part") && fs::is_fifo(dir / "file.journal"); }},
      {"our journal and another .part",
       [](const TempDir& dir) {
         killed_at_once(dir, content(dir / "file"));
         dir.write("file.part", "my diary");
       },
       kept("file.part", "my diary")},
      {"our journal and a .part with another name, too",
       [](const TempDir& dir) {
         killed_at_once(dir, content(dir / "file"));
         fs::create_hard_link(dir / "file.part", dir / "backup");
       },
       [](const TempDir& dir) { return dir.read("backup") == std::string(10, '\0'); }},
  };
  for (const Case& each : cases) {
    INFO(each.what);
    const TempDir dir;
    each.plant(dir);
    std::set<std::string> expected = names(dir.path());
    {
      PieceStore store(content(dir / "file"), {});
      write(store, 1);
    }
    {
      PieceStore store(content(dir / "file"), {});
      CHECK(test::picture(store.stored()) == "010");
      write_missing(store);
    }
    CHECK(dir.read("file") == "aaaabbbbcc");
    CHECK(each.is_as_it_was(dir));
    expected.insert("file");
    CHECK(names(dir.path()) == expected);
  }
}

TEST_CASE("a folder's link is not followed", "[scratch]") {
  const TempDir dir;
  const Layout layout = Layout::of_folder({{"sub/one", 4}, {"two", 6}}, {}, 4);
  dir.write("victim/one", "mine");
  SECTION("in the place of the .part") {
    fs::create_symlink("victim", dir / "set.part");
    PieceStore store(content(dir / "set", layout), {});
    write_missing(store);
    CHECK(dir.read("set/sub/one") == "aaaa");
  }
  SECTION("in a .part of ours") {
    {
      PieceStore store(content(dir / "set", layout), {});
      write(store, 0);
    }
    fs::remove_all(dir / "set.part/sub");
    fs::create_symlink("../victim", dir / "set.part/sub");
    PieceStore store(content(dir / "set", layout), {});
    write_missing(store);
    CHECK(dir.read("set/sub/one") == "aaaa");
    CHECK_FALSE(fs::is_symlink(dir / "set/sub"));
  }
  CHECK(dir.read("victim/one") == "mine");
  CHECK(names(dir / "victim") == std::set<std::string>{"one"});
}

TEST_CASE("a link in the place of a .part of ours is not followed for reading either", "[scratch]") {
  const TempDir dir;
  dir.write("victim", "aaaabbbbcc");
  const bool has_journal = GENERATE(true, false);
  {
    PieceStore store(content(dir / "file"), {});
    write(store, 0);
  }
  fs::remove(dir / "file.part");
  if (!has_journal) fs::remove(dir / "file.journal");
  fs::create_symlink("victim", dir / "file.part");
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  REQUIRE(watch >= 0);
  REQUIRE(::inotify_add_watch(watch, (dir / "victim").c_str(), IN_OPEN) >= 0);
  PieceStore store(content(dir / "file"), {});
  std::array<char, 4096> events;
  CHECK(::read(watch, events.data(), events.size()) == -1);  // nothing has happened
  ::close(watch);
  CHECK(store.stored().count() == 0);
}

TEST_CASE("where nothing was stored nothing is left", "[scratch]") {
  const TempDir dir;
  { PieceStore(content(dir / "file"), {}); }
  CHECK(names(dir.path()).empty());
  const Layout layout = Layout::of_folder({{"sub/one", 4}, {"two", 6}}, {"empty/inner"}, 4);
  { PieceStore(content(dir / "set", layout), {}); }
  CHECK(names(dir.path()).empty());
  {
    const test::FileLimit limit(1000);
    CHECK_THROWS_AS(PieceStore({.root = dir / "file", .layout = Layout::of_file(1001, 100)}, {}), StoreError);
  }
  CHECK(names(dir.path()).empty());

  {
    const PieceStore store(content(dir / "set", layout), {});
    dir.write("set.part/sub/mine", "mine");
  }
  CHECK(dir.read("set.part/sub/mine") == "mine");
  CHECK(dir.has("set.journal"));
  {
    const PieceStore store(content(dir / "file"), {});
    fs::remove(dir / "file.part");
    dir.write("file.part", "mine");
  }
  CHECK(dir.read("file.part") == "mine");
}

TEST_CASE("what does not match is not mended where that would write to something else", "[scratch]") {
  const TempDir dir;
  const auto is_refused = [](Content content) {
    try {
      PieceStore(std::move(content), {});
    } catch (const StoreError& error) {
      return error.fault() == StoreFault::mismatch &&
             std::string(error.what()).find("move it away") != std::string::npos;
    }
    return false;
  };
  SECTION("a file with another name, too") {
    dir.write("file", "aaaaxxxxcc");
    fs::create_hard_link(dir / "file", dir / "victim");
    CHECK(is_refused(content(dir / "file")));
    CHECK(dir.read("victim") == "aaaaxxxxcc");
    CHECK(names(dir.path()) == std::set<std::string>{"file", "victim"});
  }
  SECTION("a link to a file") {
    dir.write("victim", "aaaaxxxxcc");
    fs::create_symlink("victim", dir / "file");
    CHECK(is_refused(content(dir / "file")));
    CHECK(dir.read("victim") == "aaaaxxxxcc");
    CHECK(names(dir.path()) == std::set<std::string>{"file", "victim"});
  }
  SECTION("a folder with a link to a folder") {
    const Layout layout = Layout::of_folder({{"sub/one", 4}, {"two", 6}}, {}, 4);
    dir.write("victim/one", "aaax");
    dir.write("set/two", "bbbbcc");
    fs::create_symlink("../victim", dir / "set/sub");
    CHECK(is_refused(content(dir / "set", layout)));
    CHECK(dir.read("victim/one") == "aaax");
    CHECK(names(dir.path()) == std::set<std::string>{"set", "victim"});
  }
}

TEST_CASE("when no name is free nothing is touched, and the error says what to do", "[scratch]") {
  const TempDir dir;
  for (const Scratch& pair : scratch_names(content(dir / "file"))) dir.write(pair.journal.filename().string(), "mine");
  std::string message;
  try {
    PieceStore(content(dir / "file"), {});
  } catch (const StoreError& error) {
    CHECK(error.fault() == StoreFault::unusable);
    message = error.what();
  }
  for (const Scratch& pair : scratch_names(content(dir / "file"))) {
    CHECK(message.find(pair.journal.string()) != std::string::npos);
    CHECK(dir.read(pair.journal.filename().string()) == "mine");
  }
}

TEST_CASE("what was built of a content that is given up goes, and nobody else's", "[scratch]") {
  const TempDir dir;
  const Content given_up = content(dir / "file");
  killed_at_once(dir, given_up);
  CHECK(dir.has("file.part"));
  CHECK(dir.has("file.journal"));
  give_up_scratch(given_up);
  CHECK_FALSE(dir.has("file.part"));
  CHECK_FALSE(dir.has("file.journal"));

  dir.write("file.part", "mine");
  dir.write("file.journal", "mine");
  give_up_scratch(given_up);
  CHECK(dir.read("file.part") == "mine");
  CHECK(dir.read("file.journal") == "mine");
}

TEST_CASE("every legal name has names to be built under", "[scratch]") {
  for (const std::size_t length : {1u, 247u, 248u, 250u, 251u, 255u}) {
    const TempDir dir;
    const std::string name(length, 'n');
    {
      PieceStore store(content(dir / name), {});
      write(store, 1);
    }
    PieceStore store(content(dir / name), {});
    CHECK(test::picture(store.stored()) == "010");
    write_missing(store);
    CHECK(dir.read(name) == "aaaabbbbcc");
    CHECK(names(dir.path()) == std::set<std::string>{name});
  }
  const TempDir dir;
  const std::string same(254, 'n');
  CHECK(scratch_names(content(dir / (same + "1")))[0].part != scratch_names(content(dir / (same + "2")))[0].part);
}

TEST_CASE("what is to be replaced stays until the new one is complete, and gives what both have", "[scratch]") {
  const mode_t mask = ::umask(022);
  for (const std::string old : {"", "x", "aaaa", "something else", "xxxxbbbbyy", "aaaabbbbcc and more"}) {
    INFO(old);
    const TempDir dir;
    dir.write("file", old);
    fs::permissions(dir / "file", fs::perms(0755));
    const bool has_first = old.starts_with("aaaa"), has_second = old.size() >= 8 && old.substr(4, 4) == "bbbb",
               has_third = old.size() > 10 && has_second;
    {
      PieceStore store(content(dir / "file"), {.replace = true});
      CHECK(store.stored().test(PieceIndex{0}) == has_first);
      CHECK(store.stored().test(PieceIndex{1}) == has_second);
      if (!store.stored().complete()) {
        CHECK(dir.read("file") == old);
        if (!has_second) write(store, 1);
      }
    }
    PieceStore store(content(dir / "file"), {.replace = true});
    if (!store.stored().complete()) CHECK(store.stored().test(PieceIndex{1}));
    CHECK(store.stored().complete() == has_third);
    write_missing(store);
    CHECK(dir.read("file") == "aaaabbbbcc");
    CHECK(mode_of(dir / "file") == 0644);
    CHECK(names(dir.path()) == std::set<std::string>{"file"});
  }
  ::umask(mask);
}

TEST_CASE("a file that appears while another one is fetched to its name is not replaced", "[scratch]") {
  const TempDir dir;
  PieceStore store(content(dir / "file"), {});
  write(store, 0);
  write(store, 1);
  dir.write("file", "mine");
  CHECK_THROWS_AS(write(store, 2), std::system_error);
  CHECK(dir.read("file") == "mine");
}

TEST_CASE("files have what the umask leaves, and of a manifest executable or not", "[scratch]") {
  const mode_t mask = ::umask(0);
  for (const mode_t each : {0u, 022u, 026u, 077u, 0177u, 0277u, 0777u}) {
    const TempDir dir;
    ::umask(each);
    for (const bool executable : {false, true}) {
      INFO(std::oct << each << executable);
      PieceStore store(content(dir / "file", Layout::of_file(10, 4, executable)), {});
      write_missing(store);
      const std::uint32_t expected = executable ? (0777 & ~each) | 0700 : (0666 & ~each) | 0600;
      CHECK(mode_of(dir / "file") == expected);
      fs::remove(dir / "file");
    }
    ::umask(mask);
  }
}

}  // namespace
}  // namespace p2p
