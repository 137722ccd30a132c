#include "peer/gateway/name_meaning.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using Questions = std::vector<std::string>;

ContentId id_of(std::uint32_t number) {
  ContentId id{};
  id[0] = static_cast<std::byte>(number);
  return id;
}

Holder holder(const std::string& name, std::uint32_t content, std::uint32_t node = 1, std::uint64_t size = 100) {
  return {.peer = PeerId{node},
          .address = {"10.0.0." + std::to_string(node), 5000},
          .ip = "10.0.0." + std::to_string(node),
          .name = name,
          .id = id_of(content),
          .size = size};
}

SearchAnswerPtr words(std::vector<Holder> holders, std::size_t asked = 5, std::size_t silent = 0) {
  return std::make_shared<const SearchAnswer>(
      SearchAnswer{.holders = std::move(holders), .asked = asked, .silent = silent});
}

NameMeaning of(const std::string& path, std::optional<std::uint32_t> quorum = {}) {
  return NameMeaning(path, quorum, "default");
}

TEST_CASE("an answer on all names says of each name, and of each folder, what a question for it would") {
  SearchAnswer all = *words({holder("b/d", 4), holder("a", 1), holder("b", 3), holder("b/c", 5), holder("a", 2, 2),
                             holder("b.c", 6), holder("b0", 7)});
  sort_by_name(all);
  const auto contents = [&](const std::string& question) {
    const auto part = part_of(all, question);
    REQUIRE(part);
    CHECK(part->asked == 5);
    std::vector<ContentId> ids;
    for (const Holder& each : part->holders) ids.push_back(each.id);
    return ids;
  };
  CHECK(contents("a") == std::vector{id_of(1), id_of(2)});
  CHECK(contents("b") == std::vector{id_of(3)});
  CHECK(contents("b/") == std::vector{id_of(5), id_of(4)});
  CHECK(contents("b/c") == std::vector{id_of(5)});
  CHECK(contents("c").empty());
  CHECK(contents("a/").empty());
  all.whole = false;  // of what was left out nobody knows
  CHECK(contents("b") == std::vector{id_of(3)});
  CHECK_FALSE(part_of(all, "c"));
}

TEST_CASE("a name that one content has is that content, and nothing else is asked") {
  NameMeaning meaning = of("a/b.txt");
  CHECK(meaning.questions() == Questions{"a/b.txt"});
  meaning.on_answer("a/b.txt", words({holder("a/b.txt", 1), holder("a/b.txt", 1, 2)}));
  REQUIRE(meaning.questions().empty());
  const auto found = std::get<NameMeaning::Content>(meaning.meaning());
  CHECK(found.id == id_of(1));
  CHECK(found.inside.empty());
  CHECK(found.holders.size() == 2);
}

TEST_CASE("a slash at the end stays: it asks for a folder") {
  NameMeaning meaning = of("a/");
  meaning.on_answer("a", words({holder("a", 1)}));
  CHECK(std::get<NameMeaning::Content>(meaning.meaning()).inside == "/");
  NameMeaning deeper = of("a/b/");
  for (const char* const question : {"a/b", "a/b/"}) deeper.on_answer(question, words({}));
  deeper.on_answer("a", words({holder("a", 1)}));
  CHECK(std::get<NameMeaning::Content>(deeper.meaning()).inside == "b/");
}

TEST_CASE("a file in a folder that is one content, below the nearest name that there is") {
  NameMeaning meaning = of("a/b/c/d");
  meaning.on_answer("a/b/c/d", words({}));
  CHECK(meaning.questions() == Questions{"a/b/c/d/", "a/b/c", "a/b", "a"});
  for (const char* const question : {"a/b/c/d/", "a/b/c"}) meaning.on_answer(question, words({}));
  CHECK(meaning.questions() == Questions{"a/b", "a"});
  meaning.on_answer("a/b", words({holder("a/b", 2)}));
  meaning.on_answer("a", words({holder("a", 1)}));
  const auto found = std::get<NameMeaning::Content>(meaning.meaning());
  CHECK(found.id == id_of(2));
  CHECK(found.name == "a/b");
  CHECK(found.inside == "c/d");
}

