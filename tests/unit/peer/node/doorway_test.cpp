// The door's shell: each byte that callers are answered with, and whom a stream is handed to. Who is let in, and for
// how long, is tested in tests/unit/protocol/door_test.cpp.
#include "peer/node/doorway.hpp"

#include <spdlog/spdlog.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/wire/encoder.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/stream_pair.hpp"
#include "tests/support/text_server.hpp"

namespace p2p {
namespace {

using test::run_until;
using test::operator+;

const ContentPrefix kContent{std::byte{1}, std::byte{2}}, kQuestion{std::byte{3}}, kUnknown{std::byte{9}};

struct Uses final : DoorUses {
  bool exchanges(const std::optional<ContentPrefix>& content) const override {
    return !content || *content == kContent;
  }
  bool gives_manifest(const ContentPrefix& content) const override { return content == kContent; }
  bool answers(const ContentPrefix& question) const override { return question == kQuestion; }
  bool knows_members_of(const ContentPrefix&) const override { return false; }
};

/// Somebody who has connected.
class Caller {
 public:
  explicit Caller(tcp::socket socket) : socket_(std::move(socket)) { socket_.non_blocking(true); }

  void say(const Bytes& bytes) { asio::write(socket_, asio::buffer(bytes)); }
  void greet(const Features& features) {
    Bytes bytes;
    append_handshake({PeerId{1001}, encode(features)}, bytes);
    say(bytes);
  }
  void close() { socket_.close(); }
  /// All that was said to it.
  const Bytes& heard() {
    std::array<std::byte, 65536> block;
    std::error_code error;
    while (const std::size_t n = socket_.read_some(asio::buffer(block), error))
      heard_.insert(heard_.end(), block.begin(), block.begin() + n);
    over_ = over_ || (error && error != asio::error::would_block);
    return heard_;
  }
  /// Nothing more comes.
  bool is_over() { return heard(), over_; }

 private:
  tcp::socket socket_;
  Bytes heard_;
  bool over_ = false;
};

struct Setup {
  Setup() {
    spdlog::set_level(spdlog::level::off);
    Doorway::Hooks hooks;
    hooks.exchange = [this](StreamPtr stream, const auto&...) { links.push_back(std::move(stream)); };
    hooks.text = [this](Use use, const ContentPrefix& content) {
      asked.emplace_back(use, content);
      return text;
    };
    doorway.emplace(io, PeerId{7}, DoorLimits{}, uses, std::move(hooks));
  }
  ~Setup() {
    links.clear();
    doorway.reset();
    io.restart();
    io.poll();
    spdlog::set_level(spdlog::level::info);
  }

  Caller call() {
    auto [ours, theirs] = test::connected(io);
    doorway->accept(std::make_unique<TcpStream>(std::move(ours)));
    return Caller(std::move(theirs));
  }

