// What is put into the DHT, byte for byte, and what is refused of what comes out of it.
#include "peer/discovery/announcement.hpp"

#include <random>
#include <string>

#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using test::hex;
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
  CHECK(may_store(bytes, announcement_number(bytes)));
  CHECK_FALSE(may_store(bytes, announcement_number(bytes) + 1));
  const auto withdrawal = encode(Withdrawal{});
  CHECK_FALSE(may_store(withdrawal, announcement_number(withdrawal)));
  CHECK_FALSE(may_store(text("anything"), announcement_number(text("anything"))));
}

TEST_CASE("who knows an announcement's secret may take it back, and nobody else", "[discovery]") {
  const auto secret = filled<AnnouncementSecret>(0xee);
  Announcement sealed = holding();
  sealed.seal = seal_of(secret);
  const auto kept = encode(sealed);
  CHECK(may_replace(kept, encode(Withdrawal{secret})));
  CHECK_FALSE(may_replace(kept, encode(Withdrawal{filled<AnnouncementSecret>(0xef)})));
  CHECK_FALSE(may_replace(kept, kept));
  CHECK_FALSE(may_replace(kept, encode(node())));
  CHECK_FALSE(may_replace(encode(Withdrawal{secret}), kept));
  CHECK_FALSE(may_replace(kept, {}));
  CHECK_FALSE(may_replace({}, encode(Withdrawal{secret})));
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
