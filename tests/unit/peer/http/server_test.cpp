// The server as strangers use it who mean no good.
#include "peer/http/server.hpp"

#include <microhttpd.h>

#include <atomic>
#include <deque>
#include <thread>

#include "peer/http/replies.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/http_client.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::ask;
using test::HttpAnswer;
using test::HttpClient;

/// Says hello, or, by /endless, never ends.
class Site : public HttpSite {
 public:
  std::variant<HttpReply, std::unique_ptr<HttpTask>> answer(const HttpRequest& request) override {
    if (request.path() == "/bad") throw std::runtime_error("a site that fails");
    HttpReply reply = plain_reply(MHD_HTTP_OK, "hello");
    if (request.path() != "/endless") return reply;
    reply.text = nullptr;
    reply.body = std::make_unique<Endless>(endless);
    return reply;
  }

  std::atomic<int> endless = 0;  ///< Bodies that are being sent.

 private:
  class Endless : public HttpBody {
   public:
    explicit Endless(std::atomic<int>& count) : count_(count) { ++count_; }
    ~Endless() override { --count_; }

    Got read(std::span<char> out) override {
      std::ranges::fill(out, 'x');
      return {.state = State::some, .bytes = out.size()};
    }

   private:
    std::atomic<int>& count_;
  };
};

struct Place {
  explicit Place(unsigned connections = 100, Duration idle = 300s, unsigned silence_s = 300)
      : server(site, {.place = {},
                      .what = "hello",
                      .connections = connections,
                      .idle = idle,
                      .silence_s = silence_s,
                      .request_bytes = 16 << 10,
                      .block_bytes = 64 << 10}) {
    server.start();
  }

  Site site{};
  HttpServer server;
};

TEST_CASE("a request that trickles in is not waited for, and a connection that says nothing is closed", "[http]") {
  Place place(100, 200ms);
  HttpClient silent(place.server.url()), trickling(place.server.url()), lingering(place.server.url());
  lingering.get("/");
  lingering.hear("hello\n");
  trickling.say("GET / HTTP/1.1\r\nHost: localhost\r\n");
  while (!trickling.is_ended(20)) trickling.say("a:\r\n");
  CHECK(silent.hear().empty());
  CHECK(lingering.hear().empty());
  CHECK(ask(place.server.url(), "/").body == "hello\n");
}

TEST_CASE("a client that takes nothing is gone after a while", "[http]") {
  Place place(100, 300s, 1);
  HttpClient client(place.server.url());
  client.get("/endless");
  CHECK(client.hear("\r\n\r\n").starts_with("HTTP/1.1 200"));
  while (place.site.endless > 0) std::this_thread::sleep_for(1ms);
  client.hear();  // to its end
}

TEST_CASE("connections that are idle make room for one that asks", "[http]") {
  Place place(8);
  std::deque<HttpClient> idle;
  for (int i = 0; i < 40; ++i) idle.emplace_back(place.server.url());
  for (int i = 0; i < 5; ++i) CHECK(ask(place.server.url(), "/").body == "hello\n");
  CHECK(idle.front().hear().empty());
}

TEST_CASE("a site that fails ends the connection, and nothing else", "[http]") {
  Place place;
  CHECK(ask(place.server.url(), "/bad").body.empty());
  CHECK(ask(place.server.url(), "/").body == "hello\n");
}

}  // namespace
}  // namespace p2p
