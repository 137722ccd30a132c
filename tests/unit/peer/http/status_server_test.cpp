// The server as its readers see it, over a socket.
#include "peer/http/status_server.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/secret_files.hpp"

namespace p2p {
namespace {

/// A board with a network thread that answers, or does not.
class Office {
 public:
  explicit Office(bool answers = true) : answers_(answers), thread_([this] { work(); }) {}
  ~Office() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Office(const Office&) = delete;
  Office& operator=(const Office&) = delete;

  void stand_still() {
    const std::lock_guard lock(mutex_);
    answers_ = false;
  }

  StatusBoard board{{.peer = 7, .mode = "classic"},
                    [this](std::function<void()> call) {
                      const std::lock_guard lock(mutex_);
                      calls_.push_back(std::move(call));
                      changed_.notify_all();
                    },
                    std::nullopt};

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (!over_) {
      changed_.wait(lock, [this] { return over_ || (answers_ && !calls_.empty()); });
      if (over_) return;
      const auto call = std::move(calls_.front());
      calls_.pop_front();
      lock.unlock();
      call();
      lock.lock();
    }
  }

  bool answers_;
  bool over_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> calls_;
  std::thread thread_;
};

struct Reader : test::HttpClient {
  explicit Reader(const StatusServer& server) : HttpClient(server.url()) {}
};

std::string ask(const StatusServer& server, const std::string& path, const std::string& headers = "Host: localhost\r\n",
                const std::string& method = "GET") {
  Reader reader(server);
  reader.say(method + " " + path + " HTTP/1.1\r\n" + headers + "Connection: close\r\n\r\n");
  return reader.hear();
}

std::string code_of(const std::string& response) { return response.substr(0, 12); }

SecretText secret(std::string_view text) {
  SecretText token(text.size());
  std::ranges::copy(text, token.characters().begin());
  return token;
}

TEST_CASE("each path gives what it is to give", "[http]") {
  Office office;
  office.board.set_source([](Status& status) { status.state.ready = true; });
  office.board.publish();
  const StatusServer server(office.board, {}, std::nullopt);
  const std::string status = ask(server, "/status.json");
  CHECK(code_of(status) == "HTTP/1.1 200");
  CHECK(nlohmann::json::parse(status.substr(status.find("\r\n\r\n") + 4))["peer"]["id"] == 7);
  for (const char* const header :
       {"Content-Type: application/json\r\n", "Cache-Control: no-store\r\n", "X-Content-Type-Options: nosniff\r\n",
        "Content-Security-Policy: default-src 'none'"})
    CHECK(status.find(header) != std::string::npos);
  CHECK(ask(server, "/metrics").find("text/plain; version=0.0.4") != std::string::npos);
  CHECK(ask(server, "/healthz").ends_with("\r\n\r\nok\n"));
  CHECK(ask(server, "/readyz").ends_with("\r\n\r\nready\n"));
  CHECK(ask(server, "/").find("<!DOCTYPE html>") != std::string::npos);
  CHECK(ask(server, "/status.json?x=1").find("200 OK") != std::string::npos);
  const std::string head = ask(server, "/status.json", "Host: localhost\r\n", "HEAD");
  CHECK(code_of(head) == "HTTP/1.1 200");
  CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("nothing else is there, by whatever path", "[http]") {
  Office office;
  const StatusServer server(office.board, {}, std::nullopt);
  for (const char* const path : {"/x", "//", "/../etc/passwd", "/status.json/", "//status.json", "/%2e%2e/",
                                 "/STATUS.JSON", "/./status.json", "/metrics%00", "*"})
    CHECK(code_of(ask(server, path)) != "HTTP/1.1 200");
}

TEST_CASE("it can only be read", "[http]") {
  Office office;
  const StatusServer server(office.board, {}, std::nullopt);
  for (const char* const method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"}) {
    const std::string response = ask(server, "/status.json", "Host: localhost\r\nContent-Length: 0\r\n", method);
    CHECK(code_of(response) == "HTTP/1.1 405");
    CHECK(response.find("Allow: GET, HEAD\r\n") != std::string::npos);
  }
  CHECK(code_of(ask(server, "/status.json", "Host: localhost\r\nContent-Length: 9\r\n")) == "HTTP/1.1 400");
  CHECK(code_of(ask(server, "/status.json", "Host: localhost\r\nTransfer-Encoding: chunked\r\n")) == "HTTP/1.1 400");
}

TEST_CASE("whoever calls us by another name is refused, and by none, and by two", "[http]") {
  Office office;
  const StatusServer server(office.board, {}, std::nullopt);
  for (const char* const path : {"/", "/status.json", "/events", "/metrics", "/healthz", "/readyz", "/x"})
    CHECK(code_of(ask(server, path, "Host: evil.example\r\n")) == "HTTP/1.1 403");
  CHECK(code_of(ask(server, "/status.json", "Host: localhost\r\nHost: evil.example\r\n")) != "HTTP/1.1 200");
  Reader old(server);
  old.say("GET /status.json HTTP/1.0\r\n\r\n");
  CHECK(code_of(old.hear()).substr(9) == "403");
}

TEST_CASE("with a token all but the page and probes wants it, and it is never told", "[http]") {
  Office office;
  const std::string token = "0123456789abcdef0123";
  const StatusServer server(office.board, {}, secret(token));
  for (const char* const path : {"/status.json", "/events", "/metrics"}) {
    const std::string refused = ask(server, path);
    CHECK(code_of(refused) == "HTTP/1.1 401");
    CHECK(refused.find("WWW-Authenticate: Bearer") != std::string::npos);
    CHECK(refused.find(token) == std::string::npos);
    CHECK(code_of(ask(server, path, "Host: localhost\r\nAuthorization: Bearer " + token + "x\r\n")) == "HTTP/1.1 401");
  }
  const std::string given = ask(server, "/status.json", "Host: localhost\r\nAuthorization: Bearer " + token + "\r\n");
  CHECK(code_of(given) == "HTTP/1.1 200");
  CHECK(given.find(token) == std::string::npos);
  CHECK(code_of(ask(server, "/")) == "HTTP/1.1 200");
}

TEST_CASE("a probe without the token gets a yes or a no, and nothing else", "[http]") {
  const std::string token = "0123456789abcdef0123";
  const std::string authorized = "Host: localhost\r\nAuthorization: Bearer " + token + "\r\n";
  for (const bool ready : {true, false}) {
    CAPTURE(ready);
    Office office;
    office.board.set_source([ready](Status& status) { status.state.ready = ready; });
    office.board.publish();
    const StatusServer server(office.board, {}, secret(token));
    CHECK(ask(server, "/healthz").ends_with("\r\n\r\nok\n"));
    CHECK(ask(server, "/readyz").ends_with(ready ? "\r\n\r\nready\n" : "\r\n\r\nnot ready\n"));
    if (!ready) CHECK(ask(server, "/readyz", authorized).find("\r\n\r\nnot ready: ") != std::string::npos);
  }
}

TEST_CASE("where others can come, there has to be a token", "[http]") {
  Office office;
  const std::string end = test::ending_of([&] { StatusServer(office.board, {.host = "0.0.0.0"}, std::nullopt); });
  CHECK(end.starts_with("28: --status http://0.0.0.0:"));
  CHECK(end.find("--status-token FILE") != std::string::npos);
  const StatusServer server(office.board, {.host = "0.0.0.0"}, secret("0123456789abcdef"));
  CHECK(server.url().starts_with("http://0.0.0.0:"));
}

TEST_CASE("requests one behind the other are answered in their order", "[http]") {
  Office office;
  const StatusServer server(office.board, {}, std::nullopt);
  Reader reader(server);
  const std::string head = " HTTP/1.1\r\nHost: localhost\r\n";
  reader.say("GET /healthz" + head + "\r\nGET /metrics" + head + "\r\nGET /x" + head + "Connection: close\r\n\r\n");
  const std::string text = reader.hear();
  const std::size_t ok = text.find("\r\n\r\nok\n"), metrics = text.find("# HELP"), missing = text.find("404");
  CHECK(ok < metrics);
  CHECK(metrics < missing);
  CHECK(missing != std::string::npos);
}

TEST_CASE("a network thread that does not answer holds no reader up for long", "[http]") {
  Office office(false);
  const StatusServer server(office.board, {}, std::nullopt);
  CHECK(code_of(ask(server, "/status.json")) == "HTTP/1.1 200");
  CHECK(code_of(ask(server, "/healthz")) == "HTTP/1.1 200");  // it is about to start
}

TEST_CASE("a process is not well when its network thread has stood still for a while", "[http]") {
  Office office;
  office.board.enter(Phase::fetching);
  office.board.publish();
  const StatusServer server(office.board, {}, std::nullopt);
  CHECK(code_of(ask(server, "/healthz")) == "HTTP/1.1 200");
  office.stand_still();
  std::string said;
  do said = ask(server, "/healthz");
  while (code_of(said) == "HTTP/1.1 200");
  CHECK(code_of(said) == "HTTP/1.1 503");
  CHECK(said.ends_with("\r\n\r\nthe network thread does not answer\n"));
}

TEST_CASE("events come as they happen, and from where a reader was", "[http]") {
  Office office;
  const StatusServer server(office.board, {}, std::nullopt);
  Reader live(server), late(server), lost(server);
  const std::string head = " HTTP/1.1\r\nHost: localhost\r\n";
  live.say("GET /events" + head + "\r\n");
  CHECK(live.hear("retry: 2000").find("text/event-stream") != std::string::npos);
  office.board.tell(UnchokedBy{PeerId{3}});
  CHECK(live.hear("unchoked_by").find("id: 2\ndata: {") != std::string::npos);
  late.say("GET /events?since=0" + head + "\r\n");
  CHECK(late.hear("unchoked_by").find("\"started\"") != std::string::npos);
  lost.say("GET /events" + head + "Last-Event-ID: 1000\r\n\r\n");
  CHECK(lost.hear("unchoked_by").find("\"restarted\":true") != std::string::npos);
}

TEST_CASE("silent connections leave room for nobody else, but hold nobody up who ends", "[http]") {
  Office office;
  std::optional<StatusServer> server(std::in_place, office.board, HttpPlace{}, std::nullopt);
  std::deque<Reader> silent;
  for (int i = 0; i < 100; ++i) silent.emplace_back(*server);
  server.reset();
  CHECK(silent.front().hear().empty());
}

TEST_CASE("a stream too many is refused, and one that has ended makes room", "[http]") {
  Office office;
  const StatusServer server(office.board, {}, std::nullopt);
  std::deque<Reader> streams;
  const std::string request = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (unsigned i = 0; i < StatusServer::kMostStreams; ++i) {
    streams.emplace_back(server);
    streams.back().say(request);
    REQUIRE(streams.back().hear("retry").find("200 OK") != std::string::npos);
  }
  CHECK(code_of(ask(server, "/events")) == "HTTP/1.1 503");
  CHECK(code_of(ask(server, "/status.json")) == "HTTP/1.1 200");
}

TEST_CASE("at the end streams get the last event, and their end", "[http]") {
  Office office;
  std::optional<StatusServer> server(std::in_place, office.board, HttpPlace{}, std::nullopt);
  Reader reader(*server);
  reader.say("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  reader.hear("retry");
  office.board.leave(7);
  server.reset();
  CHECK(reader.hear().find("\"event\":\"leaving\",\"code\":7") != std::string::npos);
}

TEST_CASE("headers that are too large are refused", "[http]") {
  Office office;
  const StatusServer server(office.board, {}, std::nullopt);
  const std::string response =
      ask(server, "/status.json", "Host: localhost\r\nX: " + std::string(1 << 20, 'x') + "\r\n");
  CHECK(code_of(response) != "HTTP/1.1 200");
  CHECK(code_of(ask(server, "/" + std::string(1 << 20, 'x'))) != "HTTP/1.1 200");
  CHECK(code_of(ask(server, "/healthz")) == "HTTP/1.1 200");
}

TEST_CASE("the token's file has it in its first line, and nobody else may read it", "[http]") {
  const test::TempDir dir;
  const auto file = test::write_with_mode(dir, "token", "0123456789abcdef\nmore\n");
  CHECK(read_token(file).view() == "0123456789abcdef");
  const auto open = test::write_with_mode(dir, "open", "0123456789abcdef\n", 0644);
  CHECK(test::ending_of([&] { read_token(open); }).starts_with("66: "));
  const auto poor = test::write_with_mode(dir, "poor", "hush\n");
  const std::string end = test::ending_of([&] { read_token(poor); });
  CHECK(end.starts_with("28: --status-token: the token in the first line of "));
  CHECK(end.find("hush") == std::string::npos);
}

}  // namespace
}  // namespace p2p
