// A shared folder on virtual time: when it is looked at, what is hashed and in which order, what is offered and
// withdrawn.
#include "peer/share/library_plan.hpp"

#include "tests/support/librarian.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Librarian;
using Names = std::vector<std::string>;
using Result = Librarian::Result;

/// Files that are in the folder when it is first looked at, and have been for long.
Librarian shelf(const Names& names) {
  Librarian folder;
  for (const std::string& name : names) folder.put(name);
  folder.wall_offset += 1h;
  folder.looked();
  return folder;
}

// --- looking -------------------------------------------------------------------------------------------------------

TEST_CASE("a library looks at once, then when something has changed", "[library]") {
  Librarian folder;
  CHECK(folder.looking);
  CHECK_FALSE(folder.plan.pending().looked);
  CHECK(folder.plan.next_deadline() == kNever);
  folder.looked();
  CHECK(folder.plan.pending().looked);
  CHECK(folder.plan.next_deadline() == kNever);
  folder.now += 1h;
  folder.timer();
  CHECK_FALSE(folder.looking);
  folder.change();
  CHECK(folder.plan.next_deadline() == folder.now + 100ms);
}

TEST_CASE("many changes in a tenth of a second are one look", "[library]") {
  Librarian folder;
  folder.looked();
  const Instant first = folder.now;
  for (int i = 0; i < 10; ++i, folder.now += 9ms) folder.change();
  CHECK(folder.plan.next_deadline() == first + 100ms);
  folder.look();
  CHECK(folder.plan.next_deadline() == kNever);
}

TEST_CASE("a change during a look leads to another look", "[library]") {
  Librarian folder;
  folder.now += 20ms;
  folder.change();
  CHECK(folder.plan.next_deadline() == kNever);  // one look at a time
  folder.now += 30ms;
  folder.looked();
  CHECK(folder.plan.next_deadline() == folder.now + 9 * 50ms);
}

TEST_CASE("looking takes a tenth of the time at most, and no pause is longer than a hundred seconds", "[library]") {
  const auto [took, pause] =
      GENERATE(table<Duration, Duration>({{1ms, 100ms}, {1s, 9s}, {10s, 90s}, {1min, 100s}, {1h, 100s}}));
  Librarian folder;
  folder.now += took;
  folder.looked();
  folder.change();
  CHECK(folder.plan.next_deadline() == folder.now + pause);
}

