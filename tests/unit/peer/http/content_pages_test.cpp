// The page of a folder is made once for all who ask for the same one.
#include "peer/http/content_pages.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/fake_content_host.hpp"

namespace p2p {
namespace {

FoundFolderPtr folder_with(const std::string& name) {
  return std::make_shared<const FoundFolder>(FoundFolder{.id = {}, .entries = {{.name = name, .size = 1}}});
}

TEST_CASE("whoever asks for the same folder in the same way gets the page that was made") {
  FolderPages pages;
  const AskedPath asked{.id = {}, .path = "f/"};
  const FoundFolderPtr folder = folder_with("one");
  const HttpText first = pages.reply(folder, asked, std::nullopt).text;
  CHECK(pages.reply(folder, asked, "text/html").text == first);
  SECTION("another format") {
    CHECK(pages.reply(folder, asked, "application/json").text->starts_with("{\"path\":\"f/\""));
  }
  SECTION("under another path") {
    CHECK(pages.reply(folder, {.id = {}, .path = "g/"}, std::nullopt).text->find("/g/") != std::string::npos);
    CHECK(pages.reply(folder, {.id = test::id_of('a'), .path = "f/"}, std::nullopt).text->find("/content/") !=
          std::string::npos);
  }
  SECTION("another folder, also where the first is gone") {
    CHECK(pages.reply(folder_with("two"), asked, std::nullopt).text->find("two") != std::string::npos);
    CHECK(pages.reply(folder_with("three"), asked, std::nullopt).text->find("three") != std::string::npos);
  }
}

}  // namespace
}  // namespace p2p
