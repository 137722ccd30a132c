// The datagram by which nodes on one link find each other.
#include "peer/discovery/beacon.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using Bytes = std::array<std::byte, kBeaconBytes>;

const Beacon kHere{network_tag(Network("lab")), Beacon::Kind::here_i_am, 5000, PeerId{0x12345678}};

TEST_CASE("a beacon is read as it was written", "[beacon]") {
  for (const Beacon& beacon : {kHere, Beacon{network_tag(Network("")), Beacon::Kind::who_is_there, 0, {}}})
    CHECK(decode_beacon(encode(beacon)) == beacon);
}

TEST_CASE("the bytes of a beacon", "[beacon]") {
  const Bytes bytes = encode(kHere);
  std::string text;
  for (const std::byte b : bytes) text += static_cast<char>(b);
  CHECK(text.substr(0, 8) == "p2pLAN\n\x01");
  CHECK(text.substr(16) == std::string("\x01\x00\x13\x88\x12\x34\x56\x78", 8));
  // SHA-256 of "peerProcess beacon\nlab", by another program.
  CHECK(text.substr(8, 8) == std::string("\x96"
                                         "\x1a"
                                         "\x0b"
                                         "\x08"
                                         "\x90"
                                         "\x14"
                                         "\x0e"
                                         "\xa5",
                                         8));
}

TEST_CASE("networks have different tags, and their names are not in them", "[beacon]") {
  CHECK(network_tag(Network("lab")) != network_tag(Network("lab2")));
  const Bytes bytes = encode(kHere);
  const std::string name = "lab";
  CHECK(std::ranges::search(bytes, name, {}, [](std::byte b) { return static_cast<char>(b); }).empty());
}

TEST_CASE("what is no beacon is none", "[beacon]") {
  const Bytes good = encode(kHere);
  const std::vector<std::byte> all(good.begin(), good.end());
  CHECK_FALSE(decode_beacon({}));
  for (std::size_t size = 0; size < all.size(); ++size) CHECK_FALSE(decode_beacon(std::span(all).first(size)));
  std::vector<std::byte> longer = all;
  longer.push_back({});
  CHECK_FALSE(decode_beacon(longer));
  const auto with = [&](std::size_t at, unsigned value) {
    std::vector<std::byte> bytes = all;
    bytes[at] = std::byte(value);
    return decode_beacon(bytes).has_value();
  };
  for (std::size_t at = 0; at < 8; ++at) CHECK_FALSE(with(at, 0));
  for (const unsigned kind : {0u, 3u, 255u}) CHECK_FALSE(with(16, kind));
  CHECK_FALSE(with(16, 2));  // who_is_there has no port
  CHECK_FALSE(with(17, 1));
  CHECK_FALSE(with(20, 255));  // no ID
  CHECK_FALSE(decode_beacon(encode(Beacon{kHere.network, Beacon::Kind::here_i_am, 0, PeerId{1}})));
}

}  // namespace
}  // namespace p2p