TEST_CASE("a folder whose changes nobody tells is looked at from time to time", "[library]") {
  Librarian folder;
  folder.tells_changes = false;
  folder.looked();
  CHECK(folder.plan.next_deadline() == folder.now + 5s);
  folder.begin_look();
  folder.now += 200ms;
  folder.looked();
  CHECK(folder.plan.next_deadline() == folder.now + 19'800ms);
  folder.begin_look();
  folder.now += 2s;
  folder.looked();
  CHECK(folder.plan.next_deadline() == folder.now + 100s);
  folder.tells_changes = true;
  folder.look();
  CHECK(folder.plan.next_deadline() == kNever);
}

// --- settling ------------------------------------------------------------------------------------------------------

TEST_CASE("a file that has been there for long is hashed at once and offered", "[library]") {
  Librarian folder = shelf({"a"});
  REQUIRE(folder.hashing);
  CHECK(folder.plan.hashing() == folder.hashing);
  CHECK(folder.told().empty());
  CHECK(folder.plan.pending().waiting == 1);
  folder.hashed();
  CHECK(folder.told() == Names{"+a"});
  CHECK_FALSE(folder.plan.hashing());
  CHECK(folder.plan.pending().waiting == 0);
  CHECK(folder.plan.pending().offered == 1);
  CHECK(folder.plan.pending().bytes == 10);
  CHECK(folder.plan.next_deadline() == kNever);
}

TEST_CASE("a file that is new is hashed when it has been the same for a second", "[library]") {
  Librarian folder;
  folder.looked();
  folder.write("a");
  folder.look();
  const Instant seen = folder.now;
  CHECK_FALSE(folder.hashing);
  CHECK(folder.plan.pending().waiting == 1);
  CHECK(folder.plan.next_deadline() == seen + 1s);
  folder.look();
  CHECK(folder.hashing);
}

TEST_CASE("a file that is written to again and again is not hashed before that ends", "[library]") {
  Librarian folder;
  folder.looked();
  for (int i = 0; i < 20; ++i) {
    folder.write("a");
    folder.passes(500ms);
  }
  CHECK(folder.order.empty());
  folder.passes(1200ms);
  CHECK(folder.order == Names{"a"});
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("a file whose own time says that it is two seconds old does not wait, however new it is here", "[library]") {
  Librarian folder;
  folder.looked();
  folder.put("a");
  folder.put("b");
  folder.wall_offset += 1999ms;
  folder.put("c");
  folder.change();
  folder.now += 1ms;
  folder.timer();
  folder.folder["b"].changed_ns += 1'000'000'000'000;  // from a machine whose clock is ahead
  folder.look();
  CHECK(folder.order == Names{"a"});
  folder.hashed();
  folder.look();
  folder.hash_all();
  CHECK(folder.order == Names{"a", "b", "c"});
}

// --- hashing -------------------------------------------------------------------------------------------------------

TEST_CASE("files are hashed one after the other, in the order in which they have settled", "[library]") {
  Librarian folder = shelf({"b", "c"});
  CHECK(folder.order == Names{"b"});
  folder.write("a");
  folder.passes(0s);  // b and c
  CHECK(folder.order == Names{"b", "c"});
  folder.passes(2s);
  CHECK(folder.order == Names{"b", "c", "a"});
  CHECK(folder.told() == Names{"+b", "+c", "+a"});
}

TEST_CASE("a file that is gone before its turn is not hashed", "[library]") {
  Librarian folder = shelf({"a", "b"});
  folder.remove("b");
  folder.look();
  folder.hash_all();
  CHECK(folder.order == Names{"a"});
  CHECK(folder.names() == Names{"a"});
  CHECK(folder.plan.pending().waiting == 0);
}

TEST_CASE("a file that is gone, or has changed, while it is hashed is not offered for that", "[library]") {
  Librarian folder = shelf({"a"});
  SECTION("gone") {
    folder.remove("a");
    folder.look();
    folder.hashed();
    CHECK(folder.told().empty());
    CHECK(folder.plan.pending().waiting == 0);
  }
  SECTION("changed") {
    folder.write("a");
    folder.look();
    folder.hashed();
    CHECK(folder.told().empty());
    CHECK(folder.kept.empty());
    folder.passes(1s);
    CHECK(folder.order == Names{"a", "a"});
    CHECK(folder.offered.at("a").id == test::id_of(folder.folder.at("a")));
  }
  SECTION("changed, and in the line again") {
    folder.write("a");
    folder.look();
    folder.look();
    folder.hashed();
    CHECK(folder.told().empty());
    CHECK(folder.hashing == folder.folder.at("a"));
    folder.hashed();
    CHECK(folder.offered.at("a").id == test::id_of(folder.folder.at("a")));
  }
  SECTION("gone, and there again as it was") {
    folder.wall_offset -= 1h;
    const SeenFile file = folder.folder.at("a");
    folder.remove("a");
    folder.look();
    folder.folder["a"] = file;
    folder.change();
    folder.look();
    folder.hashed();
    CHECK(folder.told().empty());
    folder.passes(1s);
    CHECK(folder.told() == Names{"+a"});
    CHECK(folder.order == Names{"a", "a"});
  }
}

TEST_CASE("a file that somebody has open for writing is tried again after a second", "[library]") {
  Librarian folder = shelf({"a"});
  for (int i = 1; i <= 3; ++i) {
    folder.hashed(Result::busy);
    CHECK(folder.told().empty());
    CHECK(folder.plan.pending().waiting == 1);
    CHECK(folder.plan.next_deadline() == folder.now + 1s);
    folder.look();
    REQUIRE(folder.hashing);
  }
  folder.hashed();
  CHECK(folder.told() == Names{"+a"});
  CHECK(folder.warnings.empty());
}

TEST_CASE("a new file that somebody has open for writing has its second again, whatever else changes", "[library]") {
  Librarian folder;
  folder.looked();
  folder.write("a");
  folder.look();
  folder.look();
  folder.hashed(Result::busy);
  folder.write("b");
  folder.look();
  CHECK(folder.order == Names{"a"});
  folder.passes(1s);
  CHECK(folder.names() == Names{"a", "b"});
}

TEST_CASE("a file that cannot be read is refused with a word, and tried again when it has changed", "[library]") {
  Librarian folder = shelf({"a"});
  folder.hashed(Result::failed);
  CHECK(folder.warnings == Names{"not offered: \"a\": the reason"});
  CHECK(folder.plan.pending().waiting == 0);
  folder.change();
  folder.passes(10s);
  CHECK(folder.order == Names{"a"});
  CHECK(folder.plan.pending().waiting == 0);
  folder.write("a");
  folder.passes(2s);
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("a file that was hashed before is offered without reading it", "[library]") {
  Librarian folder;
  folder.put("a");
  folder.put("b");
  folder.kept.emplace(folder.folder.at("b"), test::id_of(folder.folder.at("b")));
  folder.looked();
  CHECK(folder.told() == Names{"+b"});
  CHECK(folder.plan.pending().waiting == 1);
  folder.passes(2s);
  CHECK(folder.order == Names{"a"});
}

// --- offering ------------------------------------------------------------------------------------------------------

TEST_CASE("a file that changes is withdrawn as soon as that is seen, and offered again when it is quiet", "[library]") {
  Librarian folder = shelf({"a", "b"});
  folder.hash_all();
  folder.told();
  folder.write("a");
  folder.look();
  CHECK(folder.told() == Names{"-a"});
  CHECK(folder.plan.pending().offered == 1);
  CHECK(folder.plan.pending().waiting == 1);
  folder.passes(1s);
  CHECK(folder.told() == Names{"+a"});
}

TEST_CASE("a file that is gone is withdrawn, and one that comes back unchanged is not hashed again", "[library]") {
  Librarian folder = shelf({"a"});
  folder.hash_all();
  const SeenFile file = folder.folder.at("a");
  folder.remove("a");
  folder.passes(1s);
  CHECK(folder.plan.offered().empty());
  folder.folder["a"] = file;
  folder.change();
  folder.passes(1s);
  CHECK(folder.told() == Names{"+a", "-a", "+a"});
  CHECK(folder.order == Names{"a"});
}

TEST_CASE("files with one content are offered under each of their names, until the last one is gone", "[library]") {
  Librarian folder;
  folder.put("a");
  const ContentId id = test::id_of(folder.folder.at("a"));
  folder.folder["b"] = folder.folder["a"];
  folder.folder["b"].name = "b";
  folder.wall_offset += 1h;
  folder.looked();
  folder.hash_all();
  CHECK(folder.names() == Names{"a", "b"});
  CHECK(folder.plan.files_of(id) == std::vector{folder.folder["a"], folder.folder["b"]});
  folder.remove("a");
  folder.look();
  CHECK(folder.plan.offers(id));
  CHECK(folder.plan.files_of(id) == std::vector{folder.folder["b"]});
  folder.remove("b");
  folder.look();
  CHECK_FALSE(folder.plan.offers(id));
  CHECK(folder.plan.files_of(id).empty());
}

TEST_CASE("a manifest that is lost withdraws all files of its content and has them hashed again", "[library]") {
  Librarian folder;
  folder.put("a");
  const ContentId id = test::id_of(folder.folder.at("a"));
  folder.folder["b"] = folder.folder["a"];
  folder.folder["b"].name = "b";
  folder.put("c");
  folder.wall_offset += 1h;
  folder.looked();
  folder.hash_all();
  folder.told();
  folder.kept.clear();
  folder.plan.on_manifest_lost(id, folder.now);
  folder.take();
  CHECK(folder.told() == Names{"-a", "-b"});
  CHECK(folder.warnings == Names{"the manifest \"a\" is gone or damaged; its files are hashed again"});
  CHECK_FALSE(folder.plan.offers(id));
  folder.passes(1s);
  CHECK(folder.told() == Names{"+a", "+b"});
  CHECK(folder.order == Names{"a", "b", "c", "a", "b"});
}

TEST_CASE("a name that is too long for an announcement is refused, after hashing as after a restart", "[library]") {
  const std::string longest(kLongestHoldingName, 'x');
  const std::string name = longest + "y";
  Librarian folder;
  folder.put(longest);
  folder.put(name);
  if (GENERATE(true, false)) folder.kept.emplace(folder.folder.at(name), test::id_of(folder.folder.at(name)));
  folder.wall_offset += 1h;
  folder.looked();
  folder.hash_all();
  CHECK(folder.names() == Names{longest});
  REQUIRE(folder.warnings.size() == 1);
  CHECK(folder.warnings[0].starts_with("not offered: \"xxx"));
  CHECK(folder.warnings[0].ends_with("\": its name is longer than 1024 bytes"));
  CHECK(folder.plan.pending().waiting == 0);
}

TEST_CASE("what cannot be offered is said once", "[library]") {
  Librarian folder;
  folder.refused = {"\"x\" has a control character", "\"y\" has a control character"};
  folder.looked();
  CHECK(folder.warnings.size() == 2);
  folder.change();
  folder.look();
  CHECK(folder.warnings ==
        Names{"not offered: \"x\" has a control character", "not offered: \"y\" has a control character"});
}

TEST_CASE("a folder that cannot be read offers nothing until it can", "[library]") {
  Librarian folder = shelf({"a"});
  folder.hash_all();
  const auto there = std::exchange(folder.folder, {});
  folder.refused = {"read the folder x: Permission denied"};
  folder.change();
  folder.look();
  CHECK(folder.plan.offered().empty());
  CHECK(folder.warnings.size() == 1);
  folder.folder = there;
  folder.change();
  folder.look();
  CHECK(folder.told() == Names{"+a", "-a", "+a"});
}

}  // namespace
}  // namespace p2p
