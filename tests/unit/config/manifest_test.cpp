// Manifests: what is accepted, what is refused and with which words, and that the text is one for one value.
#include "config/manifest.hpp"

#include <string>

#include "config/hex.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/findings.hpp"

namespace p2p::config {
namespace {

const std::string kDigest = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

Manifest parse(std::string_view text) { return parse_manifest(text, "m"); }

std::string wrong(std::string_view text) {
  return findings_of([&] { parse(text); });
}

/// A file's JSON with so many digests.
std::string file(const std::string& path, const std::string& size, int digests, const std::string& mode = "0644") {
  std::string text = R"({"path":")" + path + R"(","size":)" + size + R"(,"mode":")" + mode + R"(","pieces":[)";
  for (int i = 0; i < digests; ++i) text += (i > 0 ? ",\"" : "\"") + kDigest + "\"";
  return text + "]}";
}

/// A folder of pieces of 4 bytes; `more` are further keys, each with a comma behind it.
std::string folder(const std::string& files, const std::string& more = "") {
  return R"({"peerProcess_manifest":1,"kind":"folder","piece_size":4,"piece_hash":"sha256",)" + more + "\"files\":[" +
         files + "]}";
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

TEST_CASE("a folder's manifest is read", "[manifest]") {
  const Manifest manifest =
      parse(folder(file("a/b.bin", "9", 3, "0755") + "," + file("empty", "0", 0) + "," + file("z", "4", 1, "0000"),
                   R"("folders":["hollow","x/y"],)"));
  CHECK(manifest.folder);
  CHECK(manifest.piece_size == 4);
  CHECK(manifest.piece_hash == PieceHash::sha256);
  CHECK((manifest.files == std::vector<ManifestFile>{{"a/b.bin", 9, 0755}, {"empty", 0, 0644}, {"z", 4, 0}}));
  CHECK(manifest.folders == std::vector<std::string>{"hollow", "x/y"});
  CHECK(manifest.piece_count() == 4);
  CHECK(manifest.total_size() == 13);
  CHECK(manifest.digest(3).size() == 32);
  CHECK(to_hex(manifest.digest(3)) == kDigest);
}

TEST_CASE("one file's manifest is read, with the other hash", "[manifest]") {
  const Manifest manifest =
      parse(R"({"peerProcess_manifest":1,"kind":"file","piece_size":67108864,"piece_hash":"xxh3","files":[)"
            R"({"path":"f","size":1,"mode":"0777","pieces":["00112233445566778899AABBCCDDEEFF"]}]})");
  CHECK_FALSE(manifest.folder);
  CHECK(manifest.piece_hash == PieceHash::xxh3);
  CHECK(manifest.piece_count() == 1);
  CHECK(to_hex(manifest.digest(0)) == kDigest.substr(0, 32));
}

TEST_CASE("keys come in any order, and unknown ones are ignored whatever they hold", "[manifest]") {
  const Manifest plain = parse(folder(file("a", "1", 1)));
  CHECK(parse(R"({"files":[)" + file("a", "1", 1) +
              R"(],"piece_hash":"sha256","piece_size":4,"kind":"folder","peerProcess_manifest":1})") == plain);
  CHECK(parse(folder(replaced(file("a", "1", 1), "{", R"({"x":[{"path":5}],"y":null,)"),
                     R"("later":{"files":[[1.5,-1],{"kind":true}]},)")) == plain);
}

TEST_CASE("equal manifests have equal texts, which say just them", "[manifest]") {
  const Manifest manifest =
      parse(folder(file("a", "9", 3) + "," + file("\\u00fc \\\"q\\\"", "0", 0, "0750"), R"("folders":["b\\c"],)"));
  const std::string text = manifest_text(manifest);
  CHECK(parse(text) == manifest);
  CHECK(manifest_text(parse(text)) == text);
  CHECK(text ==
        "{\n  \"peerProcess_manifest\": 1,\n  \"kind\": \"folder\",\n  \"piece_size\": 4,\n  \"piece_hash\": "
        "\"sha256\",\n"
        "  \"folders\": [\n    \"b\\\\c\"\n  ],\n  \"files\": [\n"
        "    {\"path\": \"a\", \"size\": 9, \"mode\": \"0644\", \"pieces\": [\"" +
            kDigest + "\", \"" + kDigest + "\", \"" + kDigest +
            "\"]},\n"
            "    {\"path\": \"\xc3\xbc \\\"q\\\"\", \"size\": 0, \"mode\": \"0750\", \"pieces\": []}\n  ]\n}\n");
}

TEST_CASE("text that is no JSON is shown with its place", "[manifest]") {
  CHECK(wrong("") == "m:1:1: no text, expected a manifest in JSON");
  CHECK(wrong(" \n\t\r\n") == "m:1:1: no text, expected a manifest in JSON");
  CHECK(wrong("{\n  \"kind\": }") == "m:2:11: unexpected \"}\", expected JSON");
  CHECK(wrong("{\n  \"kind\": ") == "m:2:11: the text ends here, expected more JSON");
  CHECK(wrong(folder(file("a", "1", 1)) + "\n{}") == "m:2:1: unexpected \"{\", expected JSON");
  CHECK(wrong(std::string("{}\0", 3)) == "m:1:3: a zero byte, expected JSON");
  CHECK(wrong("{\"kind\":\"\xff\"}").starts_with("m:1:10: unexpected \""));
  CHECK(wrong("{\"later\": true false}") == "m:1:16: unexpected \"false\", expected JSON");
  CHECK(wrong("{\"kind\": \"file\" \"mode\"}") == "m:1:22: an unexpected string ends here");
  CHECK(wrong("{\"kind\":1e999}") == "m:1:9: \"1e999\" is too large a number");
  const std::string long_token = wrong("{\"kind\":\"" + std::string(100'000, 'x'));
  CHECK(long_token == "m:1:100010: the text ends here, expected more JSON");
  CHECK(wrong("{" + std::string(100'000, 'x')).size() < 100);
  CHECK(wrong("{\"kind\":\"file\" \"" + std::string(100'000, 'x') + "\"}").size() < 150);
}

TEST_CASE("lists without end do not exhaust the stack", "[manifest]") {
  const std::string deep(3'000'000, '[');
  CHECK(wrong(deep) == "m: the manifest is a list, expected an object");
  CHECK(wrong("{\"later\":" + deep) == "m: the manifest has an unknown key whose value is nested deeper than 64");
  CHECK(wrong(folder(file("a", "1", 1), "\"later\":" + std::string(64, '[') + std::string(64, ']') + ",")) == "");
}

TEST_CASE("a value of the wrong kind is shown with its pointer and what was expected", "[manifest]") {
  const std::string good = folder(file("a", "1", 1));
  CHECK(wrong("[]") == "m: the manifest is a list, expected an object");
  CHECK(wrong(replaced(good, "manifest\":1", "manifest\":2")) == "m: /peerProcess_manifest is 2, expected version 1");
  CHECK(wrong(replaced(good, "manifest\":1", "manifest\":\"1\"")) ==
        "m: /peerProcess_manifest is \"1\", expected version 1");
  CHECK(wrong(replaced(good, "\"folder\"", "\"tree\"")) == "m: /kind is \"tree\", expected \"file\" or \"folder\"");
  CHECK(wrong(replaced(good, "\"sha256\"", "\"md5\"")) == "m: /piece_hash is \"md5\", expected \"sha256\" or \"xxh3\"");
  CHECK(wrong(replaced(good, "size\":4", "size\":0")) == "m: /piece_size is 0, expected bytes from 1 to 67108864");
  CHECK(wrong(replaced(good, "size\":4", "size\":67108865")) ==
        "m: /piece_size is 67108865, expected bytes from 1 to 67108864");
  CHECK(wrong(replaced(good, "size\":4", "size\":4.0")) == "m: /piece_size is 4.0, expected bytes from 1 to 67108864");
  CHECK(wrong(replaced(good, "size\":1", "size\":-1")) ==
        "m: /files/0/size is -1, expected bytes from 0 to 9223372036854775807");
  CHECK(wrong(replaced(good, "size\":1", "size\":18446744073709551616")) ==
        "m: /files/0/size is 18446744073709551616, expected bytes from 0 to 9223372036854775807");
  CHECK(wrong(replaced(good, "\"0644\"", "null")) ==
        "m: /files/0/mode is null, expected permission bits from \"0000\" to \"0777\"");
  for (const char* mode : {"644", "1644", "0844", "06440", ""})
    CHECK(wrong(replaced(good, "0644", mode)).starts_with("m: /files/0/mode is \""));
  CHECK(wrong(folder("5")) == "m: /files/0 is 5, expected an object that describes a file");
  CHECK(wrong(folder(file("a", "1", 1) + ",\"b\"")) ==
        "m: /files/1 is \"b\", expected an object that describes a file");
  CHECK(wrong(folder("", "\"folders\":[[]],")) == "m: /folders/0 is a list, expected a path");
  CHECK(wrong(folder("", "\"folders\":{},")) == "m: /folders is an object, expected a list of paths");
}

TEST_CASE("a key that is missing or there twice is shown", "[manifest]") {
  const std::string good = folder(file("a", "1", 1));
  CHECK(wrong("{}") == "m: the manifest has no \"peerProcess_manifest\"");
  for (const char* key : {"peerProcess_manifest", "kind", "piece_size", "piece_hash", "files"})
    CHECK(wrong(replaced(good, key, "unknown")) == std::string("m: the manifest has no \"") + key + "\"");
  for (const char* key : {"path", "size", "mode", "pieces"})
    CHECK(wrong(folder(replaced(file("a", "1", 1), "\"" + std::string(key), "\"unknown"))) ==
          std::string("m: /files/0 has no \"") + key + "\"");
  CHECK(wrong(replaced(good, "{", "{\"kind\":\"folder\",")) == "m: /kind is there twice");
  CHECK(wrong(folder(replaced(file("a", "1", 1), "{", "{\"size\":1,"))) == "m: /files/0/size is there twice");
}

TEST_CASE("digests must be as many as pieces, and of the hash's length", "[manifest]") {
  CHECK(wrong(folder(file("a", "4", 0))) == "m: /files/0/pieces has 0 digests, expected 1");
  CHECK(wrong(folder(file("a", "4", 1) + "," + file("b", "5", 3))) == "m: /files/1/pieces has 3 digests, expected 2");
  CHECK(wrong(folder(file("a", "0", 1) + "," + file("b", "1", 1))) == "m: /files/0/pieces has 1 digests, expected 0");
  CHECK(wrong(folder(file("a", "4", 1) + "," + file("b", "9223372036854775807", 1)))
            .find("makes the content larger than") != std::string::npos);
  const std::string two = folder(file("a", "8", 2));
  CHECK(wrong(replaced(two, kDigest, kDigest + "0")).find("/files/0/pieces/0 is \"") != std::string::npos);
  CHECK(wrong(replaced(two, "ff\"]", "f\"]")).find("/files/0/pieces/1 is \"") != std::string::npos);
  CHECK(wrong(replaced(two, "ff\"]", "fg\"]")).find("expected a digest of 64 hexadecimal digits") != std::string::npos);
  CHECK(wrong(replaced(two, "\"" + kDigest + "\"]", "7]")) ==
        "m: /files/0/pieces/1 is 7, expected a digest in hexadecimal");
  CHECK(wrong(replaced(two, "sha256", "xxh3")) ==
        "m: /files has digests of 64 hexadecimal digits, expected 32 for xxh3");
}

TEST_CASE("one empty file is a content without pieces", "[manifest]") {
  const auto one = [](const std::string& files) { return replaced(folder(files), "\"folder\"", "\"file\""); };
  const Manifest empty = parse_manifest(one(file("a", "0", 0)), "m");
  CHECK_FALSE(empty.has_bytes());
  CHECK(empty.piece_count() == 0);
  CHECK(empty.total_size() == 0);
  CHECK(parse_manifest(manifest_text(empty), "m") == empty);
  CHECK(wrong(one(file("a", "0", 1))) == "m: /files/0/pieces has 1 digests, expected 0");
  CHECK(wrong(one(file("a", "1", 0))) == "m: /files/0/pieces has 0 digests, expected 1");
  CHECK(wrong(one("")) == "m: /kind is \"file\", expected exactly one file and no folders");
}

TEST_CASE("a folder of no bytes is refused", "[manifest]") {
  CHECK(wrong(folder("")) == "m: /files has no bytes, expected at least one");
  CHECK(wrong(folder(file("a", "0", 0))) == "m: /files has no bytes, expected at least one");
}

TEST_CASE("a content of one file has one file with a name that can be a file's", "[manifest]") {
  const auto one = [](const std::string& files, const std::string& more = "") {
    return replaced(folder(files, more), "\"folder\"", "\"file\"");
  };
  CHECK(wrong(one(file("a", "1", 1))) == "");
  CHECK(wrong(one(file("a", "1", 1) + "," + file("b", "1", 1))) ==
        "m: /kind is \"file\", expected exactly one file and no folders");
  CHECK(wrong(one(file("a", "1", 1), "\"folders\":[\"b\"],")) ==
        "m: /kind is \"file\", expected exactly one file and no folders");
  CHECK(wrong(one(file("a/b", "1", 1))) == "m: /files/0/path \"a/b\" is in a folder, expected the name of a file");
  CHECK(wrong(one(file("a.part", "1", 1))).find("ends with .part") != std::string::npos);
  CHECK(wrong(one(file(std::string(256, 'n'), "1", 1))).find("has a part of more than 255 bytes") != std::string::npos);
  CHECK(wrong(folder(file("a.part", "1", 1))) == "");
}

TEST_CASE("text larger than a manifest may be is not looked at", "[manifest]") {
  CHECK(wrong(std::string(Manifest::kMaxTextBytes + 1, ' ')) ==
        "m: 268435457 bytes, expected a manifest of at most 268435456");
}

TEST_CASE("hexadecimal digits are two a byte", "[manifest]") {
  std::array<std::byte, 2> bytes{};
  CHECK(from_hex("0aF1", bytes));
  CHECK(to_hex(bytes) == "0af1");
  for (const char* digits : {"", "0aF", "0aF10", "0ag1", " aF1", "0x11"}) CHECK_FALSE(from_hex(digits, bytes));
}

}  // namespace
}  // namespace p2p::config
