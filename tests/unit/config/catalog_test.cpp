// Catalogs: what is accepted, what is refused and with which words.
#include "config/catalog.hpp"

#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/findings.hpp"

namespace p2p::config {
namespace {

const std::string kId = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

std::vector<CatalogEntry> parse(std::string_view text) { return parse_catalog(text, "c"); }

std::string wrong(std::string_view text) {
  return findings_of([&] { parse(text); });
}

std::string entry(const std::string& name, const std::string& size = "1", const std::string& id = kId) {
  return R"({"name":")" + name + R"(","size":)" + size + R"(,"content_id":")" + id + "\"}";
}

std::string catalog(const std::string& entries) { return R"({"peerProcess_catalog":1,"entries":[)" + entries + "]}"; }

TEST_CASE("who has a copy of what it got under the name says so", "[catalog]") {
  const CatalogEntry entry{.name = "a", .size = 1, .copy = true};
  const std::string text = catalog_text({entry});
  CHECK(text.find(R"(,"copy":true)") != std::string::npos);
  CHECK(parse_catalog(text, "x") == std::vector{entry});
  std::string wrong = text;
  wrong.replace(wrong.find("true"), 4, "1");
  CHECK_THROWS_AS(parse_catalog(wrong, "x"), ConfigError);
}

TEST_CASE("a catalog is read", "[catalog]") {
  const auto entries = parse(catalog(entry("a/b.bin", "9223372036854775807") + "," + entry("z")));
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].name == "a/b.bin");
  CHECK(entries[0].size == 0x7fffffffffffffff);
  CHECK(entries[1].content_id[1] == std::byte{0x11});
  CHECK(parse(catalog("")).empty());
}

TEST_CASE("a file in a catalog may have no bytes", "[catalog]") {
  CHECK(parse(catalog(entry("n", "0"))).front().size == 0);
  CHECK(wrong(catalog(entry("n", "-0"))) != "");
}

TEST_CASE("what is written is read as it was, and written so again", "[catalog]") {
  const auto entries = parse(catalog(entry("a \\\"quoted\\\" \\u00e9") + "," + entry("b", "77")));
  CHECK(parse(catalog_text(entries)) == entries);
  CHECK(catalog_text(parse(catalog_text(entries))) == catalog_text(entries));
  CHECK(parse(catalog_text({})).empty());
}

TEST_CASE("an entry of a small file may say its SHA-256", "[catalog]") {
  const auto with = [](const std::string& digest) {
    return catalog(R"({"name":"n","size":3,"sha256":")" + digest + R"(","content_id":")" + kId + "\"}," + entry("o"));
  };
  const auto entries = parse(with(std::string(62, '0') + "ff"));
  REQUIRE(entries.size() == 2);
  REQUIRE(entries[0].sha256);
  CHECK(entries[0].sha256->back() == std::byte{0xff});
  CHECK_FALSE(entries[1].sha256);
  CHECK(parse(catalog_text(entries)) == entries);
  CHECK(wrong(with("ff")) == "c: /entries/0/sha256 is \"ff\", expected 64 hexadecimal digits");
}

TEST_CASE("an entry may be of a part, and says so in writing where it is", "[catalog]") {
  const auto marked = [](const std::string& part) {
    return catalog(R"({"name":"n","size":3,"part":)" + part + R"(,"content_id":")" + kId + "\"}," + entry("o"));
  };
  const auto entries = parse(marked("true"));
  CHECK(entries[0].part);
  CHECK_FALSE(entries[1].part);
  CHECK(parse(catalog_text(entries)) == entries);
  CHECK_FALSE(parse(marked("false"))[0].part);
  CHECK(wrong(marked("1")) == "c: /entries/0/part is 1, expected true or false");
  CHECK(wrong(marked("\"true\"")) == "c: /entries/0/part is \"true\", expected true or false");
  CHECK(wrong(marked("true,\"part\":true")) == "c: /entries/0/part is there twice");
}

