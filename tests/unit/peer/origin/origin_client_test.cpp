// Requests to a server of the test's own, over the loopback.
#include "peer/origin/origin_client.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

/// Answers each request by a function, on a thread of its own; one connection at a time and a request.
class Server {
 public:
  using Answer = std::function<std::string(const std::string& request)>;

  explicit Server(Answer answer) : answer_(std::move(answer)), acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {
    port_ = acceptor_.local_endpoint().port();
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    over_ = true;
    {
      asio::ip::tcp::socket wake(io_);
      std::error_code error;
      wake.connect(acceptor_.local_endpoint(), error);
    }
    thread_.join();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    while (!over_) {
      asio::ip::tcp::socket socket(io_);
      std::error_code error;
      acceptor_.accept(socket, error);
      std::string request;
      asio::read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", error);
      if (error || over_) continue;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      asio::write(socket, asio::buffer(answer_(request)), error);
    }
  }

  Answer answer_;
  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::atomic<bool> over_ = false;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

std::string field(const std::string& request, const std::string& name) {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t first = at + name.size() + 4;
  return request.substr(first, request.find("\r\n", first) - first);
}

/// Gives ranges of these bytes, as a good server does.
std::string ranged(const std::string& content, const std::string& request, const std::string& etag = "\"v1\"") {
  const std::string range = field(request, "Range");
  const std::size_t dash = range.find('-');
  const std::size_t first = std::stoul(range.substr(6, dash - 6));
  const std::size_t last = std::min(std::stoul(range.substr(dash + 1)), content.size() - 1);
  return "HTTP/1.1 206 Partial Content\r\nETag: " + etag + "\r\nConnection: close\r\nContent-Range: bytes " +
         std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(content.size()) +
         "\r\nContent-Length: " + std::to_string(last + 1 - first) + "\r\n\r\n" +
         content.substr(first, last + 1 - first);
}

std::string whole(const std::string& content) {
  return "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nConnection: close\r\nContent-Length: " + std::to_string(content.size()) +
         "\r\n\r\n" + content;
}

struct Case {
  explicit Case(const Server& server, const std::string& credentials = "")
      : client(io, OriginUrl(with(server.url(), credentials)), {.connecting = 5s, .silence = 5s}) {}

  static std::string with(std::string url, const std::string& credentials) {
    return credentials.empty() ? url : url.insert(7, credentials + "@");
  }

  std::variant<OriginVersion, OriginFault> ask(const std::string& path) {
    std::optional<std::variant<OriginVersion, OriginFault>> got;
    client.ask(path, [&](const auto& answer) { got = answer; });
    run([&] { return got.has_value(); });
    return *got;
  }

  struct Fetched {
    std::map<std::uint32_t, std::string> pieces;
    std::optional<OriginFault> fault;
  };
  Fetched fetch(const OriginVersion& version, PieceRun run_of_pieces, std::uint64_t piece_size) {
    Fetched fetched;
    bool ended = false;
    client.fetch(
        {.path = "f", .version = version, .geometry = Geometry(version.size, piece_size), .run = run_of_pieces},
        {.on_piece =
             [&](PieceIndex piece, const Sha256Digest& digest, const std::vector<std::byte>& bytes) {
               CHECK(sha256(bytes) == digest);
               fetched.pieces[piece.value] = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
             },
         .on_end =
             [&](const std::optional<OriginFault>& fault) {
               fetched.fault = fault;
               ended = true;
             }});
    run([&] { return ended; });
    return fetched;
  }

  void run(const std::function<bool()>& done) {
    io.restart();
    const auto work = asio::make_work_guard(io);
    while (!done()) io.run_one();
  }

  asio::io_context io;
  OriginClient client;
};

std::string text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i * i % 23);
  return text;
}

TEST_CASE("a version is asked for by one byte, under the path's URL", "[origin]") {
  Server server([](const std::string& request) { return ranged("hello", request); });
  Case c(server);
  CHECK(std::get<OriginVersion>(c.ask("a b/c")) == OriginVersion{"etag \"v1\"", 5, true});
  const auto requests = server.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].starts_with("GET /a%20b/c HTTP/1.1\r\n"));
  CHECK(field(requests[0], "Range") == "bytes=0-0");
  CHECK(field(requests[0], "Authorization").empty());
}

TEST_CASE("of an origin without ranges a version is asked for, and the file not read", "[origin]") {
  Server server([](const std::string&) { return whole(text(5'000'000)); });
  Case c(server);
  CHECK(std::get<OriginVersion>(c.ask("f")) == OriginVersion{"etag \"v1\"", 5'000'000, false});
}

