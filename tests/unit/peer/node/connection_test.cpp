// One connection of an exchange: order, cuts, ends in the middle, and remotes that do not read. The swarm's own
// decisions are tested in tests/unit/protocol/.
#include "peer/node/connection.hpp"

#include <string>
#include <utility>
#include <vector>

#include "peer/ground/clock.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/exchange_node.hpp"
#include "tests/support/random_text.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::ExchangeNode;
using test::HandMadePeer;
using test::kOurs;
using test::kTheirs;
using test::PlayedExchange;
using test::operator+;
using test::random_text;
using test::run_until;

const Layout kSmall = Layout::of_file(10, 4);  // "aaaa", "bbbb", "cc"

TEST_CASE("a content goes from one to the other, however few bytes the stream moves at a time", "[connection]") {
  const std::size_t most =
      GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{33}, std::size_t{1000}, SIZE_MAX);
  const Layout layout = Layout::of_file(1234, 100);
  const std::string text = random_text(1234);
  asio::io_context io{1};
  ExchangeNode seed(io, kTheirs, layout, text), getter(io, kOurs, layout);
  auto [a, b] = test::connected(io);
  const auto thin = [most](tcp::socket& socket) {
    return std::make_unique<test::ThinStream>(std::make_unique<TcpStream>(std::move(socket)), most);
  };
  getter.exchange().add_dialed(PeerId{kTheirs}, thin(a));
  spawn(io, test::greet_and_accept(seed.exchange(), thin(b)));
  run_until(io, [&] { return getter.has("file complete") && seed.has("swarm complete"); });
  CHECK(getter.content() == text);
  CHECK(getter.exchange().traffic().received == text.size());
  CHECK(seed.exchange().traffic().sent == text.size());
  bool over = false;
  getter.exchange().finish(true, [&] { over = true; });
  run_until(io, [&] { return over && !seed.exchange().has_connections(); });
  CHECK(seed.has("lost 1002: the remote ended the connection"));
}

TEST_CASE("a limit makes it slower, and nothing else", "[connection]") {
  const std::size_t most = GENERATE(std::size_t{7}, std::size_t{700}, SIZE_MAX);
  const bool up = GENERATE(true, false);
  const std::uint64_t piece_size = GENERATE(100u, 5000u);
  const Layout layout = Layout::of_file(5000, piece_size);
  const std::string text = random_text(5000);
  asio::io_context io{1};
  asio::use_service<Limits>(io).set(io, up ? Rates{.up = 20'000, .down = {}} : Rates{.up = {}, .down = 20'000});
  ExchangeNode seed(io, kTheirs, layout, text), getter(io, kOurs, layout);
  auto [a, b] = test::connected(io);
  const auto thin = [most](tcp::socket& socket) {
    return std::make_unique<test::ThinStream>(std::make_unique<TcpStream>(std::move(socket)), most);
  };
  const Instant began = now();
  getter.exchange().add_dialed(PeerId{kTheirs}, thin(a));
  spawn(io, test::greet_and_accept(seed.exchange(), thin(b)));
  run_until(io, [&] { return getter.has("file complete"); });
  CHECK(getter.content() == text);
  CHECK(now() - began >= 250ms - RateLimit::kBurst - 60ms);  // the smallest quantum is 51 ms' worth
}

TEST_CASE("we say who we are before anything has come, and what we have when it has", "[connection]") {
  PlayedExchange setup(kSmall, "aaaabbbbcc");
  setup.until([&] { return setup.theirs.bytes_heard() >= kHandshakeBytes; });
  CHECK(setup.theirs.heard() == "handshake 1002");
  setup.theirs.greet(kTheirs);
  setup.until([&] { return setup.theirs.has_heard("bitfield"); });
  CHECK(setup.theirs.heard() == "handshake 1002, bitfield 111");
}

TEST_CASE("pieces are sent in the order in which they were asked for", "[connection]") {
  PlayedExchange setup(kSmall, "aaaabbbbcc", GENERATE(1u, 3u, 1000u));
  setup.theirs.greet(kTheirs);
  setup.theirs.say(test::hex("00000001 02"));  // interested
  setup.until([&] { return setup.theirs.has_heard("unchoke"); });
  setup.theirs.say(test::hex("00000005 06 00000002 00000005 06 00000000 00000005 06 00000001"));
  setup.until([&] { return setup.theirs.has_heard("piece 1 ="); });
  CHECK(setup.theirs.heard().ends_with("piece 2 = 6363, piece 0 = 61616161, piece 1 = 62626262"));
}

