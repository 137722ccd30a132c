// Sets of pieces, and their form on the wire.
#include "protocol/bitfield.hpp"

#include <string>

#include "tests/support/aborts.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/piece_map.hpp"

namespace p2p {
namespace {

using test::hex;
using test::picture;
using test::pieces;

std::string on_wire(const Bitfield& set) {
  Bytes bytes;
  set.append_wire(bytes);
  return test::to_hex(bytes);
}

/// The set as a picture, or why it was refused.
std::string from_wire(std::string_view payload, std::uint32_t size) {
  const auto result = Bitfield::from_wire(hex(payload), size);
  if (const auto* violation = std::get_if<Violation>(&result)) return violation->reason;
  return picture(std::get<Bitfield>(result));
}

TEST_CASE("pieces are put in and taken out, and counted", "[bitfield]") {
  Bitfield set(5);
  CHECK(picture(set) == "00000");
  CHECK(set.set(PieceIndex{2}));
  CHECK_FALSE(set.set(PieceIndex{2}));
  CHECK(set.set(PieceIndex{4}));
  CHECK(picture(set) == "00101");
  CHECK(set.count() == 2);
  CHECK(set.reset(PieceIndex{2}));
  CHECK_FALSE(set.reset(PieceIndex{2}));
  CHECK(picture(set) == "00001");
  CHECK(set.count() == 1);
}

TEST_CASE("a set with all pieces is complete, also around the size of a word", "[bitfield]") {
  for (const std::uint32_t size : {1u, 63u, 64u, 65u, 128u, 306u}) {
    INFO(size);
    Bitfield set = Bitfield::full(size);
    CHECK(set.count() == size);
    CHECK(set.complete());
    CHECK(picture(set) == std::string(size, '1'));
    CHECK(set == pieces(std::string(size, '1')));  // no stray bits behind the end
    set.reset(PieceIndex{size - 1});
    CHECK_FALSE(set.complete());
  }
}

TEST_CASE("the high bit of the first byte is piece 0, and spare bits are zero", "[bitfield]") {
  CHECK(on_wire(pieces("1")) == "80");
  CHECK(on_wire(pieces("10000000")) == "80");
  CHECK(on_wire(pieces("00000001")) == "01");
  CHECK(on_wire(pieces("10110")) == "b0");
  CHECK(on_wire(pieces("000000001")) == "0080");
  CHECK(on_wire(pieces("111111111")) == "ff80");
  CHECK(on_wire(pieces("00000")) == "00");
}

TEST_CASE("the course's example of 306 pieces takes 39 bytes, the last with two bits", "[bitfield]") {
  const std::string full = on_wire(Bitfield::full(306));
  CHECK(full.size() == 2 * 39);
  std::string expected;
  for (int i = 0; i < 38; ++i) expected += "ff";
  CHECK(full == expected + "c0");
  CHECK(from_wire(full, 306) == std::string(306, '1'));

  Bitfield last(306);
  last.set(PieceIndex{305});
  CHECK(on_wire(last).ends_with("0040"));
}

TEST_CASE("a payload is read to the letter", "[bitfield]") {
  CHECK(from_wire("b0", 5) == "10110");
  CHECK(from_wire("00", 5) == "00000");
  CHECK(from_wire("0180", 9) == "000000011");
  CHECK(from_wire("0000000000000000 80", 65) == std::string(64, '0') + "1");
}

TEST_CASE("a bitfield of zero bytes is the empty set", "[bitfield]") { CHECK(from_wire("", 5) == "00000"); }

TEST_CASE("a bitfield of another length is a violation", "[bitfield]") {
  CHECK(from_wire("b000", 5) == "bitfield of 2 bytes, expected 1 for 5 pieces");
  CHECK(from_wire("ff", 9) == "bitfield of 1 bytes, expected 2 for 9 pieces");
}

TEST_CASE("set spare bits are a violation", "[bitfield]") {
  CHECK(from_wire("b1", 5) == "bitfield with spare bits set");
  CHECK(from_wire("fc", 5) == "bitfield with spare bits set");
  CHECK(from_wire("21", 5) == "bitfield with spare bits set");
  CHECK(from_wire("ffff", 9) == "bitfield with spare bits set");
}

TEST_CASE("spare bits in the pattern of low-end numbering are a violation that says so", "[bitfield]") {
  const std::string hint =
      "bitfield with spare bits set (the remote seems to number bits from the low end; the high bit is piece 0)";
  CHECK(from_wire("1f", 5) == hint);    // all of five
  CHECK(from_wire("01", 5) == hint);    // the first of five
  CHECK(from_wire("ff01", 9) == hint);  // all of nine
  std::string all;
  for (int i = 0; i < 38; ++i) all += "ff";
  CHECK(from_wire(all + "03", 306) == hint);
}

TEST_CASE("with a piece for every bit there are no spare bits", "[bitfield]") {
  CHECK(from_wire("01", 8) == "00000001");
  CHECK(from_wire("ff", 8) == "11111111");
}

TEST_CASE("pieces that another set lacks are counted", "[bitfield]") {
  CHECK(pieces("10110").count_without(pieces("00100")) == 2);
  CHECK(pieces("10110").count_without(pieces("00000")) == 3);
  CHECK(pieces("10110").count_without(pieces("11111")) == 0);
  CHECK(pieces(std::string(70, '1')).count_without(pieces(std::string(70, '0'))) == 70);
}

TEST_CASE("pieces are visited in ascending order", "[bitfield]") {
  Bitfield set(130);
  for (const std::uint32_t i : {129u, 0u, 64u, 63u}) set.set(PieceIndex{i});
  std::string visited;
  set.for_each([&](PieceIndex piece) { visited += std::to_string(piece.value) + " "; });
  CHECK(visited == "0 63 64 129 ");

  visited.clear();
  Bitfield other = Bitfield::full(130);
  other.reset(PieceIndex{63});
  set.for_each_common(other, [&](PieceIndex piece) { visited += std::to_string(piece.value) + " "; });
  CHECK(visited == "0 64 129 ");
}

TEST_CASE("a piece out of range is our own bug", "[bitfield]") {
  Bitfield set(5);
  CHECK(test::aborts([&] { set.set(PieceIndex{5}); }));
  CHECK(test::aborts([&] { (void)set.test(PieceIndex{64}); }));
  CHECK(test::aborts([&] { (void)set.count_without(Bitfield(6)); }));
}

}  // namespace
}  // namespace p2p
