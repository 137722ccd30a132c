#include "peer/gateway/manifest_place.hpp"

#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/known_content.hpp"

namespace p2p {
namespace {

std::string at(const ManifestPtr& known, const std::string& inside) {
  const auto place = place_in(known->manifest, known->id, inside);
  if (const auto* const file = std::get_if<ManifestPlace>(&place)) return "file " + std::to_string(file->file);
  const auto* const folder = std::get_if<FoundFolder>(&place);
  if (!folder) return "nothing";
  CHECK(folder->id == known->id);
  std::string text = "folder";
  for (const FoundFolder::Entry& entry : folder->entries) text += " " + entry.name + "=" + std::to_string(entry.size);
  return text;
}

TEST_CASE("a file is the content itself, and has nothing inside") {
  const ManifestPtr one = test::known_file("one", "aaaa");
  CHECK(at(one, "") == "file 0");
  CHECK(at(one, "/") == "nothing");
  CHECK(at(one, "one") == "nothing");
}

TEST_CASE("in a folder there are files and folders, empty ones, too") {
  const ManifestPtr all = test::known_folder({{"a/b/1", "aaaabbbb"}, {"a/c", "dd"}, {"ab", "e"}}, {"a/empty", "none"});
  CHECK(at(all, "") == "folder a/=10 ab=1 none/=0");
  CHECK(at(all, "a/") == "folder b/=8 c=2 empty/=0");
  CHECK(at(all, "a") == at(all, "a/"));
  CHECK(at(all, "a/b/1") == "file 0");
  CHECK(at(all, "a/b/1/") == "nothing");
  CHECK(at(all, "ab") == "file 2");
  CHECK(at(all, "none/") == "folder");
  CHECK(at(all, "a/empty") == "folder");
  CHECK(at(all, "b") == "nothing");
  CHECK(at(all, "a/b/1/2") == "nothing");
}

}  // namespace
}  // namespace p2p
