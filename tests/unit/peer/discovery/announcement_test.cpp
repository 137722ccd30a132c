// What is put into the DHT, byte for byte, and what is refused of what comes out of it.
#include "peer/discovery/announcement.hpp"

#include <algorithm>
#include <random>
#include <string>

#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/networks.hpp"

namespace p2p {
namespace {

using test::hex;
using test::private_network;
using test::text;
using test::to_hex;
using test::operator+;

const Node kNode{PeerId{1001}, "alpha", 6001};

template <class Digest>
Digest filled(std::uint8_t with) {
  Digest digest;
  digest.fill(std::byte{with});
  return digest;
}

Announcement node() { return {.seal = filled<Sha256Digest>(0xaa), .node = kNode, .holding = {}}; }

Announcement holding(std::string name = "data.bin") {
  return {.seal = filled<Sha256Digest>(0xaa),
          .node = kNode,
          .holding = Holding{std::move(name), filled<ContentId>(0xcc), 0x0102030405060708}};
}

std::string times(std::size_t n, const std::string& digits) {
  std::string picture;
  for (; n > 0; --n) picture += digits;
  return picture;
}

/// "node", "holding", "withdrawal" or "refused".
std::string kind_of(std::span<const std::byte> bytes) {
  const auto value = decode_announcement(bytes);
  if (!value) return "refused";
  if (std::holds_alternative<Withdrawal>(*value)) return "withdrawal";
  return std::get<Announcement>(*value).holding ? "holding" : "node";
}

TEST_CASE("announcements have the bytes that docs/PROTOCOL.md says", "[discovery]") {
  CHECK(to_hex(encode(node()), {1, 1, 32, 4, 2, 2, 5}) ==
        "01 00 " + times(32, "aa") + " 000003e9 1771 0005 616c706861");
  CHECK(to_hex(encode(holding()), {1, 1, 32, 4, 2, 2, 5, 8, 32, 2, 8}) ==
        "01 01 " + times(32, "aa") + " 000003e9 1771 0005 616c706861 0102030405060708 " + times(32, "cc") +
            " 0008 646174612e62696e");
  CHECK(to_hex(encode(Withdrawal{filled<AnnouncementSecret>(0xee)}), {1, 1, 16}) == "01 02 " + times(16, "ee"));
}

TEST_CASE("what was encoded is decoded to the same", "[discovery]") {
  CHECK(std::get<Announcement>(decode_announcement(encode(node())).value()) == node());
  CHECK(std::get<Announcement>(decode_announcement(encode(holding())).value()) == holding());
  const Withdrawal withdrawal{filled<AnnouncementSecret>(0xee)};
  CHECK(std::get<Withdrawal>(decode_announcement(encode(withdrawal)).value()) == withdrawal);
}

TEST_CASE("the longest announcement is as long as it is said to be", "[discovery]") {
  std::string name;
  for (const std::size_t part : {255u, 255u, 255u, 200u, 55u}) name += std::string(part, 'd') + "/";
  name.pop_back();
  Announcement longest = holding(name);
  longest.node.host = std::string(253, 'h');
  const auto bytes = encode(longest);
  CHECK(bytes.size() == kLongestAnnouncement);
  CHECK(std::get<Announcement>(decode_announcement(bytes).value()) == longest);
  CHECK(is_valid(*longest.holding));
  CHECK_FALSE(is_valid(Holding{name + "d"}));
}

TEST_CASE("every beginning of an announcement and everything behind it is refused", "[discovery]") {
  for (const auto& whole : {encode(node()), encode(holding()), encode(Withdrawal{})}) {
    for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(decode_announcement(std::span(whole).first(n)));
    CHECK_FALSE(decode_announcement(whole + hex("00")));
    CHECK_FALSE(decode_announcement(whole + Bytes(2'000)));
  }
}

TEST_CASE("announcements of other versions and kinds are refused", "[discovery]") {
  for (const std::size_t at : {0u, 1u}) {
    auto bytes = encode(node());
    bytes[at] = std::byte{9};
    CHECK(kind_of(bytes) == "refused");
    bytes[at] = std::byte{255};
    CHECK(kind_of(bytes) == "refused");
  }
  auto nothing = encode(node());
  nothing[0] = std::byte{0};
  CHECK(kind_of(nothing) == "refused");
}

TEST_CASE("a node is announced with an ID, a port and a host that can be dialled", "[discovery]") {
  const auto bytes = [](const std::string& id, const std::string& port, const std::string& host) {
    const auto length = static_cast<std::byte>(host.size());
    return hex("0100" + times(32, "aa") + id + port + "00") + Bytes{length} + text(host);
  };
  CHECK(kind_of(bytes("7fffffff", "ffff", "a")) == "node");
  CHECK(kind_of(bytes("00000000", "0001", "::1")) == "node");
  CHECK(kind_of(bytes("80000000", "0001", "a")) == "refused");
  CHECK(kind_of(bytes("00000001", "0000", "a")) == "refused");
  for (const std::string host : {"", "a b", "a\n", "a/b", "[::1]", "$(reboot)", "h\xc3\xb6st"}) {
    INFO(host);
    CHECK(kind_of(bytes("00000001", "0001", host)) == "refused");
  }
  CHECK(kind_of(bytes("00000001", "0001", std::string(253, 'h'))) == "node");
  CHECK(kind_of(bytes("00000001", "0001", std::string(254, 'h'))) == "refused");
}

TEST_CASE("a holding is announced with a name that may become a file", "[discovery]") {
  const auto bytes = [](const std::string& name) {
    Bytes length = {static_cast<std::byte>(name.size() >> 8), static_cast<std::byte>(name.size() & 255)};
    return hex("0101" + times(32, "aa") + "00000001" + "0001" + "0001" + "61" + "0000000000000000" + times(32, "cc")) +
           length + text(name);
  };
  for (const std::string name : {"a", "a/b",
                                 "gr\xc3\xbc\xc3\x9f"
                                 "e",
                                 "with blank", "-rf"}) {
    INFO(name);
    CHECK(kind_of(bytes(name)) == "holding");
  }
  for (const std::string name : {"", "/etc/passwd", "../x", "a/../b", "a//b", ".", "a\x1b[2J", "a\xff", "a\n"}) {
    INFO(name);
    CHECK(kind_of(bytes(name)) == "refused");
  }
  CHECK(kind_of(bytes(std::string(255, 'n'))) == "holding");
  CHECK(kind_of(bytes(std::string(256, 'n'))) == "refused");
}

TEST_CASE("a node keeps announcements alone, under their own number", "[discovery]") {
  const auto bytes = encode(holding());
  const Network lab("lab");
  CHECK(may_store(bytes, announcement_number(bytes), lab));
  CHECK_FALSE(may_store(bytes, announcement_number(bytes) + 1, lab));
  const auto withdrawal = encode(Withdrawal{});
  CHECK_FALSE(may_store(withdrawal, announcement_number(withdrawal), lab));
  CHECK_FALSE(may_store(text("anything"), announcement_number(text("anything")), lab));
}

TEST_CASE("who knows an announcement's secret may take it back, and nobody else", "[discovery]") {
  const auto secret = filled<AnnouncementSecret>(0xee);
  Announcement sealed = holding();
  sealed.seal = seal_of(secret);
  for (const Network& network : {Network("lab"), private_network()}) {
    const auto value_of = [&](const auto& said) { return to_value(encode(said), network); };
    const auto kept = value_of(sealed);
    CHECK(may_replace(kept, value_of(Withdrawal{secret}), network));
    CHECK_FALSE(may_replace(kept, value_of(Withdrawal{filled<AnnouncementSecret>(0xef)}), network));
    CHECK_FALSE(may_replace(kept, kept, network));
    CHECK_FALSE(may_replace(kept, value_of(node()), network));
    CHECK_FALSE(may_replace(value_of(Withdrawal{secret}), kept, network));
    CHECK_FALSE(may_replace(kept, {}, network));
    CHECK_FALSE(may_replace({}, value_of(Withdrawal{secret}), network));
  }
}

TEST_CASE("an open network's values are the encodings", "[discovery]") {
  const Network lab("lab");
  for (const auto& encoding : {encode(node()), encode(holding()), encode(Withdrawal{})}) {
    CHECK(to_value(encoding, lab) == encoding);
    CHECK(read_value(encoding, lab) == decode_announcement(encoding));
  }
  CHECK(longest_value(lab) == kLongestAnnouncement);
}

TEST_CASE("a private network's values are boxes that members alone read", "[discovery]") {
  const Network lab = private_network();
  for (const auto& encoding : {encode(node()), encode(holding()), encode(Withdrawal{})}) {
    const Bytes value = to_value(encoding, lab);
    CHECK(read_value(value, lab) == decode_announcement(encoding));
    CHECK(value != to_value(encoding, lab));
    CHECK_FALSE(decode_announcement(value));
    for (const Network& other : {Network("lab"), private_network("lab", 1), private_network("lab2")})
      CHECK_FALSE(read_value(value, other));
    CHECK_FALSE(read_value(encoding, lab));
    for (const Bytes& clear : {text("alpha"), text("data.bin"), text("lab"), hex("000003e91771"), hex("aaaaaaaa")})
      CHECK(std::ranges::search(value, clear).empty());
  }
  // By another program.
  const auto withdrawal = read_value(
      hex("0700000040414243444546472d066e809208a770d15ddb3c5630ba4e0120a43a3ea8d726e7d3f35b4785b14fb268d4e3ef7f4bc70005"
          "5693b38a681459e08f1ff2f0382827082824c3aeb832049a47335a45002299d3b93d253c96421debba086dc70d47423960a200f5567d"
          "43e7db3d7a6dcc7a0edd1c76d47877063a1752ad2cd4b5b02cc1e0355164e3d9be5d779081d97c3b12272acc80da22b8363ea2cadc59"
          "45771f9634cf0a40410a2965fd900ddb0ad20634f5f4047cda1fb843e9e34050c00c3b259f88ab806fc0d6447c2b5010e376c4136555"
          "3991b5d1393ac13bb19e0773adc556d3e2f98398f18d90c7b509bae1c801c79b7e9b8961de75315f6dc46e8fc1f8299ebf99e28b2344"
          "cb4968c755ae29a331cb88486c4f"),
      lab);
  REQUIRE(withdrawal);
  CHECK(std::get<Withdrawal>(*withdrawal) == Withdrawal{filled<AnnouncementSecret>(0xee)});
}

TEST_CASE("the length of a box says little of what is in it", "[discovery]") {
  const Network lab = private_network();
  const std::size_t usual = to_value(encode(Withdrawal{}), lab).size();
  CHECK(usual == 256 + Network::kBoxBytes);
  CHECK(to_value(encode(node()), lab).size() == usual);
  CHECK(to_value(encode(holding("a")), lab).size() == usual);
  CHECK(to_value(encode(holding(std::string(100, 'a'))), lab).size() == usual);
  Bytes longest(kLongestAnnouncement);
  CHECK(to_value(longest, lab).size() == longest_value(lab));
  CHECK(longest_value(lab) == 6 * 256 + Network::kBoxBytes);
}

TEST_CASE("what is sealed is filled up in one way", "[discovery]") {
  const Network lab = private_network();
  const auto reads = [&](Bytes encoding, std::size_t size, unsigned mark = 0x80) {
    encoding.push_back(std::byte(mark));
    encoding.resize(size);
    return read_value(lab.seal(encoding), lab).has_value();
  };
  CHECK(reads(encode(node()), 256));
  for (const std::size_t size : {encode(node()).size() + 1, std::size_t{255}, std::size_t{257}, std::size_t{512}})
    CHECK_FALSE(reads(encode(node()), size));
  CHECK_FALSE(reads(encode(node()), 256, 0x81));
  CHECK_FALSE(reads(encode(node()), 256, 0));
  CHECK_FALSE(reads({}, 256));
  CHECK_FALSE(read_value(lab.seal({}), lab));
  CHECK_FALSE(read_value(lab.seal(Bytes(256)), lab));
}

TEST_CASE("a node of a private network keeps its members' announcements alone", "[discovery]") {
  const Network lab = private_network();
  const auto stores = [&](const Bytes& value) { return may_store(value, announcement_number(value), lab); };
  const Bytes good = to_value(encode(holding()), lab);
  CHECK(stores(good));
  CHECK_FALSE(may_store(good, announcement_number(good) + 1, lab));
  CHECK_FALSE(stores(encode(holding())));
  CHECK_FALSE(stores(to_value(encode(Withdrawal{}), lab)));
  CHECK_FALSE(stores(to_value(encode(holding()), private_network("lab", 1))));
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= std::byte{1};
    REQUIRE_FALSE(stores(bad));
  }
  // Who shows the secret in clear, as in an open network, replaces nothing.
  const auto secret = filled<AnnouncementSecret>(0xee);
  Announcement sealed = holding();
  sealed.seal = seal_of(secret);
  CHECK_FALSE(may_replace(to_value(encode(sealed), lab), encode(Withdrawal{secret}), lab));
  CHECK_FALSE(
      may_replace(to_value(encode(sealed), lab), to_value(encode(Withdrawal{secret}), private_network("lab", 1)), lab));
}

TEST_CASE("the seal hides the secret", "[discovery]") {
  CHECK(to_hex(seal_of(AnnouncementSecret{})) == "374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb");
}

TEST_CASE("mutated announcements are refused or mean what they say", "[discovery][random]") {
  const std::uint64_t seed = 20250117;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  int accepted = 0;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    auto bytes = round % 2 == 0 ? encode(node()) : encode(holding());
    for (std::size_t n = random() % 3 + 1; n > 0; --n)
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    const auto value = decode_announcement(bytes);
    if (!value) continue;
    ++accepted;
    if (const auto* announcement = std::get_if<Announcement>(&*value)) REQUIRE(encode(*announcement) == bytes);
  }
  CHECK(accepted > kRounds / 100);
  CHECK(accepted < kRounds);
}

}  // namespace
}  // namespace p2p