TEST_CASE("pieces of a range come in order, with their digests", "[origin]") {
  const std::string content = text(1'000'005);
  Server server([&](const std::string& request) { return ranged(content, request); });
  Case c(server);
  const OriginVersion version{"etag \"v1\"", content.size(), true};
  const auto fetched = c.fetch(version, {PieceIndex{3}, 8}, 100'000);
  CHECK_FALSE(fetched.fault);
  REQUIRE(fetched.pieces.size() == 8);
  CHECK(fetched.pieces.at(3) == content.substr(300'000, 100'000));
  CHECK(fetched.pieces.at(10) == content.substr(1'000'000));
  CHECK(field(server.requests()[0], "Range") == "bytes=300000-1000004");
}

TEST_CASE("without ranges what is before the run is passed over", "[origin]") {
  const std::string content = text(1'000'000);
  Server server([&](const std::string&) { return whole(content); });
  Case c(server);
  const auto fetched = c.fetch({"etag \"v1\"", content.size(), false}, {PieceIndex{4}, 2}, 100'000);
  CHECK_FALSE(fetched.fault);
  REQUIRE(fetched.pieces.size() == 2);
  CHECK(fetched.pieces.at(4) == content.substr(400'000, 100'000));
  CHECK(field(server.requests()[0], "Range").empty());
}

TEST_CASE("another version, or an error, gives no byte", "[origin]") {
  const std::string content = text(1000);
  std::string answer;
  Server server([&](const std::string& request) {
    return answer.empty() ? ranged(content, request, "\"v2\"") : answer + "\r\nContent-Length: 5\r\n\r\nabcde";
  });
  Case c(server);
  const OriginVersion version{"etag \"v1\"", content.size(), true};
  for (const char* const status : {"", "HTTP/1.1 412 x", "HTTP/1.1 404 x", "HTTP/1.1 503 x"}) {
    answer = status;
    const auto fetched = c.fetch(version, {PieceIndex{0}, 2}, 100);
    REQUIRE(fetched.fault);
    CHECK((fetched.fault->kind == OriginFault::Kind::changed) == (answer != "HTTP/1.1 503 x"));
    CHECK(fetched.pieces.empty());
  }
}

TEST_CASE("an answer that breaks off gives its whole pieces and an error", "[origin]") {
  const std::string content = text(1000);
  Server server([&](const std::string& request) {
    const std::string answer = ranged(content, request);
    return answer.substr(0, answer.size() - 150);
  });
  Case c(server);
  const auto fetched = c.fetch({"etag \"v1\"", content.size(), true}, {PieceIndex{0}, 5}, 100);
  REQUIRE(fetched.fault);
  CHECK(fetched.fault->kind == OriginFault::Kind::unreachable);
  CHECK(fetched.fault->why.find("broke off") != std::string::npos);
  CHECK(fetched.pieces.size() == 3);
}

TEST_CASE("nobody there is an error with why, without credentials in it", "[origin]") {
  std::string url;
  {
    Server server([](const std::string&) { return ""; });
    url = server.url();
  }
  asio::io_context io;
  OriginClient client(io, OriginUrl(Case::with(url, "me:secret")), {.connecting = 5s});
  std::optional<OriginFault> fault;
  client.ask("f", [&](const auto& answer) { fault = std::get<OriginFault>(answer); });
  const auto work = asio::make_work_guard(io);
  while (!fault) io.run_one();
  CHECK(fault->kind == OriginFault::Kind::unreachable);
  CHECK(fault->why.find("reached") != std::string::npos);
  CHECK(fault->why.find("secret") == std::string::npos);
}

TEST_CASE("credentials go to the origin, and not to where it redirects", "[origin]") {
  Server other([](const std::string& request) { return ranged("hello", request); });
  const std::string there = other.url().replace(7, 9, "localhost");
  Server server([&](const std::string&) {
    return "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " + there + "/x\r\n\r\n";
  });
  Case c(server, "me:secret");
  CHECK(std::get<OriginVersion>(c.ask("f")).size == 5);
  CHECK(field(server.requests()[0], "Authorization") == "Basic bWU6c2VjcmV0");
  REQUIRE(other.requests().size() == 1);
  CHECK(field(other.requests()[0], "Authorization").empty());
}

TEST_CASE("redirects end somewhere, and lead to HTTP alone", "[origin]") {
  std::string location;
  Server server([&](const std::string&) {
    return "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " + location + "\r\n\r\n";
  });
  Case c(server);
  for (const std::string& to : {server.url() + "/f", std::string("file:///etc/hostname")}) {
    location = to;
    CHECK(std::get<OriginFault>(c.ask("f")).kind == OriginFault::Kind::unreachable);
  }
  CHECK(server.requests().size() == 7);
}

TEST_CASE("what is stopped says nothing more, and a client ends in the middle of everything", "[origin]") {
  const std::string content = text(100'000'000 / 16);
  Server server([&](const std::string& request) { return ranged(content, request); });
  Case c(server);
  const OriginVersion version{"etag \"v1\"", content.size(), true};
  int pieces = 0;
  bool ended = false;
  OriginClient::Id id = 0;
  const OriginClient::Range range{
      .path = "f", .version = version, .geometry = Geometry(content.size(), 10'000), .run = {PieceIndex{0}, 100}};
  id = c.client.fetch(range, {.on_piece =
                                  [&](PieceIndex, const Sha256Digest&, const std::vector<std::byte>&) {
                                    if (++pieces == 2) c.client.stop(id);
                                  },
                              .on_end = [&](const std::optional<OriginFault>&) { ended = true; }});
  c.run([&] { return pieces == 2; });
  c.client.fetch(range, {.on_piece = [&](PieceIndex, const Sha256Digest&, const std::vector<std::byte>&) { ++pieces; },
                         .on_end = [&](const std::optional<OriginFault>&) { ended = true; }});
  c.run([&] { return pieces == 3; });
  CHECK_FALSE(ended);
}

}  // namespace
}  // namespace p2p
