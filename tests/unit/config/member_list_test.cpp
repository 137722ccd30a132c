// Member lists: what is accepted, what is refused and with which words.
#include "config/member_list.hpp"

#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/findings.hpp"

namespace p2p::config {
namespace {

const std::string kFirst = "peerProcess members 1\n";

std::vector<Member> parse(std::string_view text) { return parse_member_list(text, "m"); }

std::string wrong(const std::string& text) {
  return findings_of([&] { parse(text); });
}

MemberAddress v4(unsigned a, unsigned b, unsigned c, unsigned d, std::uint16_t port) {
  return MemberAddress::v4({std::byte(a), std::byte(b), std::byte(c), std::byte(d)}, port);
}

TEST_CASE("a member list is read", "[member_list]") {
  const auto members = parse(kFirst +
                             "192.0.2.7:5000 1234 0\n[fe80:0:0:0:1:a0:0:1]:65535 "
                             "2147483647 0\n127.0.0.1:1 0 86400\n");
  REQUIRE(members.size() == 3);
  CHECK(members[0] == Member{v4(192, 0, 2, 7, 5000), 1234, 0});
  CHECK(members[1].address.ip[0] == std::byte{0xfe});
  CHECK(members[1].address.ip[11] == std::byte{0xa0});
  CHECK(members[1].address.host() == "fe80:0:0:0:1:a0:0:1");
  CHECK_FALSE(members[1].address.is_loopback());
  CHECK(members[2].address.is_loopback());
  CHECK(parse(kFirst).empty());
}

TEST_CASE("a list is written as it was read", "[member_list]") {
  const std::string text = kFirst +
                           "10.0.0.1:5000 1 2\n[2001:db8:0:0:0:0:0:1]:5001 2 "
                           "2\n[0:0:0:0:0:0:0:1]:5002 3 9\n";
  CHECK(member_list_text(parse(text)) == text);
}

TEST_CASE("an address has one spelling, and is that of one machine", "[member_list]") {
  for (const std::string address : {"10.0.0.1",
                                    "10.0.0.1:0",
                                    "10.0.0.1:65536",
                                    "10.0.0.01:5",
                                    "10.0.0:5",
                                    "10.0.0.1.1:5",
                                    "10.0.0.256:5",
                                    "10.0.0.1:05",
                                    "0.0.0.0:5",
                                    "0.1.2.3:5",
                                    "224.0.0.1:5",
                                    "255.255.255.255:5",
                                    "host:5",
                                    "localhost:5",
                                    "[::1]:5",
                                    "[fe80:0:0:0:0:0:0:1%eth0]:5",
                                    "[0:0:0:0:0:0:0:0]:5",
                                    "[ff02:0:0:0:0:0:0:1]:5",
                                    "[0:0:0:0:0:ffff:a00:1]:5",
                                    "[FE80:0:0:0:0:0:0:1]:5",
                                    "[fe80:0:0:0:0:0:0:01]:5",
                                    "[1:2:3:4:5:6:7:8:9]:5",
                                    "[1:2]:5",
                                    "[1:2:3:4:5:6:7:12345]:5",
                                    "1:2:3:4:5:6:7:8:5",
                                    "[1:2:3:4:5:6:7:8:5",
                                    ":5",
                                    ""}) {
    CAPTURE(address);
    CHECK(wrong(kFirst + address + " 1 2\n").find("m:2:1: is ") == 0);
  }
}

TEST_CASE("what is wrong with a member list is said with its place", "[member_list]") {
  CHECK(wrong("") == "m:1:1: the line has no end, expected a newline");
  CHECK(wrong("peerProcess members 2\n") ==
        "m:1:1: is \"peerProcess members 2\", expected \"peerProcess members "
        "1\"");
  CHECK(wrong(kFirst + "\n") ==
        "m:2:1: is \"\", expected ADDRESS:PORT ID "
        "SECONDS, such as 192.0.2.7:5000 1234 5");
  CHECK(wrong(kFirst + "10.0.0.1:5 1 2") == "m:2:15: the line has no end, expected a newline");
  CHECK(wrong(kFirst + "10.0.0.1:5 x 2\n") == "m:2:12: is \"x\", expected an ID from 0 to 2147483647");
  CHECK(wrong(kFirst + "10.0.0.1:5 2147483648 2\n") ==
        "m:2:12: is \"2147483648\", expected an ID from 0 to 2147483647");
  CHECK(wrong(kFirst + "10.0.0.1:5 1\n") == "m:2:12: is \"1\", expected an ID from 0 to 2147483647");
  CHECK(wrong(kFirst + "10.0.0.1:5 1 \n") == "m:2:14: is \"\", expected seconds from 0 to 86400");
  CHECK(wrong(kFirst + "10.0.0.1:5 1 2 \n") == "m:2:14: is \"2 \", expected seconds from 0 to 86400");
  CHECK(wrong(kFirst + "10.0.0.1:5 1 86401\n") == "m:2:14: is \"86401\", expected seconds from 0 to 86400");
  CHECK(wrong(kFirst + "10.0.0.1:5 1 2\r\n") == "m:2:14: is \"2\\x0d\", expected seconds from 0 to 86400");
  CHECK(wrong(kFirst + "10.0.0.1:5 1 7\n10.0.0.2:5 1 6\n") == "m:3:14: is 6 behind 7, expected the latest first");
  CHECK(wrong(kFirst + "10.0.0.1:5 1 7\n10.0.0.1:5 2 7\n") == "m:3:1: \"10.0.0.1:5\" is there twice");
}

TEST_CASE("a list has a bounded length", "[member_list]") {
  std::vector<Member> members;
  for (unsigned i = 0; i < kMostMembers; ++i) {
    MemberAddress longest{.port = 65'535};
    longest.ip.fill(std::byte{0xfd});
    longest.ip[14] = std::byte(i >> 8 | 0x10);
    longest.ip[15] = std::byte(i & 0xff);
    members.push_back({longest, Member::kMaxId, Member::kMaxAge});
  }
  const std::string text = member_list_text(members);
  CHECK(text.size() <= kMaxMemberListBytes);
  CHECK(parse(text) == members);
  CHECK(wrong(text + "10.0.0.1:5 1 86400\n").find("one member more, expected at most 4096") != std::string::npos);
  CHECK(wrong(std::string(kMaxMemberListBytes + 1, '\n')).find("bytes, expected at most") != std::string::npos);
}

}  // namespace
}  // namespace p2p::config