TEST_CASE("names below it make it a folder, with each name once, and deeper ones together") {
  for (const char* const path : {"models", "models/"}) {
    NameMeaning meaning = of(path);
    meaning.on_answer("models", words({}));
    CHECK(meaning.questions() == Questions{"models/"});
    meaning.on_answer("models/", words({holder("models/a", 1, 1, 10), holder("models/a", 1, 2, 10),
                                        holder("models/b", 2, 1, 20), holder("models/b", 3, 2, 30),
                                        holder("models/x/1", 4, 1, 5), holder("models/x/y/2", 5, 1, 7)}));
    const FoundFolder found = *std::get<FoundFolderPtr>(meaning.meaning());
    CHECK_FALSE(found.id);
    REQUIRE(found.entries.size() == 3);
    CHECK(found.entries[0].name == "a");
    CHECK(found.entries[0].size == 10);
    CHECK(found.entries[0].id == id_of(1));
    CHECK(found.entries[1].name == "b");
    CHECK_FALSE(found.entries[1].id);
    CHECK(found.entries[1].contents == 2);
    CHECK(found.entries[2].name == "x/");
    CHECK(found.entries[2].size == 12);
  }
}

TEST_CASE("two contents under a name are both said, unless a quorum decides") {
  const SearchAnswerPtr answer = words({holder("a", 1, 1), holder("a", 1, 2), holder("a", 2, 3, 7)});
  NameMeaning meaning = of("a");
  meaning.on_answer("a", answer);
  const auto several = std::get<FoundSeveral>(meaning.meaning());
  REQUIRE(several.contents.size() == 2);
  CHECK(several.contents[0].holders == 2);
  CHECK(several.contents[1].size == 7);
  NameMeaning two = of("a", 2);
  two.on_answer("a", answer);
  CHECK(std::get<NameMeaning::Content>(two.meaning()).id == id_of(1));
  NameMeaning three = of("a", 3);
  three.on_answer("a", answer);
  CHECK(std::get<FoundNothing>(three.meaning()).why == "No content \"a\" has a quorum: 2 of 3 holders agree.");
}

TEST_CASE("what nobody has is nothing, and it says who was asked") {
  NameMeaning meaning = of("a");
  meaning.on_answer("a", words({}, 3, 1));
  meaning.on_answer("a/", words({}, 3, 1));
  CHECK(meaning.questions().empty());
  CHECK(std::get<FoundNothing>(meaning.meaning()).why ==
        "Nobody has \"a\": 3 nodes of the network \"default\" were asked, of which 1 could not be reached.");
}

TEST_CASE("the empty path is all names") {
  NameMeaning meaning = of("");
  CHECK(meaning.questions() == Questions{""});
  meaning.on_answer("", words({holder("b", 1), holder("a/c", 2)}));
  const FoundFolder found = *std::get<FoundFolderPtr>(meaning.meaning());
  REQUIRE(found.entries.size() == 2);
  CHECK(found.entries[0].name == "a/");
  CHECK(found.entries[1].name == "b");
}

TEST_CASE("a listing that was made for all who ask is taken as it is") {
  SearchAnswer answer = *words({holder("a/b", 1)});
  answer.listing = listing_of(answer.holders, "a/", {});
  const FoundFolderPtr made = answer.listing;
  NameMeaning meaning = of("a/");
  meaning.on_answer("a", words({}));
  meaning.on_answer("a/", std::make_shared<const SearchAnswer>(std::move(answer)));
  CHECK(std::get<FoundFolderPtr>(meaning.meaning()) == made);
}

TEST_CASE("of many folders above a path the outermost are asked for") {
  std::string path = "0";
  for (int i = 1; i < 100; ++i) path += "/" + std::to_string(i);
  NameMeaning meaning = of(path);
  meaning.on_answer(path, words({}));
  CHECK(meaning.questions().size() == NameMeaning::kMostAbove + 1);
  CHECK(meaning.questions().back() == "0");
}

}  // namespace
}  // namespace p2p