TEST_CASE("a stream that is cut anywhere brings the same", "[connection]") {
  Bytes all;
  append_handshake({PeerId{kTheirs}, {}}, all);
  for (const auto& more : {test::hex("00000002 05 e0"), test::hex("00000001 01")})
    all.insert(all.end(), more.begin(), more.end());
  for (std::size_t cut = 1; cut < all.size(); ++cut) {
    PlayedExchange setup(kSmall);
    setup.theirs.say(Bytes(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(cut)));
    setup.io.run_for(1ms);
    setup.theirs.say(Bytes(all.begin() + static_cast<std::ptrdiff_t>(cut), all.end()));
    setup.until([&] { return setup.ours.has("unchoked by 1001"); });
    CHECK(setup.ours.has("dialed 1001"));
  }
}

/// Asks for a piece, of a peer that has all.
void begin_to_fetch(PlayedExchange& setup) {
  setup.theirs.greet(kTheirs);
  setup.theirs.say(test::hex("00000002 05 e0 00000001 01"));
  setup.until([&] { return !test::requested(setup.theirs.heard()).empty(); });
}

TEST_CASE("a piece whose end never comes is not stored, and the end is told", "[connection]") {
  PlayedExchange setup(kSmall);
  begin_to_fetch(setup);
  const std::uint32_t first = test::requested(setup.theirs.heard())[0];
  const Bytes head = test::hex(first == 0   ? "00000009 07 00000000"
                               : first == 1 ? "00000009 07 00000001"
                                            : "00000007 07 00000002");
  SECTION("within its bytes") {
    setup.theirs.say(head + test::text("x"));
    setup.io.run_for(1ms);
    setup.theirs.shutdown();
    setup.until([&] { return setup.ours.has("lost 1001"); });
    CHECK(setup.ours.has("lost 1001: the remote ended the connection in the middle of a piece"));
  }
  SECTION("before its bytes") {
    setup.theirs.say(head);
    setup.theirs.shutdown();
    setup.until([&] { return setup.ours.has("lost 1001: the remote ended the connection"); });
  }
  SECTION("by a reset") {
    setup.theirs.say(head + test::text("x"));
    setup.io.run_for(1ms);
    setup.theirs.close_hard();
    setup.until([&] { return setup.ours.has("lost 1001: Connection reset by peer"); });
  }
  CHECK(setup.ours.stored() == 0);
}

TEST_CASE("a piece is stored when its last byte has come, whatever follows in the same read", "[connection]") {
  PlayedExchange setup(kSmall);
  begin_to_fetch(setup);
  const bool at_once = GENERATE(true, false);
  std::size_t answered = 0;
  const auto answer = [&] {
    Bytes all;
    const auto requested = test::requested(setup.theirs.heard());
    for (; answered < requested.size(); ++answered) {
      const std::string text = requested[answered] == 0 ? "aaaa" : requested[answered] == 1 ? "bbbb" : "cc";
      append_piece_head({PieceIndex{requested[answered]}, static_cast<std::uint32_t>(text.size())}, all);
      for (const char c : text) all.push_back(static_cast<std::byte>(c));
    }
    if (at_once && !all.empty()) setup.theirs.say(all);
    for (std::size_t i = 0; i < all.size() && !at_once; ++i) {
      setup.theirs.say({all[i]});
      setup.io.restart();
      setup.io.poll();
    }
  };
  setup.until([&] { return answer(), setup.ours.has("file complete"); });
  CHECK(setup.ours.content() == "aaaabbbbcc");
}

TEST_CASE("a breach ends the connection, and what stood before it counts", "[connection]") {
  PlayedExchange setup(kSmall);
  setup.theirs.greet(kTheirs);
  setup.theirs.say(test::hex(
      "00000002 05 80 00000005 04 00000001 00000005 04 00000003"));  // has 0, then 1, then one that does not exist
  setup.until([&] { return setup.ours.has("lost 1001"); });
  CHECK(setup.ours.has("have 1 from 1001"));
  setup.until([&] { return setup.theirs.is_closed(); });
}

