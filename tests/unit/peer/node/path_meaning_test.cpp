// What a path means in a content and among names.
#include "peer/node/path_meaning.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/finding.hpp"
#include "tests/support/known_content.hpp"

namespace p2p {
namespace {

std::string inside(const ManifestPtr& known, std::string_view path) {
  const Inside found = look_inside(*known, path);
  if (found.file) return "file " + std::to_string(*found.file);
  return found.folder ? test::describe(found.folder) : "nothing";
}

std::string among(const Names& names, std::string_view path) {
  const Named found = look_among(names, path);
  if (found.content) return found.content->name + " | " + std::string(found.below);
  return found.folder ? test::describe(found.folder) : "nothing";
}

TEST_CASE("a content that is a file is there without a path, and under its own name", "[asked]") {
  const ManifestPtr known = test::known_file("a.bin", "abcde");
  CHECK(inside(known, "") == "file 0");
  CHECK(inside(known, "a.bin") == "file 0");
  for (const char* const path : {"/", "a.bin/", "b", "a.bin/x"}) CHECK(inside(known, path) == "nothing");
}

TEST_CASE("a content that is a folder has its files, and listings of its folders", "[asked]") {
  const ManifestPtr known =
      test::known_folder({{"a", "1"}, {"b/c", "22"}, {"b/d/e", "333"}, {"b.c", "4444"}}, {"empty", "b/none"});
  CHECK(inside(known, "") == "folder a:1 b.c:4 b/:5 empty/:0");
  CHECK(inside(known, "/") == inside(known, ""));
  CHECK(inside(known, "b") == "folder c:2 d/:3 none/:0");
  CHECK(inside(known, "b/") == inside(known, "b"));
  CHECK(inside(known, "b/d/") == "folder e:3");
  CHECK(inside(known, "empty") == "folder");
  CHECK(inside(known, "a") == "file 0");
  CHECK(inside(known, "b.c") == "file 1");
  CHECK(inside(known, "b/d/e") == "file 3");
  for (const char* const path : {"a/", "a/x", "c", "b/d/e/", "em"}) CHECK(inside(known, path) == "nothing");
  CHECK(look_inside(*known, "b").folder->id == known->id);
}

Names named(const std::vector<std::string>& names) {
  Names all;
  for (const std::string& name : names) all.emplace(name, Holding{.name = name, .size = name.size()});
  return all;
}

TEST_CASE("a name goes before a folder of names, and what lies below a name is in its content", "[asked]") {
  const Names names = named({"a", "b/c", "b/d/e", "b/d/f"});
  CHECK(among(names, "") == "folder a:1 b/:13");
  CHECK(among(names, "a") == "a | ");
  CHECK(among(names, "a/") == "a | /");
  CHECK(among(names, "a/b/c") == "a | b/c");
  CHECK(among(names, "b") == "folder c:3 d/:10");
  CHECK(among(names, "b/d/") == "folder e:5 f:5");
  CHECK(among(names, "b/c") == "b/c | ");
  for (const char* const path : {"c", "b/x", "b/d/e2", "bb"}) CHECK(among(names, path) == "nothing");
  CHECK(among({}, "") == "folder");
}

TEST_CASE("a listing says of a name of one content which, and of others how many there are", "[asked]") {
  Listing listing("f/");
  const ContentId one{std::byte{1}}, two{std::byte{2}};
  listing.add("f/a", 3, one);
  listing.add("f/b", 4, one);
  listing.add("f/b", 5, two);
  listing.add("f/c/d", 6, one);
  listing.add("f/", 7, one);
  listing.add("g", 8, one);
  const FoundFolderPtr found = listing.folder();
  const FoundFolder& folder = *found;
  CHECK(test::describe(found) == "folder a:3 b:4x2 c/:6");
  CHECK(folder.entries[0].id == one);
  CHECK_FALSE(folder.entries[1].id);
  CHECK_FALSE(folder.entries[2].id);
}

}  // namespace
}  // namespace p2p
