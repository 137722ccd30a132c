// The shell around a swarm: it dials, stores, and waits for room on the disk.
#include "peer/node/exchange.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <vector>

#include "peer/ground/clock.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/exchange_node.hpp"
#include "tests/support/file_limit.hpp"

namespace p2p {
namespace {

using test::ExchangeNode;
using test::HandMadePeer;
using test::kOurs;
using test::kTheirs;
using test::PlayedExchange;
using test::run_until;

const Layout kSmall = Layout::of_file(10, 4);  // "aaaa", "bbbb", "cc"

/// Gives each piece that was asked for once, as a peer that has all.
class Giver {
 public:
  explicit Giver(HandMadePeer& peer) : peer_(peer) {
    peer_.greet(kTheirs);
    peer_.say(test::hex("00000002 05 e0 00000001 01"));
  }
  /// Those that were asked for up to now.
  std::vector<std::uint32_t> give() {
    const auto requested = test::requested(peer_.heard());
    for (; answered_ < requested.size(); ++answered_) {
      const std::string text = requested[answered_] == 0 ? "aaaa" : requested[answered_] == 1 ? "bbbb" : "cc";
      Bytes bytes;
      append_piece_head({PieceIndex{requested[answered_]}, static_cast<std::uint32_t>(text.size())}, bytes);
      for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
      peer_.say(bytes);
    }
    return requested;
  }

 private:
  HandMadePeer& peer_;
  std::size_t answered_ = 0;
};

TEST_CASE("a start dials who is listed before us, and again when that fails", "[exchange]") {
  asio::io_context io{1};
  ExchangeNode ours(io, kOurs, kSmall), first(io, kTheirs, kSmall);
  CHECK(ours.dialled() == std::vector<std::uint32_t>{kTheirs});
  CHECK(first.dialled().empty());
  ours.exchange().dial_failed(PeerId{kTheirs}, {DialFailure::Kind::refused, "refused"});
  run_until(io, [&] { return ours.dialled().size() == 2; });
  CHECK(ours.dialled()[1] == kTheirs);
}

TEST_CASE("a piece that finds the disk full is kept and stored when there is room, and not asked for again",
          "[exchange]") {
  const auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  PlayedExchange setup(kSmall);
  Exchange& exchange = setup.ours.exchange();
  Giver giver(setup.theirs);
  {
    const test::FileLimit limit(0);
    setup.until([&] { return giver.give(), exchange.without_room_for(now()) > Duration::zero(); });
    CHECK(setup.ours.stored() == 0);
    CHECK_FALSE(setup.ours.has("lost"));
    // It is tried again, in vain.
    setup.until([&] { return exchange.without_room_for(now()) > std::chrono::milliseconds(1200); });
    CHECK(setup.ours.stored() == 0);
  }
  setup.until([&] { return giver.give(), setup.ours.has("file complete"); });
  std::vector<std::uint32_t> requested = giver.give();
  std::ranges::sort(requested);
  CHECK(requested == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(setup.ours.content() == "aaaabbbbcc");
  CHECK(exchange.without_room_for(now()) == Duration::zero());
  spdlog::set_level(level);
}

TEST_CASE("the traffic is the payload of pieces, and nothing else", "[exchange]") {
  PlayedExchange setup(kSmall);
  Giver giver(setup.theirs);
  setup.until([&] { return giver.give(), setup.ours.has("file complete"); });
  CHECK(setup.ours.exchange().traffic().received == 10);
  CHECK(setup.ours.exchange().traffic().sent == 0);
}

TEST_CASE("a file that changes while it is shared is found out before it is sent", "[exchange]") {
  const auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  PlayedExchange setup(kSmall);
  Giver giver(setup.theirs);
  setup.until([&] { return giver.give(), setup.ours.has("file complete"); });
  Exchange& exchange = setup.ours.exchange();
  REQUIRE(exchange.source(PieceIndex{0}));
  setup.ours.shorten(9);
  // What was stored here has a digest: the pieces that are right are sent on.
  CHECK_FALSE(exchange.source(PieceIndex{2}));
  CHECK(setup.ours.has("1 lost"));
  CHECK(exchange.source(PieceIndex{0}));
  CHECK(setup.ours.stored() == 2);
  spdlog::set_level(level);
}

}  // namespace
}  // namespace p2p
