// Contents as clients see them, over a socket.
#include "peer/http/content_server.hpp"

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/fake_content_host.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/secret_files.hpp"

namespace p2p {
namespace {

using test::ask;
using test::FakeContentHost;
using test::HttpAnswer;
using test::HttpClient;

/// A server at the loopback.
struct Place {
  FakeContentHost host{};
  ContentServer server{host, {.place = HttpPlace{}}, false};

  HttpAnswer get(const std::string& path, const std::string& headers = {}, const std::string& method = "GET") const {
    return ask(server.url(), path, headers, method);
  }
};

const std::string kEtag = '"' + FakeContentHost::by_id(test::id_of('a')).substr(8) + '"';

TEST_CASE("a file is sent with all that is to be said of it", "[http]") {
  Place place;
  place.host.add_file("sub/greeting.txt", "hello, world");
  const HttpAnswer answer = place.get("/sub/greeting.txt");
  CHECK(answer.code == "200");
  CHECK(answer.body == "hello, world");
  CHECK(answer.header("Content-Length") == "12");
  CHECK(answer.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(answer.header("ETag") == kEtag);
  CHECK(answer.header("Accept-Ranges") == "bytes");
  CHECK(answer.header("Cache-Control") == "public, no-cache");
  CHECK(answer.header("X-Content-Type-Options") == "nosniff");
  CHECK(answer.header("Content-Security-Policy") == "sandbox allow-same-origin");
  CHECK(answer.header("Content-Disposition") == "inline; filename=\"greeting.txt\"");
}

TEST_CASE("by its id a file stays for ever", "[http]") {
  Place place;
  place.host.add_file("x.bin", "hello");
  const HttpAnswer answer = place.get('/' + FakeContentHost::by_id(test::id_of('a')));
  CHECK(answer.code == "200");
  CHECK(answer.header("Cache-Control") == "public, max-age=31536000, immutable");
}

TEST_CASE("HEAD says what GET would, and opens no reader", "[http]") {
  Place place;
  const auto source = place.host.add_file("x.bin", std::string(1 << 20, 'x'));
  source->have(0);
  const HttpAnswer answer = place.get("/x.bin", {}, "HEAD");
  CHECK(answer.code == "200");
  CHECK(answer.header("Content-Length") == "1048576");
  CHECK(answer.body.empty());
  CHECK(source->opened() == 0);
}

TEST_CASE("an empty file is sent", "[http]") {
  Place place;
  place.host.add_file("x.bin", "");
  const HttpAnswer answer = place.get("/x.bin");
  CHECK(answer.code == "200");
  CHECK(answer.header("Content-Length") == "0");
  CHECK(place.get("/x.bin", "Range: bytes=0-\r\n").code == "416");
}

TEST_CASE("one range is 206, and one behind the end 416", "[http]") {
  Place place;
  place.host.add_file("x.bin", "0123456789");
  const HttpAnswer answer = place.get("/x.bin", "Range: bytes=3-5\r\n");
  CHECK(answer.code == "206");
  CHECK(answer.body == "345");
  CHECK(answer.header("Content-Range") == "bytes 3-5/10");
  CHECK(answer.header("Content-Length") == "3");
  CHECK(place.get("/x.bin", "Range: bytes=-2\r\n").body == "89");
  CHECK(place.get("/x.bin", "Range: bytes=8-\r\n").body == "89");
  const HttpAnswer none = place.get("/x.bin", "Range: bytes=10-\r\n");
  CHECK(none.code == "416");
  CHECK(none.header("Content-Range") == "bytes */10");
  CHECK(place.get("/x.bin", "Range: bytes=5-3\r\n").code == "200");
}

TEST_CASE("bytes are sent as they come, and nothing is said before the first", "[http]") {
  Place place;
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * i >> 3);
  const auto source = place.host.add_file("x.bin", bytes);
  source->have(0);
  HttpClient client(place.server.url());
  client.get("/x.bin", "Connection: close\r\n");
  while (source->opened() == 0) usleep(1000);
  CHECK_FALSE(client.is_ended(50));
  source->have(1);
  std::string text = client.hear("\r\n\r\n");
  source->have(150'000);
  source->have(bytes.size());
  text += client.hear();
  CHECK(HttpAnswer(text).body == bytes);
  CHECK(source->open_readers() == 0);
}

TEST_CASE("what cannot be had is said before the first byte, and later the connection ends", "[http]") {
  Place place;
  const auto source = place.host.add_file("x.bin", "0123456789");
  source->have(0);
  source->lose("nobody has piece 0");
  const HttpAnswer answer = place.get("/x.bin");
  CHECK(answer.code == "504");
  CHECK(answer.body == "nobody has piece 0\n");
  source->have(4);
  const HttpAnswer torn = place.get("/x.bin");
  CHECK(torn.code == "200");
  CHECK(torn.header("Content-Length") == "10");
  CHECK(torn.body == "0123");
}

TEST_CASE("several ranges are the parts of one body, whose length is known", "[http]") {
  Place place;
  place.host.add_file("x.txt", "0123456789");
  const HttpAnswer answer = place.get("/x.txt", "Range: bytes=0-1,5-5,-2\r\n");
  CHECK(answer.code == "206");
  const std::string type = answer.header("Content-Type").value_or("");
  REQUIRE(type.starts_with("multipart/byteranges; boundary="));
  const std::string line = "--" + type.substr(type.find('=') + 1);
  const std::string head = "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ";
  CHECK(answer.body == line + head + "0-1/10\r\n\r\n01\r\n" + line + head + "5-5/10\r\n\r\n5\r\n" + line + head +
                           "8-9/10\r\n\r\n89\r\n" + line + "--\r\n");
  CHECK(answer.header("Content-Length") == std::to_string(answer.body.size()));
  CHECK_FALSE(answer.header("Content-Range"));
  const HttpAnswer meeting = place.get("/x.txt", "Range: bytes=0-5,5-9\r\n");
  CHECK(meeting.code == "200");
  CHECK(meeting.body == "0123456789");
  CHECK(meeting.header("X-Range-Ignored") == "ranges that meet");
}

TEST_CASE("conditions are held against the content's id", "[http]") {
  Place place;
  const auto source = place.host.add_file("x.bin", "0123456789");
  const HttpAnswer same = place.get("/x.bin", "If-None-Match: \"x\", " + kEtag + "\r\n");
  CHECK(same.code == "304");
  CHECK(same.header("ETag") == kEtag);
  CHECK(same.body.empty());
  CHECK(place.get("/x.bin", "If-None-Match: *\r\n", "HEAD").code == "304");
  CHECK(place.get("/x.bin", "If-None-Match: \"x\"\r\nIf-None-Match: " + kEtag + "\r\n").code == "304");
  CHECK(place.get("/x.bin", "If-Match: \"x\"\r\n").code == "412");
  CHECK(source->opened() == 0);
  CHECK(place.get("/x.bin", "If-Match: " + kEtag + "\r\n").code == "200");
  CHECK(place.get("/x.bin", "If-None-Match: \"x\"\r\n").code == "200");
  CHECK(place.get("/x.bin", "Range: bytes=5-\r\nIf-Range: " + kEtag + "\r\n").body == "56789");
  CHECK(place.get("/x.bin", "Range: bytes=5-\r\nIf-Range: \"x\"\r\n").code == "200");
  CHECK(place.get("/x.bin", "Range: bytes=5-\r\nIf-Range: W/" + kEtag + "\r\n").code == "200");
  const HttpAnswer head = place.get("/x.bin", "Range: bytes=5-\r\n", "HEAD");
  CHECK(head.code == "200");
  CHECK(head.header("Content-Length") == "10");
}

TEST_CASE("a file is kept under its name where that is wanted, and a query means nothing else", "[http]") {
  Place place;
  place.host.add_file("é.html", "hello");
  const HttpAnswer kept = place.get("/%C3%A9.html?download");
  CHECK(kept.header("Content-Disposition") == "attachment; filename=\"__.html\"; filename*=UTF-8''%C3%A9.html");
  CHECK(kept.header("Content-Security-Policy") == "sandbox allow-same-origin");
  CHECK(place.get("/%C3%A9.html?download=1").header("Content-Disposition")->starts_with("attachment"));
  CHECK(place.get("/%C3%A9.html?x=%2e%2e/").header("Content-Disposition")->starts_with("inline"));
}

/// A folder with a name that would be markup, if it were not text.
FoundFolder folder_of_all_sorts() {
  return {.id = std::nullopt,
          .entries = {{.name = "a b&c.whl", .size = 7, .id = test::id_of('a')},
                      {.name = "sub/", .size = 12},
                      {.name = "two.txt", .size = 3, .contents = 2},
                      {.name = "x\"><script>alert('1')</script>:y", .size = 1, .id = test::id_of('b')}}};
}

TEST_CASE("a folder is a page of links for people, and names are text in it", "[http]") {
  Place place;
  place.host.add("f/", folder_of_all_sorts());
  const HttpAnswer page = place.get("/f/", "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n");
  CHECK(page.code == "200");
  CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.header("Vary") == "Accept");
  CHECK(page.header("Content-Security-Policy")->starts_with("default-src 'none'"));
  CHECK(page.body.find("<a href=\"a%20b%26c.whl\">a b&amp;c.whl</a>") != std::string::npos);
  CHECK(page.body.find("<a href=\"sub/\">sub/</a>") != std::string::npos);
  CHECK(page.body.find("<a href=\"../\">") != std::string::npos);
  CHECK(page.body.find("2 contents have this name") != std::string::npos);
  CHECK(page.body.find("<script>") == std::string::npos);
  CHECK(
      page.body.find("<a href=\"x%22%3E%3Cscript%3Ealert%28%271%27%29%3C/script%3E%3Ay\">x&quot;&gt;&lt;script&gt;") !=
      std::string::npos);
  CHECK(place.get("/f/", {}, "HEAD").header("Content-Length") == std::to_string(place.get("/f/").body.size()));
}

TEST_CASE("a folder is JSON for programs that say so", "[http]") {
  Place place;
  place.host.add("f/", folder_of_all_sorts());
  const HttpAnswer list = place.get("/f/", "Accept: application/json\r\n");
  CHECK(list.header("Content-Type") == "application/json");
  const auto json = nlohmann::json::parse(list.body);
  CHECK(json["path"] == "f/");
  CHECK(json["entries"][0]["name"] == "a b&c.whl");
  CHECK(json["entries"][0]["size"] == 7);
  CHECK(json["entries"][0]["id"] == FakeContentHost::by_id(test::id_of('a')).substr(8));
  CHECK(json["entries"][1]["id"].is_null());
  CHECK(json["entries"][2]["contents"] == 2);
}

TEST_CASE("a folder's path ends with a slash, and a file's does not", "[http]") {
  Place place;
  place.host.add("a:b", FoundFolder{});
  place.host.add("f/a:b", FoundFolder{});
  place.host.add_file("x.bin", "hello");
  CHECK(place.get("/a:b").code == "302");
  CHECK(place.get("/a:b").header("Location") == "./a:b/");
  CHECK(place.get("/f/a%3Ab").header("Location") == "./a%3Ab/");
  CHECK(place.get('/' + FakeContentHost::by_id(test::id_of('a')) + '/').code == "404");
}

TEST_CASE("a name of several contents is a conflict, in which all of them are named", "[http]") {
  Place place;
  place.host.add("x", FoundSeveral{{{test::id_of('a'), 10, 3}, {test::id_of('b'), 20, 1}}});
  const std::string one = '/' + FakeContentHost::by_id(test::id_of('a')),
                    other = '/' + FakeContentHost::by_id(test::id_of('b'));
  const HttpAnswer text = place.get("/x", "Accept: */*\r\n");
  CHECK(text.code == "409");
  CHECK(text.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(text.body.find(one + "  10 bytes, 3 holders\n") != std::string::npos);
  CHECK(text.body.find(other + "  20 bytes, 1 holders\n") != std::string::npos);
  CHECK(place.get("/x", "Accept: text/html\r\n").body.find("<a href=\"" + other + "\">") != std::string::npos);
  const auto json = nlohmann::json::parse(place.get("/x", "Accept: application/json\r\n").body);
  CHECK(json["contents"][1]["url"] == other);
  CHECK(json["contents"][0]["holders"] == 3);
}

TEST_CASE("what is not there, and what cannot be had, is said with why", "[http]") {
  Place place;
  place.host.add("gone", FoundUnreachable{"no holder is left"});
  CHECK(place.get("/x").code == "404");
  CHECK(place.get("/x").body == "nobody has x\n");
  CHECK(place.get("/gone").code == "504");
  CHECK(place.get("/gone").body == "no holder is left\n");
  CHECK(place.get("/a%2Fb").code == "400");
  CHECK(place.get("/../etc/passwd").code == "400");
  CHECK(place.get("/a/./b").code == "400");
  CHECK(place.get("http://localhost/x").code == "400");
}

TEST_CASE("contents can only be read", "[http]") {
  Place place;
  const auto source = place.host.add_file("x.bin", "hello");
  for (const char* const method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"}) {
    const HttpAnswer answer = place.get("/x.bin", "Content-Length: 0\r\n", method);
    CHECK(answer.code == "405");
    CHECK(answer.header("Allow") == "GET, HEAD");
  }
  CHECK(place.get("/x.bin", "Content-Length: 9\r\n").code == "400");
  CHECK(place.get("/x.bin", "Transfer-Encoding: chunked\r\n").code == "400");
  CHECK(source->opened() == 0);
}

TEST_CASE("headers of more than 16 KiB are refused", "[http]") {
  Place place;
  place.host.add_file("x.bin", "hello");
  CHECK(place.get("/x.bin", "X: " + std::string(15'000, 'x') + "\r\n").code == "200");
  CHECK(place.get("/x.bin", "X: " + std::string(17'000, 'x') + "\r\n").code != "200");
  CHECK(place.get("/x.bin", "X: " + std::string(1 << 20, 'x') + "\r\n").code != "200");
  std::string many;
  for (int i = 0; i < 4000; ++i) many += "a:\r\n";
  CHECK(place.get("/x.bin", many).code != "200");
  CHECK(place.get('/' + std::string(17'000, 'x')).code != "200");
  CHECK(place.get("/x.bin").code == "200");
}

}  // namespace
}  // namespace p2p
