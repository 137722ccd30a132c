// Requests that wait: for the host, for bytes, and for nobody any more. Other threads wake them whenever they like.
#include <atomic>
#include <deque>
#include <random>
#include <thread>

#include "peer/http/content_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_content_host.hpp"
#include "tests/support/http_client.hpp"

namespace p2p {
namespace {

using test::ask;
using test::FakeContentHost;
using test::HttpAnswer;
using test::HttpClient;

/// Until it is so. Only a fault makes this last.
template <class Is>
void await(Is&& is) {
  while (!is()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

std::string many_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  std::mt19937 random(7);
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST_CASE("bytes that come whenever they like, with wakes for nothing, come to whoever asked", "[http]") {
  constexpr std::size_t kSize = 1 << 20;
  const std::string bytes = many_bytes(kSize);
  FakeContentHost host;
  const ContentServer server(host, {.place = HttpPlace{}}, false);
  for (int round = 0; round < 5; ++round) {
    const auto source = host.add_file("x.bin", bytes);
    source->have(0);
    std::atomic<bool> over = false;
    std::thread giver([&] {
      std::mt19937 random(static_cast<unsigned>(round));
      for (std::size_t here = 0; here < kSize;) {
        if (random() % 2 == 0)
          source->have(here = std::min(kSize, here + random() % 50'000));
        else
          source->wake();
        if (random() % 8 == 0) std::this_thread::yield();
      }
    });
    std::thread waker([&] {
      while (!over) source->wake();
    });
    std::vector<std::thread> readers;
    std::atomic<int> right = 0;
    for (std::size_t i = 0; i < 8; ++i)
      readers.emplace_back([&, first = i * 100'000] {
        const HttpAnswer answer = ask(server.url(), "/x.bin", "Range: bytes=" + std::to_string(first) + "-\r\n");
        right += answer.code == "206" && answer.body == bytes.substr(first);
      });
    for (std::thread& reader : readers) reader.join();
    over = true;
    giver.join();
    waker.join();
    CHECK(right == 8);
    await([&] { return source->open_readers() == 0; });
  }
}

TEST_CASE("clients that go while they wait take their readers with them", "[http]") {
  FakeContentHost host;
  const ContentServer server(host, {.place = HttpPlace{}}, false);
  const auto source = host.add_file("x.bin", many_bytes(1 << 20));
  source->have(0);
  std::atomic<bool> over = false;
  std::thread waker([&] {
    while (!over) source->wake();
  });
  for (int round = 0; round < 20; ++round) {
    std::deque<HttpClient> clients;
    for (int i = 0; i < 20; ++i) {
      clients.emplace_back(server.url());
      clients.back().get("/x.bin");
    }
    if (round % 2 == 0) await([&] { return source->open_readers() == 20; });
  }
  over = true;
  waker.join();
  // Nobody wakes them any more: that they have gone is enough.
  await([&] { return source->open_readers() == 0; });
  std::deque<HttpClient> begun;
  source->have(1000);
  begun.emplace_back(server.url());
  begun.back().get("/x.bin");
  CHECK(begun.back().hear("\r\n\r\n").starts_with("HTTP/1.1 200"));
  CHECK(source->open_readers() == 1);
  begun.clear();
  await([&] { return source->open_readers() == 0; });
}

TEST_CASE("the host may answer late, in another thread, and when nobody listens any more", "[http]") {
  FakeContentHost host;
  std::optional<ContentServer> server(std::in_place, host, HttpOptions{.place = HttpPlace{}}, false);
  host.add_file("x.bin", "hello");
  host.hold();
  HttpClient patient(server->url());
  patient.get("/x.bin", "Connection: close\r\n");
  {
    HttpClient hasty(server->url());
    hasty.get("/x.bin");
    await([&] { return host.held() == 2; });
  }
  host.release();
  CHECK(HttpAnswer(patient.hear()).body == "hello");
  host.hold();
  HttpClient last(server->url());
  last.get("/x.bin", "Connection: close\r\n");
  await([&] { return host.held() == 1; });
  server.reset();
  const HttpAnswer answer(last.hear());
  CHECK(answer.code == "503");
  CHECK(answer.header("Retry-After"));
  host.release();
}

TEST_CASE("a node that ends holds no reader and waits for none", "[http]") {
  FakeContentHost host;
  std::optional<ContentServer> server(std::in_place, host, HttpOptions{.place = HttpPlace{}}, false);
  const auto source = host.add_file("x.bin", std::string(64 << 20, 'x'));
  HttpClient silent(server->url()), slow(server->url()), waiting(server->url());
  slow.get("/x.bin");
  slow.hear("\r\n\r\n");
  source->have(0);
  waiting.get("/x.bin");
  await([&] { return source->open_readers() == 2; });
  server.reset();
  CHECK(source->open_readers() == 0);
  CHECK(HttpAnswer(waiting.hear()).code == "503");
  CHECK(silent.hear().empty());
}

TEST_CASE("so many files are sent at a time, and one more when a client takes nothing, or has ended", "[http]") {
  FakeContentHost host;
  const ContentServer server(host, {.place = HttpPlace{}}, false);
  const auto source = host.add_file("x.bin", many_bytes(100));
  source->have(0);
  std::deque<HttpClient> clients;
  for (std::size_t i = 0; i < 256; ++i) {
    clients.emplace_back(server.url());
    clients.back().get("/x.bin");
  }
  await([&] { return source->open_readers() == 256; });
  // They wait for us, so none of them is in the way.
  const HttpAnswer refused = ask(server.url(), "/x.bin");
  CHECK(refused.code == "503");
  CHECK(refused.header("Retry-After") == "1");
  CHECK(ask(server.url(), "/x.bin", {}, "HEAD").code == "200");
  clients.pop_front();
  await([&] { return source->open_readers() == 255; });
  HttpClient next(server.url());
  next.get("/x.bin", "Connection: close\r\n");
  await([&] { return source->open_readers() == 256; });
  source->have(100);
  CHECK(HttpAnswer(next.hear()).code == "200");
}

TEST_CASE("clients that take nothing make room for one that does", "[http]") {
  FakeContentHost host;
  const ContentServer server(host, {.place = HttpPlace{}}, false);
  host.add_file("x.bin", std::string(32 << 20, 'x'));
  const auto small = host.add_file("y.bin", "hello", 'b');
  std::deque<HttpClient> clients;
  for (std::size_t i = 0; i < 256; ++i) {
    clients.emplace_back(server.url());
    clients.back().get("/x.bin");
    CHECK(clients.back().hear("\r\n\r\n").starts_with("HTTP/1.1 200"));
  }
  HttpAnswer answer("");
  await([&] { return (answer = ask(server.url(), "/y.bin")).code != "503"; });
  CHECK(answer.body == "hello");
}

}  // namespace
}  // namespace p2p
