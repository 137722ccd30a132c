// How somebody who asks for members says who asks.
#include "protocol/wire/introduction.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("the bytes of an introduction", "[introduction]") {
  const auto bytes = encode(Introduction{0x1388, true});
  const std::uint8_t expected[] = {0, 0, 0, 4, 11, 0x13, 0x88, 1};
  for (std::size_t i = 0; i < bytes.size(); ++i) CHECK(std::to_integer<std::uint8_t>(bytes[i]) == expected[i]);
}

TEST_CASE("an introduction is read as it was written, and what is none is none", "[introduction]") {
  for (const Introduction& each : {Introduction{}, Introduction{1, false}, Introduction{65'535, true}})
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
}

}  // namespace
}  // namespace p2p
