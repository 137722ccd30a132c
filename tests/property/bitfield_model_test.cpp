// Bitfield against std::vector<bool> under random operations.
#include <algorithm>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/random.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

/// What a bitfield is, written as plainly as can be.
struct Model {
  std::vector<bool> bits;

  std::uint32_t count() const { return static_cast<std::uint32_t>(std::ranges::count(bits, true)); }

  std::uint32_t count_without(const Model& other) const {
    std::uint32_t n = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) n += bits[i] && !other.bits[i];
    return n;
  }

  /// High bit first, spare bits zero.
  Bytes wire() const {
    Bytes bytes((bits.size() + 7) / 8);
    for (std::size_t i = 0; i < bits.size(); ++i)
      if (bits[i]) bytes[i / 8] |= std::byte{0x80} >> (i % 8);
    return bytes;
  }

  std::vector<std::uint32_t> members() const {
    std::vector<std::uint32_t> all;
    for (std::uint32_t i = 0; i < bits.size(); ++i)
      if (bits[i]) all.push_back(i);
    return all;
  }
};

std::vector<std::uint32_t> members(const Bitfield& set) {
  std::vector<std::uint32_t> all;
  set.for_each([&](PieceIndex piece) { all.push_back(piece.value); });
  return all;
}

void require_same(const Bitfield& set, const Model& model) {
  REQUIRE(set.count() == model.count());
  REQUIRE(set.complete() == (model.count() == model.bits.size()));
  REQUIRE(members(set) == model.members());
  Bytes wire;
  set.append_wire(wire);
  REQUIRE(test::to_hex(wire) == test::to_hex(model.wire()));
  const auto read = Bitfield::from_wire(wire, set.size());
  REQUIRE(std::holds_alternative<Bitfield>(read));
  REQUIRE(std::get<Bitfield>(read) == set);
}

TEST_CASE("a bitfield is what its model is after any operations", "[random]") {
  constexpr std::uint64_t kSeed = 20240615;
  Random random(kSeed);
  for (const std::uint32_t size : {1u, 2u, 7u, 8u, 9u, 63u, 64u, 65u, 127u, 128u, 129u, 306u, 1000u}) {
    INFO("seed " << kSeed << ", size " << size);
    Bitfield a(size), b(size);
    Model model_a{std::vector<bool>(size)}, model_b{std::vector<bool>(size)};
    for (int operation = 0; operation < 2000; ++operation) {
      const std::uint32_t at = random.below(size);
      Bitfield& set = random.below(2) == 0 ? a : b;
      Model& model = &set == &a ? model_a : model_b;
      // More set than reset, so that the set becomes full now and then.
      if (random.below(8) < 5) {
        REQUIRE(set.set(PieceIndex{at}) == !model.bits[at]);
        model.bits[at] = true;
      } else {
        REQUIRE(set.reset(PieceIndex{at}) == model.bits[at]);
        model.bits[at] = false;
      }
      REQUIRE(set.test(PieceIndex{at}) == model.bits[at]);
      if (operation % 50 != 0) continue;
      require_same(set, model);
      REQUIRE(a.count_without(b) == model_a.count_without(model_b));
      REQUIRE((a == b) == (model_a.bits == model_b.bits));
      std::vector<std::uint32_t> common;
      a.for_each_common(b, [&](PieceIndex piece) { common.push_back(piece.value); });
      std::vector<std::uint32_t> expected;
      std::ranges::set_intersection(model_a.members(), model_b.members(), std::back_inserter(expected));
      REQUIRE(common == expected);
    }
  }
}

TEST_CASE("every payload of two bytes is a bitfield or has spare bits", "[random]") {
  for (const std::uint32_t size : {9u, 12u, 15u, 16u})
    for (unsigned value = 0; value < 0x10000; ++value) {
      const Bytes payload = {static_cast<std::byte>(value >> 8), static_cast<std::byte>(value)};
      const auto result = Bitfield::from_wire(payload, size);
      const bool spare = (value & (0xffffu >> size)) != 0;
      if (std::holds_alternative<Violation>(result) != spare) {
        INFO("size " << size << ", payload " << test::to_hex(payload));
        FAIL("spare bits misjudged");
      }
      if (spare) continue;
      Bytes again;
      std::get<Bitfield>(result).append_wire(again);
      if (again != payload) {
        INFO("size " << size << ", payload " << test::to_hex(payload));
        FAIL("read and written differently");
      }
    }
}

}  // namespace
}  // namespace p2p
