// The requests of one link.
#include "protocol/swarm/requests.hpp"

#include "tests/support/aborts.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using Fate = Requests::Fate;

constexpr Instant kNow{10s};

TEST_CASE("a request is open from asking to its answer", "[requests]") {
  Requests requests;
  CHECK(requests.fate(PieceIndex{3}) == Fate::never_asked);
  requests.ask(PieceIndex{3}, kNow);
  CHECK(requests.fate(PieceIndex{3}) == Fate::open);
  CHECK(requests.open_count() == 1);

  const auto answered = requests.answer(PieceIndex{3});
  REQUIRE(answered);
  CHECK(answered->asked == kNow);
  CHECK(requests.fate(PieceIndex{3}) == Fate::never_asked);
  CHECK(requests.open_count() == 0);
}

TEST_CASE("open requests stand in the order in which they went out", "[requests]") {
  Requests requests;
  requests.ask(PieceIndex{4}, kNow);
  requests.ask(PieceIndex{1}, kNow + 1s);
  requests.ask(PieceIndex{2}, kNow + 2s);
  requests.answer(PieceIndex{1});
  REQUIRE(requests.open_count() == 2);
  CHECK(requests.open()[0].piece == PieceIndex{4});
  CHECK(requests.open()[1].piece == PieceIndex{2});
  CHECK(requests.open()[1].asked == kNow + 2s);
}

TEST_CASE("a request is lone when no other was open", "[requests]") {
  Requests requests;
  requests.ask(PieceIndex{0}, kNow);
  requests.ask(PieceIndex{1}, kNow);
  CHECK(requests.open()[0].lone);
  CHECK_FALSE(requests.open()[1].lone);
  requests.answer(PieceIndex{0});
  requests.answer(PieceIndex{1});
  requests.ask(PieceIndex{2}, kNow);
  CHECK(requests.open()[0].lone);
}

TEST_CASE("abandoned requests are remembered until an answer comes after all", "[requests]") {
  Requests requests;
  requests.ask(PieceIndex{0}, kNow);
  requests.ask(PieceIndex{1}, kNow);
  CHECK(requests.abandon() == std::vector{PieceIndex{0}, PieceIndex{1}});
  CHECK(requests.open_count() == 0);
  CHECK(requests.fate(PieceIndex{0}) == Fate::abandoned);

  CHECK_FALSE(requests.answer(PieceIndex{0}));
  CHECK(requests.fate(PieceIndex{0}) == Fate::never_asked);
  CHECK(requests.fate(PieceIndex{1}) == Fate::abandoned);
  CHECK(requests.abandon().empty());
}

TEST_CASE("a piece may be answered as often as it was asked for", "[requests]") {
  Requests requests;
  requests.ask(PieceIndex{0}, kNow);
  requests.abandon();
  requests.ask(PieceIndex{0}, kNow + 1s);
  CHECK(requests.fate(PieceIndex{0}) == Fate::open);
  CHECK(requests.answer(PieceIndex{0})->asked == kNow + 1s);
  CHECK(requests.fate(PieceIndex{0}) == Fate::abandoned);
  CHECK_FALSE(requests.answer(PieceIndex{0}));
  CHECK(requests.fate(PieceIndex{0}) == Fate::never_asked);
}

TEST_CASE("what a remote never answers is not remembered without end", "[requests]") {
  Requests requests;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    requests.ask(PieceIndex{i}, kNow);
    requests.abandon();
  }
  CHECK(requests.fate(PieceIndex{19'999}) == Fate::abandoned);
  CHECK(requests.fate(PieceIndex{0}) == Fate::never_asked);
}

TEST_CASE("an answer to what was never asked is none", "[requests]") {
  Requests requests;
  CHECK_FALSE(requests.answer(PieceIndex{7}));
}

TEST_CASE("to ask twice is our own bug", "[requests]") {
  Requests requests;
  requests.ask(PieceIndex{0}, kNow);
  CHECK(test::aborts([&] { requests.ask(PieceIndex{0}, kNow); }));
}

}  // namespace
}  // namespace p2p