TEST_CASE("a remote that asks for much and reads nothing binds no memory, and has it all when it reads",
          "[connection]") {
  constexpr std::uint32_t kPiece = 1u << 20, kPieces = 64;
  const std::string text = random_text(kPieces * kPiece);
  PlayedExchange setup(Layout::of_file(text.size(), kPiece), text);
  setup.theirs.greet(kTheirs);
  setup.theirs.say(test::hex("00000001 02"));
  setup.until([&] { return setup.theirs.has_heard("unchoke"); });
  const std::size_t before = setup.theirs.bytes_heard();
  Bytes requests;
  for (std::uint32_t i = 0; i < kPieces; ++i) append_indexed(MessageType::request, PieceIndex{i}, requests);
  setup.theirs.say(requests);
  // Until the sockets are full: nothing moves any more.
  std::uint64_t sent = 0, moves = 0;
  setup.until([&] {
    const std::uint64_t now = setup.ours.exchange().traffic().sent;
    moves = now == sent && now > 0 ? moves + 1 : 0;
    sent = now;
    return moves == 20;
  });
  CHECK(sent < text.size());
  setup.until([&] { return setup.theirs.bytes_heard() - before >= text.size() + kPieces * kPieceHeadBytes; });
  CHECK(setup.ours.exchange().traffic().sent == text.size());
  CHECK_FALSE(setup.ours.has("lost"));
}

TEST_CASE("a piece whose file has become shorter ends the connection, and is not offered any more", "[connection]") {
  PlayedExchange setup(kSmall, "aaaabbbbcc");
  setup.theirs.greet(kTheirs);
  setup.theirs.say(test::hex("00000001 02"));
  setup.until([&] { return setup.theirs.has_heard("unchoke"); });
  setup.ours.shorten(5);
  setup.theirs.say(test::hex("00000005 06 00000001"));
  setup.until([&] { return setup.ours.has("lost 1001"); });
  CHECK(setup.ours.has("3 lost, lost 1001: our pieces have changed"));
  CHECK(setup.ours.stored() == 0);  // nothing proves the others right
}

// --- farewell ------------------------------------------------------------------------------------------------------

TEST_CASE("a farewell sends what is due, ends our half, and is over when the remote ends its own", "[connection]") {
  PlayedExchange setup(kSmall, "aaaabbbbcc");
  setup.theirs.greet(kTheirs);
  setup.theirs.say(test::hex("00000001 02"));
  setup.until([&] { return setup.theirs.has_heard("unchoke"); });
  setup.theirs.say(test::hex("00000005 06 00000001"));
  setup.until([&] { return setup.ours.has("interested from 1001"); });
  int over = 0;
  setup.until([&] { return setup.theirs.has_heard("piece 1 = 62626262"); });
  setup.ours.exchange().finish(true, [&] { ++over; });
  setup.until([&] { return setup.theirs.hears_the_end(); });
  CHECK(over == 0);
  setup.theirs.close();
  setup.until([&] { return over > 0; });
  CHECK(over == 1);
}

TEST_CASE("a farewell to nobody is over at once, and nobody is let in after it", "[connection]") {
  asio::io_context io{1};
  ExchangeNode node(io, kOurs, kSmall);
  int over = 0;
  node.exchange().finish(true, [&] { ++over; });
  CHECK(over == 1);
  auto [a, b] = test::connected(io);
  HandMadePeer late(std::move(b), kSmall.geometry());
  test::accept(node.exchange(), std::make_unique<TcpStream>(std::move(a)), encode(Handshake{PeerId{kTheirs}, {}}));
  run_until(io, [&] { return late.is_closed(); });
  CHECK(late.bytes_heard() == 0);
  CHECK_FALSE(node.exchange().has_connections());
}

TEST_CASE("a farewell to one that neither reads nor ends is over after a while", "[connection]") {
  PlayedExchange setup(kSmall, "aaaabbbbcc");
  setup.theirs.greet(kTheirs);
  setup.until([&] { return setup.ours.has("dialed 1001"); });
  bool over = false;
  setup.ours.exchange().finish(false, [&] { over = true; });
  setup.until([&] { return over; });
  CHECK_FALSE(setup.ours.exchange().has_connections());
}

}  // namespace
}  // namespace p2p
