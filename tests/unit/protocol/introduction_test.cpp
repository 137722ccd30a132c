// How somebody who asks for members says who asks.
#include "protocol/wire/introduction.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("the bytes of an introduction", "[introduction]") {
  const auto bytes = encode(Introduction{0x1388, true});
  const std::uint8_t expected[] = {0, 0, 0, 4, 11, 0x13, 0x88, 1};
  for (std::size_t i = 0; i < bytes.size(); ++i) CHECK(std::to_integer<std::uint8_t>(bytes[i]) == expected[i]);
}

TEST_CASE("an introduction may name a content that is wanted", "[introduction]") {
  std::array<std::byte, 32> id{};
  id[0] = std::byte{0xab};
  const auto bytes = encode(Introduction{0, false, id});
  REQUIRE(bytes.size() == 40);
  CHECK(bytes[3] == std::byte{36});
  CHECK(std::ranges::equal(std::span(bytes).subspan(8), id));
  // The length tells how much to read.
  CHECK(introduction_bytes(std::span(bytes).first<8>()) == 40);
  const auto shortest = encode(Introduction{});
  CHECK(introduction_bytes(std::span(shortest).first<8>()) == 8);
  CHECK_FALSE(decode_introduction(std::span(bytes).first(8)));
  CHECK_FALSE(decode_introduction(std::span(bytes).first(7)));
}

TEST_CASE("an introduction is read as it was written, and what is none is none", "[introduction]") {
  std::array<std::byte, 32> id{};
  id[31] = std::byte{7};
  for (const Introduction& each :
       {Introduction{}, Introduction{1, false}, Introduction{65'535, true}, Introduction{0, false, id}})
    CHECK(decode_introduction(encode(each)) == each);
  const auto with = [](Introduction introduction, std::size_t at, unsigned value) {
    auto bytes = encode(introduction);
    bytes[at] = std::byte(value);
    return decode_introduction(bytes).has_value();
  };
  CHECK_FALSE(with({5000, false}, 0, 1));
  CHECK_FALSE(with({5000, false}, 3, 5));
  CHECK_FALSE(with({5000, false}, 4, 10));
  CHECK_FALSE(with({5000, false}, 7, 2));
  CHECK(with({5000, false}, 7, 1));
  // Whoever does not listen does not leave either.
  CHECK_FALSE(with({}, 7, 1));
  CHECK_FALSE(with({5000, false, id}, 7, 1));
  CHECK_FALSE(with({5000, false, id}, 3, 37));
}

}  // namespace
}  // namespace p2p