TEST_CASE("keys that a later version may have are passed over where they are plain", "[catalog]") {
  CHECK(parse(R"({"later":true,"peerProcess_catalog":1,"entries":[{"more":1.5,"name":"n","size":3,"content_id":")" +
              kId + R"("}],"x":null})")
            .size() == 1);
  CHECK(wrong(R"({"later":[],"peerProcess_catalog":1,"entries":[]})") ==
        "c: the catalog is a list, expected a plain value");
}

TEST_CASE("what is wrong with a catalog is said with its place", "[catalog]") {
  CHECK(wrong("") == "c:1:1: no JSON, expected a catalog");
  CHECK(wrong("{\n  x") == "c:2:3: no JSON, expected a catalog");
  CHECK(wrong("[]") == "c: the catalog is a list, expected an object");
  CHECK(wrong("{}") == "c: the catalog has no \"peerProcess_catalog\"");
  CHECK(wrong(R"({"peerProcess_catalog":1})") == "c: the catalog has no \"entries\"");
  CHECK(wrong(R"({"peerProcess_catalog":2,"entries":[]})") == "c: /peerProcess_catalog is 2, expected version 1");
  CHECK(wrong(R"({"peerProcess_catalog":1,"entries":7})") == "c: /entries is 7, expected a list of entries");
  CHECK(wrong(catalog("7")) == "c: /entries/0 is 7, expected an object");
  CHECK(wrong(catalog("[]")) == "c: /entries/0 is a list, expected an object");
  CHECK(wrong(catalog(entry("a") + "," + entry("a"))) ==
        "c: /entries/1 is \"a\" behind \"a\", expected names in ascending order");
  CHECK(wrong(catalog(entry("../x"))) == "c: /entries/0/name is \"../x\", which has the part ..");
  CHECK(wrong(catalog(entry("/x"))) == "c: /entries/0/name is \"/x\", which is absolute");
  CHECK(wrong(catalog(entry("n", "-1"))) == "c: /entries/0/size is -1, expected bytes from 0 to 9223372036854775807");
  CHECK(wrong(catalog(entry("n", "9223372036854775808"))) ==
        "c: /entries/0/size is 9223372036854775808, expected bytes from 0 to 9223372036854775807");
  CHECK(wrong(catalog(entry("n", "1", "00"))) == "c: /entries/0/content_id is \"00\", expected 64 hexadecimal digits");
  CHECK(wrong(catalog(R"({"name":"n","size":1})")) == "c: /entries/0 has no \"content_id\"");
  CHECK(wrong(catalog(R"({"name":"n","name":"m"})")) == "c: /entries/0/name is there twice");
  CHECK(wrong(catalog(R"({"name":{}})")) == "c: /entries/0/name is an object, expected a name");
}

TEST_CASE("a catalog that would be too large is cut, not torn", "[catalog]") {
  const std::string long_name(4000, 'x');
  std::vector<CatalogEntry> entries;
  for (int i = 0; i < 9000; ++i)
    entries.push_back({std::to_string(10'000 + i) + "/" + long_name.substr(0, 250), 1, {}});
  for (CatalogEntry& each : entries)
    for (int i = 0; i < 14; ++i) each.name += "/" + long_name.substr(0, 250);
  const std::string text = catalog_text(entries);
  CHECK(text.size() <= CatalogEntry::kMaxTextBytes);
  const auto read = parse(text);
  CHECK(read.size() < entries.size());
  CHECK(read.size() > 8000);
}

TEST_CASE("as much of a catalog is read as there is room for", "[catalog]") {
  std::vector<CatalogEntry> entries;
  for (int i = 0; i < 100; ++i) entries.push_back({std::to_string(100 + i), 1, {}});
  const std::string text = catalog_text(entries);
  const std::size_t each = memory_of(entries.front());
  const CatalogPart part = parse_catalog_part(text, "c", 10 * each + each / 2);
  CHECK_FALSE(part.whole);
  REQUIRE(part.entries.size() == 10);
  CHECK(part.entries.back() == entries[9]);
  const CatalogPart whole = parse_catalog_part(text, "c", 100 * each);
  CHECK(whole.whole);
  CHECK(whole.entries == entries);
  CHECK(parse_catalog_part(text, "c", 0).entries.empty());
}

}  // namespace
}  // namespace p2p::config
