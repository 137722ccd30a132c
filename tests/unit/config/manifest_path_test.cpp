// Which paths a manifest may have, each alone and all together.
#include "config/manifest_path.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "config/manifest.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/findings.hpp"

namespace p2p::config {
namespace {

std::string collision(std::vector<std::string_view> paths) {
  const std::string first = path_collision(paths).value_or("");
  // The order of the paths does not matter.
  std::ranges::reverse(paths);
  CHECK(path_collision(paths).has_value() == !first.empty());
  return first;
}

TEST_CASE("paths that stay inside the content are accepted", "[manifest]") {
  for (const char* path : {"a", ".a", "..a", "a..", "a/b/c", "a b", "a\\b", "C:", "a.part", "-o", "~", "\xc3\xbc",
                           "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xc2\xa0"}) {
    INFO(path);
    CHECK(path_fault(path) == "");
  }
  CHECK(path_fault(std::string(255, 'n') + "/" + std::string(255, 'n')) == "");
  std::string longest;
  for (int i = 0; i < 16; ++i) longest += std::string(255, 'n') + "/";
  longest.pop_back();
  CHECK(path_fault(longest + "/") == "has an empty part");
  CHECK(path_fault(longest) == "");
  CHECK(path_fault(longest + "/n") == "is longer than 4096 bytes");
}

TEST_CASE("paths that could lead out, be many things or be no name are refused", "[manifest]") {
  CHECK(path_fault("") == "is empty");
  CHECK(path_fault("/a") == "is absolute");
  CHECK(path_fault("/") == "is absolute");
  for (const char* path : {"a/", "a//b", "a///b"}) CHECK(path_fault(path) == "has an empty part");
  for (const char* path : {"..", "../a", "a/..", "a/../b"}) CHECK(path_fault(path) == "has the part ..");
  for (const char* path : {".", "./a", "a/.", "a/./b"}) CHECK(path_fault(path) == "has the part .");
  CHECK(path_fault(std::string(256, 'n')) == "has a part of more than 255 bytes");
  CHECK(path_fault("a/" + std::string(256, 'n') + "/b") == "has a part of more than 255 bytes");
  for (const std::string& path : {std::string("a\0b", 3), std::string("a\nb"), std::string("\x1b[2J"),
                                  std::string("a\x7f"), std::string("\xc2\x9b")})
    CHECK(path_fault(path) == "has a control character");
}

TEST_CASE("a path is in each folder above it", "[manifest]") {
  using Folders = std::vector<std::string_view>;
  CHECK(folders_of("a").empty());
  CHECK(folders_of("a/b") == Folders{"a"});
  CHECK(folders_of("a/bc/d") == Folders{"a", "a/bc"});
}

TEST_CASE("paths that are not UTF-8 are refused", "[manifest]") {
  // Lone and missing continuations, overlong forms, surrogates, beyond U+10FFFF, bytes that never occur.
  for (const char* path : {"\x80", "a\xbf", "\xc3", "\xc3(", "\xe2\x82", "\xf0\x9f\x98", "\xc0\xaf", "\xc1\x81",
                           "\xe0\x80\xaf", "\xe0\x9f\xbf", "\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
                           "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff"})
    CHECK(path_fault(path) == "is not UTF-8");
  for (const char* path : {"\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xe0\xa0\x80", "\xf0\x90\x80\x80"})
    CHECK(path_fault(path) == "");
}

TEST_CASE("paths that can be in one folder together are accepted", "[manifest]") {
  CHECK(collision({}) == "");
  CHECK(collision({"a"}) == "");
  CHECK(collision({"a", "b", "c/a", "c/b", "c.a", "c-a"}) == "");
  CHECK(collision({"ab", "a/b"}) == "");
  CHECK(collision({"A/x", "A/y", "b/x"}) == "");
  CHECK(collision({"\xc3\x84", "\xc3\xa4"}) == "");  // only the case of ASCII letters is looked at
}

TEST_CASE("paths that cannot be in one folder together are told", "[manifest]") {
  CHECK(collision({"a", "a"}) == "\"a\" is there twice");
  CHECK(collision({"a", "b", "a/b"}) == "\"a\" is also the folder of \"a/b\"");
  CHECK(collision({"a", "a-", "a.b", "a/b/c"}) == "\"a\" is also the folder of \"a/b/c\"");
  CHECK(collision({"Makefile", "makefile"}).find("differ only in case") != std::string::npos);
  CHECK(collision({"x/Dir/a", "x/dir/b"}).find("/Dir\" and \"x/dir\" differ only in case") != std::string::npos);
  CHECK(collision({"x/Dir/a", "x/b", "x/dir"}).find("differ only in case") != std::string::npos);
  CHECK(collision({"A", "a/b"}).find("differ only in case") != std::string::npos);
  CHECK(collision({"A/b", "m", "n/b", "a/C"}).find("\"A\" and \"a\" differ only in case") != std::string::npos);
}

TEST_CASE("a manifest's paths are checked, alone, in their order and together", "[manifest]") {
  const auto wrong = [](const std::string& folders, const std::vector<std::string>& files) {
    std::string text = R"({"peerProcess_manifest":1,"kind":"folder","piece_size":1,"piece_hash":"xxh3","folders":[)" +
                       folders + R"(],"files":[)";
    for (const std::string& path : files)
      text += (path == files.front() ? "" : ",") +
              (R"({"path":")" + path + R"(","size":1,"mode":"0644","pieces":["00000000000000000000000000000000"]})");
    return findings_of([&] { parse_manifest(text + "]}", "m"); });
  };
  CHECK(wrong("", {"a", "b"}) == "");
  CHECK(wrong("", {"a", "../b"}) == "m: /files/1/path \"../b\" has the part .., expected a path inside the content");
  CHECK(wrong("", {"a\\u0000b"}) ==
        "m: /files/0/path \"a\\x00b\" has a control character, expected a path inside the content");
  CHECK(wrong("", {"b", "a"}) == "m: /files/1/path \"a\" stands behind \"b\", expected paths in ascending order");
  CHECK(wrong("", {"z", "\xc3\xbc"}) == "");
  CHECK(wrong("\"/d\"", {"a"}) == "m: /folders/0 \"/d\" is absolute, expected a path inside the content");
  CHECK(wrong("\"d\",\"d\"", {"a"}) == "m: /folders/1 \"d\" is there twice");
  CHECK(wrong("\"a\"", {"a"}) == "m: \"a\" is there twice, expected paths that can be in one folder");
  CHECK(wrong("\"a\"", {"a/b"}) == "m: \"a\" is also the folder of \"a/b\", expected paths that can be in one folder");
  CHECK(wrong("", {"A", "a"}).starts_with("m: \"A\" and \"a\" differ only in case"));
}

}  // namespace
}  // namespace p2p::config
