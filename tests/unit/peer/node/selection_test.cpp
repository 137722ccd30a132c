// Which names a user means, and which names of strangers can be beside each other.
#include "peer/node/selection.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using Kind = Wanted::Kind;

TEST_CASE("a word is a name, a folder or a pattern by its look", "[get_many]") {
  CHECK(wanted_by("sub/a.bin") == Wanted{Kind::name, "sub/a.bin"});
  CHECK(wanted_by("sub/") == Wanted{Kind::folder, "sub/"});
  for (const char* const pattern : {"*.bin", "sub/?", "[ab]", "sub/*/"})
    CHECK(wanted_by(pattern) == Wanted{Kind::pattern, pattern});
}

TEST_CASE("wildcards stay in their folder, and a pattern is a name, too", "[get_many]") {
  CHECK(matches({Kind::name, "a"}, "a"));
  CHECK_FALSE(matches({Kind::name, "a"}, "a/b"));
  CHECK(matches({Kind::folder, "a/"}, "a/b/c"));
  CHECK_FALSE(matches({Kind::folder, "a/"}, "ab"));
  CHECK(matches({Kind::pattern, "sub/*.bin"}, "sub/x.bin"));
  CHECK_FALSE(matches({Kind::pattern, "sub/*.bin"}, "sub/deep/x.bin"));
  CHECK_FALSE(matches({Kind::pattern, "sub/*.bin"}, "sub/x.txt"));
  CHECK(matches({Kind::pattern, "notes [1].txt"}, "notes [1].txt"));
  CHECK(matches({Kind::pattern, "a\\*"}, "a\\b"));
  CHECK(matches({Kind::all}, "any/thing"));
}

TEST_CASE("no more is asked for than the folder before the first wildcard", "[get_many]") {
  CHECK(question_for({Kind::name, "sub/a"}) == "sub/a");
  CHECK(question_for({Kind::folder, "sub/"}) == "sub/");
  CHECK(question_for({Kind::pattern, "sub/*.bin"}) == "sub/");
  CHECK(question_for({Kind::pattern, "a/b/c*/d"}) == "a/b/");
  CHECK(question_for({Kind::pattern, "*.bin"}) == "/");
  CHECK(question_for({Kind::all}) == "/");
}

TEST_CASE("of names that cannot be beside each other the first has its place", "[get_many]") {
  NameSpace names;
  for (const char* const name : {"a/b", "a/c", "readme", "x.journal"}) CHECK(names.add(name).empty());
  CHECK(names.add("A/d") == "differs from \"a\" only in case, and the two would be one where names have none");
  CHECK(names.add("a/B") == "differs from \"a/b\" only in case, and the two would be one where names have none");
  CHECK(names.add("README") == "differs from \"readme\" only in case, and the two would be one where names have none");
  CHECK(names.add("a/b/c") == "is in \"a/b\", which is a file's name, too");
  CHECK(names.add("a") == "is the name of a folder, too");
  // A name that was refused is in nobody's way.
  CHECK(names.add("d").empty());
}

TEST_CASE("names of ours and of unfinished files are refused", "[get_many]") {
  NameSpace names;
  for (const char* const name : {".peerProcess-got", ".peerProcess/index", "a/.peerProcess-1234567890123456.journal",
                                 "a/.peerProcess", "a/.peerProcess-x/b", "file.part"})
    CHECK_FALSE(names.add(name).empty());
  for (const char* const name : {"peerProcess", ".peerProcessor", "a/x.peerProcess-y"}) CHECK(names.add(name).empty());
}

}  // namespace
}  // namespace p2p
