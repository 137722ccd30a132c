// A manifest on its way: who gives it, who has none, who lies.
#include "peer/content/manifest_link.hpp"

#include <spdlog/spdlog.h>

#include <functional>
#include <list>
#include <string>
#include <vector>

#include "protocol/wire/encoder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/known_content.hpp"
#include "tests/support/stream_pair.hpp"

namespace p2p {
namespace {

using test::run_until;

/// Answers each connection as it is told to.
class Server {
 public:
  Server(asio::io_context& io, std::function<void(StreamPtr)> answer)
      : acceptor_(io, {asio::ip::address_v4::loopback(), 0}), answer_(std::move(answer)) {
    accept();
  }

  ManifestSource source(std::uint32_t id) const { return {PeerId{id}, "127.0.0.1", acceptor_.local_endpoint().port()}; }
  int asked() const { return asked_; }

 private:
  void accept() {
    acceptor_.async_accept([this](const std::error_code& error, tcp::socket socket) {
      if (error) return;
      ++asked_;
      answer_(std::make_unique<TcpStream>(std::move(socket)));
      accept();
    });
  }

  tcp::acceptor acceptor_;
  std::function<void(StreamPtr)> answer_;
  int asked_ = 0;
};

struct Setup {
  Setup() { spdlog::set_level(spdlog::level::off); }
  ~Setup() { spdlog::set_level(spdlog::level::info); }

  /// What is found, after somebody was asked.
  ManifestPtr fetch(std::vector<ManifestSource> sources) {
    ManifestPtr found;
    fetch_manifest(io, PeerId{5}, known->id, std::move(sources), [&](ManifestPtr manifest) {
      CHECK_FALSE(found);
      found = std::move(manifest);
    });
    run_until(io, [&] { return found != nullptr; });
    return found;
  }

  asio::io_context io{1};
  ManifestPtr known = test::known_file("file", "hello world");
  ManifestDesk desk{PeerId{7}, known->id};
  Server holder{io, [this](StreamPtr stream) { desk.serve(std::move(stream), known); }};
};

TEST_CASE("a manifest comes from a peer that has it", "[manifest_link]") {
  Setup setup;
  const ManifestPtr found = setup.fetch({setup.holder.source(7)});
  CHECK(found->text == setup.known->text);
  CHECK(found->manifest == setup.known->manifest);
  CHECK(setup.holder.asked() == 1);
}

TEST_CASE("whoever has none, is gone, or gives something else only delays it", "[manifest_link]") {
  Setup setup;
  const ManifestPtr other = test::known_file("file", "something else");
  ManifestSource gone{PeerId{1}, "127.0.0.1", 0};
  {
    tcp::acceptor closed(setup.io, {asio::ip::address_v4::loopback(), 0});
    gone.port = closed.local_endpoint().port();
  }
  Server has_none(setup.io, [&](StreamPtr stream) { setup.desk.serve(std::move(stream), nullptr); });
  Server closes(setup.io, [](const StreamPtr&) {});
  // Under the right id, and not what the id names.
  Server liar(setup.io, [&](StreamPtr stream) { setup.desk.serve(std::move(stream), other); });
  // Of another content.
  const ManifestDesk elsewhere(PeerId{9}, other->id);
  Server stranger(setup.io, [&](StreamPtr stream) { elsewhere.serve(std::move(stream), other); });
  for (int i = 0; i < 5; ++i)
    CHECK(setup.fetch({gone, has_none.source(2), closes.source(3), liar.source(4), stranger.source(6), setup.holder.source(7)})->id == setup.known->id);
  CHECK(setup.fetch({liar.source(4), setup.holder.source(7)})->text == setup.known->text);
}

TEST_CASE("a manifest is asked for again and again until somebody has it", "[manifest_link]") {
  Setup setup;
  ManifestPtr found;
  bool has_it = false;
  Server late(setup.io, [&](StreamPtr stream) { setup.desk.serve(std::move(stream), has_it ? setup.known : nullptr); });
  fetch_manifest(setup.io, PeerId{5}, setup.known->id, {late.source(8)}, [&](ManifestPtr manifest) { found = std::move(manifest); });
  run_until(setup.io, [&] { return late.asked() == 3; });
  CHECK_FALSE(found);
  has_it = true;
  run_until(setup.io, [&] { return found != nullptr; });
}

TEST_CASE("the desk answers so many at a time, and others when these are done", "[manifest_link]") {
  Setup setup;
  std::list<tcp::socket> sockets;
  const auto serve_one = [&] {
    auto [ours, theirs] = test::connected(setup.io);
    setup.desk.serve(std::make_unique<TcpStream>(std::move(ours)), setup.known);
    theirs.non_blocking(true);
    return std::move(theirs);
  };
  const auto is_closed = [](tcp::socket& socket) {
    std::array<std::byte, 1> byte;
    std::error_code error;
    return socket.read_some(asio::buffer(byte), error) == 0 && error != asio::error::would_block;
  };
  for (long i = 0; i < ManifestDesk::kMostAtOnce; ++i) sockets.push_back(serve_one());
  tcp::socket one_more = serve_one();
  run_until(setup.io, [&] { return is_closed(one_more); });
  sockets.front().close();
  // Its answer is over when its end has been seen.
  run_until(setup.io, [&] {
    tcp::socket next = serve_one();
    setup.io.restart();
    setup.io.poll();
    return !is_closed(next);
  });
}

}  // namespace
}  // namespace p2p