  asio::io_context io{1};
  Uses uses;
  std::vector<StreamPtr> links;
  std::vector<std::pair<Use, ContentPrefix>> asked;
  std::shared_ptr<const std::string> text = std::make_shared<std::string>("hello");
  std::optional<Doorway> doorway;
};

TEST_CASE("who asks for a text gets a handshake and one message, and the end of our half", "[doorway]") {
  Setup setup;
  SECTION("a manifest") {
    Caller caller = setup.call();
    caller.greet({.fetch_manifest = true, .content = kContent});
    run_until(setup.io, [&] { return caller.is_over(); });
    CHECK(caller.heard() == test::text_answer(7, kContent, kManifestType, "hello"));
    CHECK(setup.asked == std::vector{std::pair{Use::manifest, kContent}});
  }
  SECTION("a catalog") {
    Caller caller = setup.call();
    caller.greet({.fetch_catalog = true, .content = kQuestion});
    run_until(setup.io, [&] { return caller.is_over(); });
    CHECK(caller.heard() == test::text_answer(7, kQuestion, kCatalogType, "hello"));
    CHECK(setup.asked == std::vector{std::pair{Use::catalog, kQuestion}});
  }
  SECTION("nothing, where there is nothing to say") {
    setup.text = nullptr;
    Caller caller = setup.call();
    caller.greet({.fetch_manifest = true, .content = kContent});
    run_until(setup.io, [&] { return caller.is_over(); });
    CHECK(caller.heard() == test::text_answer(7, kContent, kManifestType, ""));
  }
  CHECK(setup.links.empty());
}

TEST_CASE("a text that is larger than the socket's room comes whole", "[doorway]") {
  Setup setup;
  std::string text(8'000'000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  setup.text = std::make_shared<std::string>(text);
  Caller caller = setup.call();
  caller.greet({.fetch_catalog = true, .content = kQuestion});
  run_until(setup.io, [&] { return caller.is_over(); });
  CHECK((caller.heard() == test::text_answer(7, kQuestion, kCatalogType, text)));
}

TEST_CASE("who asks for something that is not here hears nothing", "[doorway]") {
  Setup setup;
  for (const Features& wish :
       {Features{.fetch_manifest = true, .content = kUnknown}, Features{.fetch_catalog = true, .content = kContent},
        Features{.fetch_manifest = true, .content = kQuestion}, Features{.content = kUnknown}}) {
    Caller caller = setup.call();
    caller.greet(wish);
    run_until(setup.io, [&] { return caller.is_over(); });
    CHECK(caller.heard().empty());
  }
  CHECK(setup.asked.empty());
  CHECK(setup.links.empty());
}

asio::awaitable<void> read(Stream& stream, std::string& text, std::size_t bytes) {
  text.resize(bytes);
  const Moved moved = co_await read_all(stream, asio::buffer(text));
  text.resize(moved.bytes);
}

TEST_CASE("who takes part in an exchange is handed on behind its handshake, however this was cut", "[doorway]") {
  Setup setup;
  for (const std::size_t cut :
       {std::size_t{0}, std::size_t{1}, std::size_t{18}, std::size_t{31}, std::size_t{32}, std::size_t{35}}) {
    for (const bool classic : {false, true}) {
      Bytes bytes;
      append_handshake({PeerId{1001}, classic ? ReservedBytes{} : encode(Features{.content = kContent})}, bytes);
      bytes = bytes + test::text("and more");
      Caller caller = setup.call();
      caller.say(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)));
      setup.io.restart();
      setup.io.run_for(std::chrono::milliseconds(1));
      caller.say(Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(cut), bytes.end()));
      run_until(setup.io, [&] { return setup.links.size() == 1; });
      CHECK(setup.links[0]->is_open());
      CHECK(setup.links[0]->remote().address == asio::ip::address_v4::loopback());
      std::string rest;
      spawn(setup.io, read(*setup.links[0], rest, 8));
      run_until(setup.io, [&] { return rest == "and more"; });
      CHECK(caller.heard().empty());
      setup.links.clear();
    }
  }
}

TEST_CASE("what is no handshake is known by its first wrong byte", "[doorway]") {
  Setup setup;
  for (const std::string words : {"GET / HTTP/1.1\r\n", "x", "P2PFILESHARINGPROX"}) {
    Caller caller = setup.call();
    caller.say(test::text(words));
    run_until(setup.io, [&] { return caller.is_over(); });
    CHECK(caller.heard().empty());
  }
  CHECK(setup.links.empty());
}

TEST_CASE("for a new connection one goes that has not said who it is, and no link", "[doorway]") {
  Setup setup;
  Caller link = setup.call();
  link.greet({.content = kContent});
  run_until(setup.io, [&] { return setup.links.size() == 1; });
  Caller stranger = setup.call();
  CHECK(setup.doorway->make_room());
  run_until(setup.io, [&] { return stranger.is_over(); });
  CHECK_FALSE(link.is_over());
}

TEST_CASE("who comes or greets after the end is not let in", "[doorway]") {
  Setup setup;
  Caller link = setup.call();
  link.greet({.content = kContent});
  run_until(setup.io, [&] { return setup.links.size() == 1; });
  Caller greeting = setup.call();
  setup.io.restart();
  setup.io.poll();
  setup.doorway->close();
  Caller late = setup.call();
  run_until(setup.io, [&] { return greeting.is_over() && late.is_over(); });
  CHECK(setup.links.size() == 1);
  CHECK_FALSE(link.is_over());
}

}  // namespace
}  // namespace p2p
