// Contents as clients see them, over a socket.
#include "peer/http/content_server.hpp"

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

}  // namespace
}  // namespace p2p
