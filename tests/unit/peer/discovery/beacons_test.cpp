// What the nodes of a network say and hear on a link, and what others make of it.
#include "peer/discovery/beacons.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/networks.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::hex;
using test::private_network;
using test::text;

constexpr Instant kStart{1'000s};
const PeerId kPeer{0x12345678};

/// "here 5000 305419896", "who", or "nothing".
std::string heard(Beacons& by, const Bytes& datagram, Instant at = kStart) {
  const auto beacon = by.hear(datagram, at);
  if (!beacon) return "nothing";
  if (beacon->kind == Beacon::Kind::who_is_there) return "who";
  return "here " + std::to_string(beacon->port) + " " + std::to_string(beacon->peer.value);
}

TEST_CASE("an open network's datagrams are its beacons", "[beacon]") {
  const Beacons lab{Network("lab")};
  CHECK(lab.here_i_am(5000, kPeer) == hex("7032704c414e0a01 961a0b0890140ea5 01 00 1388 12345678"));
  CHECK(lab.who_is_there() == hex("7032704c414e0a01 961a0b0890140ea5 02 00 0000 00000000"));
}

TEST_CASE("nodes of a network hear each other", "[beacon]") {
  for (const Network& network : {Network("lab"), private_network()}) {
    const Beacons one(network);
    Beacons other(network);
    CHECK(heard(other, one.here_i_am(5000, kPeer)) == "here 5000 305419896");
    CHECK(heard(other, one.who_is_there()) == "who");
  }
}

TEST_CASE("nodes of different networks hear nothing of each other", "[beacon]") {
  const std::vector<Network> networks{Network("lab"), Network("lab2"), private_network(), private_network("lab", 1),
                                      private_network("lab2")};
  for (std::size_t i = 0; i < networks.size(); ++i)
    for (std::size_t k = 0; k < networks.size(); ++k) {
      const Beacons one(networks[i]);
      Beacons other(networks[k]);
      CHECK((heard(other, one.here_i_am(5000, kPeer)) == "nothing") == (i != k));
      CHECK((heard(other, one.who_is_there()) == "nothing") == (i != k));
    }
}

TEST_CASE("a private network's datagram is a box, and shows nothing of what is in it", "[beacon]") {
  const Network network = private_network();
  const Beacons beacons(network);
  const Bytes here = beacons.here_i_am(5000, kPeer);
  CHECK(here.size() == 52);
  CHECK(beacons.who_is_there().size() == here.size());
  CHECK(here != beacons.here_i_am(5000, kPeer));
  const NetworkTag tag = network_tag(network);
  for (const Bytes& clear : {text("p2pLAN"), text("lab"), hex("12345678"), Bytes(tag.begin(), tag.end())})
    CHECK(std::ranges::search(here, clear).empty());
  CHECK(network.open(here) == hex("7032704c414e0a01 b8ccad8a2c62799f 01 00 1388 12345678"));
}

TEST_CASE("the bytes of a private network's beacon, by another program", "[beacon]") {
  Beacons beacons(private_network());
  const Bytes box =
      hex("070000004041424344454647"
          "5c36f0223da8439f877f985894bc2d3feece37b22c9c815e149058a2baef99e647407378d4d4686f");
  CHECK(heard(beacons, box) == "here 5000 305419896");
  // Whoever sends it again is heard again: it is a hint.
  CHECK(heard(beacons, box, kStart + 24h) == "here 5000 305419896");
}

TEST_CASE("a box with anything else than a beacon of the network is none", "[beacon]") {
  const Network network = private_network();
  Beacons beacons(network);
  const auto good = encode(Beacon{network_tag(network), Beacon::Kind::here_i_am, 5000, kPeer});
  CHECK(heard(beacons, network.seal(good)) != "nothing");
  CHECK(heard(beacons, network.seal(encode(
                           Beacon{network_tag(Network("lab")), Beacon::Kind::here_i_am, 5000, kPeer}))) == "nothing");
  CHECK(heard(beacons, network.seal(Bytes(24))) == "nothing");
  Bytes longer(good.begin(), good.end());
  longer.push_back({});
  CHECK(heard(beacons, network.seal(longer)) == "nothing");
  CHECK(heard(beacons, network.seal({})) == "nothing");
  CHECK(heard(beacons, {}) == "nothing");
  CHECK(heard(beacons, Bytes(good.begin(), good.end())) == "nothing");
}

TEST_CASE("a flood of what is not of the network keeps nobody from being heard", "[beacon]") {
  std::mt19937 random(1);
  for (const Network& network : {Network("lab"), private_network()}) {
    const Beacons honest(network);
    Beacons node(network);
    std::vector<Bytes> foreign{Beacons(Network("other")).here_i_am(5000, kPeer),
                               Beacons(private_network("other")).here_i_am(5000, kPeer)};
    for (const std::size_t size : {0u, 24u, 52u, 512u}) {
      foreign.emplace_back(size);
      for (std::byte& byte : foreign.back()) byte = static_cast<std::byte>(random());
    }
    for (std::uint32_t i = 0; i < 10 * Beacons::kBurst; ++i)
      REQUIRE(heard(node, foreign[i % foreign.size()]) == "nothing");
    CHECK(heard(node, honest.who_is_there()) == "who");
  }
}

TEST_CASE("so many of the network's own are heard at once, and so many a minute", "[beacon]") {
  for (const Network& network : {Network("lab"), private_network()}) {
    Beacons node(network);
    const Bytes datagram = node.here_i_am(5000, kPeer);
    std::uint32_t at_once = 0;
    while (heard(node, datagram) != "nothing") ++at_once;
    CHECK(at_once == Beacons::kBurst);
    std::uint32_t in_a_minute = 0;
    for (Duration passed = 1ms; passed <= 60s; passed += 1ms)
      in_a_minute += heard(node, datagram, kStart + passed) != "nothing";
    CHECK(in_a_minute <= Beacons::kAMinute);
    CHECK(in_a_minute + 2 >= Beacons::kAMinute);
  }
}

}  // namespace
}  // namespace p2p
