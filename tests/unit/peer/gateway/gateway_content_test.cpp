// One content of a gateway: fetched from one who holds it, for readers on other threads and for nobody else.
#include "peer/gateway/gateway_content.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include "peer/ground/clock.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_discovery.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/reading.hpp"
#include "tests/support/seed.hpp"

namespace p2p {
namespace {

using test::run_until;
using test::Seed;

const std::string kText = test::random_text(4000);  // 1000 pieces
const ManifestPtr kKnown = test::known_file("content", kText);

class Node {
 public:
  explicit Node(std::uint64_t ahead = 1'000'000)
      : discovery_(io, world_),
        common_{.io = io,
                .self = PeerId{1},
                .network = Network(),
                .discovery = discovery_,
                .join = {},
                .port = 0,
                .board = nullptr,
                .ahead = ahead} {
    spdlog::set_level(spdlog::level::off);
    content.emplace(
        common_, kKnown,
        std::make_unique<PieceStore>(content_of(dir_ / "bytes", kKnown), PieceStore::Options{.sparse = true}),
        "content");
  }
  ~Node() {
    bool over = false;
    content->finish([&] { over = true; });
    run_until(io, [&] { return over; });
    content.reset();
    spdlog::set_level(spdlog::level::info);
  }

  test::Read read(std::uint64_t first, std::uint64_t count) {
    test::Read read;
    std::atomic<bool> done = false;
    std::thread reader([&, source = content->source(0)] {
      read = test::read_range(*source, first, count);
      done = true;
    });
    run_until(io, [&] {
      content->tick(now());
      return done.load();
    });
    reader.join();
    return read;
  }

  asio::io_context io{1};
  std::optional<GatewayContent> content;

 private:
  test::TempDir dir_;
  test::World world_;
  test::FakeDiscovery discovery_;
  GatewayContent::Common common_;
};

TEST_CASE("only what readers have before them is fetched, and it is there for the next one") {
  Node node;
  const Seed seed(node.io, 7, kKnown, {{"", kText}});
  node.content->add_holders({seed.holder()});
  CHECK(node.read(2001, 100).text == kText.substr(2001, 100));
  CHECK(node.content->stored_bytes() == 104);  // 26 pieces
  CHECK_FALSE(node.content->has_nothing());
  CHECK(node.read(2001, 99).text == kText.substr(2001, 99));
  CHECK(node.content->stored_bytes() == 104);
  CHECK(node.read(0, kText.size()).text == kText);
  run_until(node.io, [&] { return node.content->is_complete(); });
}

TEST_CASE("of a content that is large for the cache a window and some more is fetched ahead of a reader") {
  Node node(1000);
  const Seed seed(node.io, 7, kKnown, {{"", kText}});
  node.content->add_holders({seed.holder()});
  const auto reader = node.content->source(0)->open(0, kText.size(), [] {});
  const std::uint64_t ahead = 4 * FetchReaders::window(4);
  run_until(node.io, [&] { return node.content->stored_bytes() >= 1000; });
  // It takes nothing: what comes now would be too much.
  bool passed = false;
  asio::steady_timer timer(node.io, std::chrono::milliseconds(100));
  timer.async_wait([&](const std::error_code&) { passed = true; });
  run_until(node.io, [&] { return passed; });
  CHECK(node.content->stored_bytes() == std::max<std::uint64_t>(1000, ahead));
}

TEST_CASE("pieces that nobody wants are given up, and fetched again when somebody does") {
  Node node;
  const Seed seed(node.io, 7, kKnown, {{"", kText}});
  node.content->add_holders({seed.holder()});
  CHECK(node.read(0, 2000).text == kText.substr(0, 2000));
  CHECK(node.content->stored_bytes() == 2000);
  run_until(node.io, [&] { return !node.content->is_read(); });
  CHECK(node.content->give_up(1200) == 1200);
  CHECK(node.content->stored_bytes() == 800);
  CHECK(node.read(1200, 800).text == kText.substr(1200, 800));
  CHECK(node.content->stored_bytes() == 800);
  CHECK(node.read(0, 2000).text == kText.substr(0, 2000));
  CHECK(node.content->give_up(10'000) == 2000);
  CHECK(node.content->has_nothing());
  CHECK(node.content->give_up(1) == 0);
}

TEST_CASE("a reader that may read pieces which are given up waits until they have come again") {
  Node node(1000);
  const Seed seed(node.io, 7, kKnown, {{"", kText}});
  node.content->add_holders({seed.holder()});
  CHECK(node.read(0, 2000).text == kText.substr(0, 2000));
  run_until(node.io, [&] { return !node.content->is_read(); });
  const auto reader = node.content->source(0)->open(0, kText.size(), [] {});
  run_until(node.io, [&] { return node.content->readers() == 1; });
  CHECK(node.content->give_up(1000) > 0);
  std::string text(kText.size(), '\0');
  std::size_t bytes = reader->read(std::as_writable_bytes(std::span(text))).bytes;
  CHECK(bytes == 1000);  // what it has before it stays
  run_until(node.io, [&] {
    const ByteReader::Got got = reader->read(std::as_writable_bytes(std::span(text).subspan(bytes)));
    bytes += got.bytes;
    return bytes == text.size() || got.state == ByteReader::State::failed;
  });
  CHECK(text == kText);
}

}  // namespace
}  // namespace p2p
