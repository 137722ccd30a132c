// Which end of a byte a neighbor counts from, by what it announces.
#include "protocol/swarm/bit_order.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "protocol/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/piece_map.hpp"

namespace p2p {
namespace {

using Verdict = BitOrder::Verdict;
using test::picture;
using test::pieces;

std::unique_ptr<BitOrder> order_of(std::string_view map) {
  return BitOrder::of(pieces(map), Bitfield(static_cast<std::uint32_t>(map.size())));
}

/// A peer with some of the pieces that gets the others in random order.
struct Sender {
  Sender(std::uint32_t count, std::uint32_t held, std::uint64_t seed) : random(seed), has(count) {
    for (std::uint32_t i = 0; i < count; ++i) order.push_back(PieceIndex{i});
    random.shuffle(std::span(order));
    for (std::uint32_t i = 0; i < held; ++i) has.set(order[i]);
    order.erase(order.begin(), order.begin() + held);
  }
  Random random;
  Bitfield has;
  std::vector<PieceIndex> order;  ///< What it lacks, in the order in which it comes.
};

TEST_CASE("a bitfield that reads the same from both ends leaves nothing open", "[bit_order]") {
  CHECK_FALSE(order_of("0000000000000000"));
  CHECK_FALSE(order_of("1111111111111111"));
  CHECK_FALSE(order_of("1000000100011000"));
  CHECK(order_of("1000000000000000"));
}

TEST_CASE("a bitfield with a bit that would be a spare one leaves nothing open", "[bit_order]") {
  CHECK_FALSE(order_of("0000000010"));  // the low end of the last byte is piece 15
  CHECK_FALSE(order_of("1000000010"));
  CHECK(order_of("1000000000"));
}

TEST_CASE("the readings", "[bit_order]") {
  const auto order = order_of("1100000100000000");
  CHECK(picture(order->high_reading()) == "1100000100000000");
  CHECK(picture(order->low_reading()) == "1000001100000000");
  CHECK(picture(order->certain()) == "1000000100000000");
  CHECK(order->doubts(PieceIndex{1}));
  CHECK_FALSE(order->doubts(PieceIndex{0}));
  CHECK_FALSE(order->doubts(PieceIndex{6}));
  order->on_have(PieceIndex{1});
  CHECK_FALSE(order->doubts(PieceIndex{1}));
  CHECK(picture(order->low_reading()) == "1100001100000000");
  CHECK(picture(order->certain()) == "1100000100000000");
}

TEST_CASE("what was announced before the bitfield is certain", "[bit_order]") {
  const auto order = BitOrder::of(pieces("11000000"), pieces("01000000"));
  CHECK(order->doubts(PieceIndex{0}));
  CHECK_FALSE(order->doubts(PieceIndex{1}));
}

TEST_CASE("whoever counts from the low end is found out, by a bitfield of any size", "[bit_order]") {
  for (const std::uint32_t count : {64u, 488u, 491u, 2000u}) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      Sender sender(count, count / 5, seed);
      if (!readable_from_low_end(sender.has)) continue;  // spare bits give it away at once
      const auto order = BitOrder::of(read_from_low_end(sender.has), Bitfield(count));
      REQUIRE(order);
      for (const PieceIndex piece : sender.order) {
        order->on_have(piece);
        REQUIRE(order->verdict() != Verdict::high_bit_first);
      }
      CHECK(order->verdict() == Verdict::low_bit_first);
      CHECK(order->low_reading().complete());
    }
  }
}

TEST_CASE("whoever counts from the high end is cleared, however many haves repeat its bitfield", "[bit_order]") {
  for (const std::uint32_t repeats : {0u, 1u, 5u, 20u, 97u}) {
    std::uint32_t cleared = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      Sender sender(488, 97, seed);
      const auto order = BitOrder::of(sender.has, Bitfield(488));
      std::vector<PieceIndex> held;
      sender.has.for_each([&](PieceIndex piece) { held.push_back(piece); });
      sender.random.shuffle(std::span(held));
      for (std::uint32_t i = 0; i < repeats; ++i) order->on_have(held[i]);
      for (const PieceIndex piece : sender.order) {
        order->on_have(piece);
        REQUIRE(order->verdict() != Verdict::low_bit_first);
        if (order->verdict() == Verdict::high_bit_first) break;
      }
      cleared += order->verdict() == Verdict::high_bit_first;
    }
    CHECK(cleared == 200);
  }
}

TEST_CASE("a peer that announces nothing but what it has is not misjudged", "[bit_order]") {
  const auto order = order_of(std::string("1110") + std::string(484, '0'));
  for (std::uint32_t i = 0; i < 3; ++i) order->on_have(PieceIndex{i});
  CHECK(order->verdict() == Verdict::open);
}

TEST_CASE("a repeat counts once", "[bit_order]") {
  const auto order = order_of(std::string(4, '1') + std::string(60, '0'));
  for (int i = 0; i < 100; ++i) {
    order->on_have(PieceIndex{0});
    order->on_have(PieceIndex{20});
    order->on_have(PieceIndex{7});
  }
  CHECK(order->verdict() == Verdict::open);
}

}  // namespace
}  // namespace p2p
