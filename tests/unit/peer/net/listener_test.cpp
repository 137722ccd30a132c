// Who listens where, and what becomes of connections that come when nothing is left for them.
#include "peer/net/listener.hpp"

#include <fcntl.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "peer/ground/exit_code.hpp"
#include "peer/net/sealing.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/stream_pair.hpp"

namespace p2p {
namespace {

using test::run_until;

const auto kLoopback = asio::ip::address_v4::loopback();

/// One that nobody has on any address. Whoever takes it meanwhile makes the test fail, not lie.
std::uint16_t free_port() {
  asio::io_context io;
  tcp::acceptor acceptor(io, {tcp::v4(), 0});
  return acceptor.local_endpoint().port();
}

std::optional<std::pair<ExitCode, std::string>> refusal(const std::string& host, std::uint16_t port) {
  asio::io_context io;
  try {
    const Listener listener(io, host, port);
  } catch (const ExitError& error) {
    return std::pair{error.code(), std::string(error.what())};
  }
  return std::nullopt;
}

bool can_connect(const asio::ip::address& address, std::uint16_t port) {
  asio::io_context io;
  tcp::socket socket(io);
  std::error_code error;
  socket.connect({address, port}, error);
  return !error;
}

TEST_CASE("that there are no keys is said where others can come in, and nowhere else", "[listener]") {
  const auto said = [](const std::string& host, bool with_keys) {
    asio::io_context io;
    if (with_keys) {
      const PrivateKey key = PrivateKey::generate();
      const std::map<config::Fingerprint, PeerId> lines{{key.fingerprint(), PeerId{1}}};
      asio::use_service<Sealing>(io).set(std::make_shared<TlsKeys>(key, lines));
    }
    std::ostringstream words;
    const auto before = spdlog::default_logger();
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("captured", std::make_shared<spdlog::sinks::ostream_sink_mt>(words)));
    Listener listener(io, host, free_port());
    listener.start([](const StreamPtr&) {}, [] { return false; });
    listener.stop();
    spdlog::set_default_logger(before);
    return words.str();
  };
  CHECK(said("a.example.org", false).find("no keys: whoever reaches port") != std::string::npos);
  CHECK(said("localhost", false).empty());
  CHECK(said("127.0.0.1", false).empty());
  CHECK(said("a.example.org", true).empty());
}

TEST_CASE("each connection is handed on, with who is at its other end", "[listener]") {
  asio::io_context io;
  const std::uint16_t port = free_port();
  Listener listener(io, "localhost", port);
  std::vector<StreamPtr> streams;
  listener.start([&](StreamPtr stream) { streams.push_back(std::move(stream)); }, [] { return false; });
  std::vector<tcp::socket> sockets;
  for (int i = 0; i < 5; ++i) sockets.emplace_back(io).connect({kLoopback, port});
  run_until(io, [&] { return streams.size() == 5; });
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(streams[i]->remote().address == kLoopback);
    CHECK(streams[i]->remote().port == sockets[i].local_endpoint().port());
  }
}

TEST_CASE("a peer that is listed on the loopback is reached there and nowhere else", "[listener]") {
  asio::io_context io;
  const std::uint16_t port = free_port();
  const auto other_loopback = asio::ip::make_address("127.0.0.2");
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    const Listener listener(io, host, port);
    CHECK(can_connect(kLoopback, port));
    CHECK_FALSE(can_connect(other_loopback, port));
  }
  {
    const Listener listener(io, "127.0.0.2", port);
    CHECK_FALSE(can_connect(kLoopback, port));
    CHECK(can_connect(other_loopback, port));
  }
  // Any other name is of a machine that others reach.
  const Listener listener(io, "alpha.example.org", port);
  CHECK(can_connect(kLoopback, port));
  CHECK(can_connect(other_loopback, port));
}

TEST_CASE("a port that is taken is told with its number, and can be had afterwards", "[listener]") {
  asio::io_context io;
  std::optional<tcp::acceptor> holder(std::in_place, io, tcp::endpoint(kLoopback, 0));
  const std::uint16_t port = holder->local_endpoint().port();
  for (const std::string host : {"localhost", "alpha.example.org"}) {
    const auto why = refusal(host, port);
    REQUIRE(why);
    CHECK(why->first == ExitCode::port_in_use);
    CHECK(why->second.find("port " + std::to_string(port) + ": Address already in use") != std::string::npos);
  }
  holder.reset();
  CHECK_FALSE(refusal("localhost", port));
}

TEST_CASE("an address under which others know this machine need not be its own", "[listener]") {
  CHECK_FALSE(refusal("192.0.2.1", free_port()));  // TEST-NET-1: as behind a router that translates addresses
}

TEST_CASE("who has stopped listening hears nothing any more, and its loop ends", "[listener]") {
  asio::io_context io;
  const std::uint16_t port = free_port();
  Listener listener(io, "localhost", port);
  int streams = 0;
  listener.start([&](const StreamPtr&) { ++streams; }, [] { return false; });
  io.poll();
  listener.stop();
  io.restart();
  io.run();  // comes back, because nothing waits any more
  CHECK_FALSE(can_connect(kLoopback, port));
  CHECK(streams == 0);
}

/// While it lives, no descriptor can be opened.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &old_);
    const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(next);
    rlimit lower = old_;
    lower.rlim_cur = static_cast<rlim_t>(next);
    ::setrlimit(RLIMIT_NOFILE, &lower);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &old_); }

 private:
  rlimit old_{};
};

TEST_CASE("a connection for which no descriptor is left is accepted as soon as there is one", "[listener]") {
  const auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  asio::io_context io;
  const std::uint16_t port = free_port();
  Listener listener(io, "localhost", port);
  tcp::socket socket(io);
  std::optional<NoDescriptors> nothing_left;
  std::vector<StreamPtr> streams;
  int asked = 0;
  const bool can_make_room = GENERATE(true, false);
  listener.start([&](StreamPtr stream) { streams.push_back(std::move(stream)); },
                 [&] {
                   ++asked;
                   if (can_make_room) nothing_left.reset();
                   return can_make_room;
                 });
  io.poll();
  socket.connect({kLoopback, port});
  nothing_left.emplace();
  run_until(io, [&] { return asked > 0; });
  CHECK(streams.size() == (can_make_room ? 1 : 0));
  nothing_left.reset();
  run_until(io, [&] { return streams.size() == 1; });
  if (can_make_room) CHECK(asked == 1);
  spdlog::set_level(level);
}

}  // namespace
}  // namespace p2p
