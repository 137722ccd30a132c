// What comes before a handshake, and what its reserved bytes mean.
#include "protocol/door/door.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/porch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST_CASE("where reserved bytes mean nothing, they do not", "[door]") {
  Porch porch;
  porch.shop.classic = true;
  porch.shop.extended = false;
  const CallerId odd = porch.comes();
  porch.says(odd, Features{.fetch_catalog = true, .content = kNothing});
  CHECK(porch.fate(odd) == "exchange");
}

TEST_CASE("some haves may come before the handshake, in any portions", "[door]") {
  const std::size_t haves = GENERATE(1u, 3u, kMostEarlyHaves);
  Porch porch;
  const CallerId caller = porch.comes();
  std::vector<std::byte> sent;
  for (std::size_t i = 0; i < haves; ++i)
    for (const unsigned byte : {0u, 0u, 0u, 5u, 4u, 0u, 0u, 0u, 7u}) sent.push_back(std::byte(byte));
  const auto greeting = encode(Handshake{PeerId{7}, encode(Features{.content = kModel})});
  sent.insert(sent.end(), greeting.begin(), greeting.end());
  for (std::size_t count = 1; count <= sent.size(); ++count) {
    CHECK(porch.fate(caller).empty());
    CHECK(Door::greeting_bytes(std::span(sent).first(count)) <= sent.size());
    porch.door.on_bytes(caller, std::span(sent).first(count), porch.now);
    porch.settle();
  }
  CHECK(porch.fate(caller) == "exchange");
  CHECK(Door::greeting_bytes(sent) == sent.size());
}

TEST_CASE("endless haves, and other frames, are no greeting", "[door]") {
  Porch porch;
  const CallerId endless = porch.comes(), other = porch.comes();
  std::vector<std::byte> sent;
  for (std::size_t i = 0; i <= kMostEarlyHaves; ++i)
    for (const unsigned byte : {0u, 0u, 0u, 5u, 4u, 0u, 0u, 0u, 7u}) sent.push_back(std::byte(byte));
  porch.door.on_bytes(endless, sent, porch.now);
  porch.door.on_bytes(other, std::array{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}}, porch.now);
  porch.settle();
  CHECK(porch.fate(endless).starts_with("out: protocol violation"));
  CHECK(porch.fate(other).starts_with("out: protocol violation"));
}

}  // namespace
}  // namespace p2p
