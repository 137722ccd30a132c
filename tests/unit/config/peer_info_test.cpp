// PeerInfo.cfg: what is accepted, what is refused, where and with which words.
#include "config/peer_info.hpp"

#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/findings.hpp"

namespace p2p::config {
namespace {

std::vector<PeerLine> parse(std::string_view text) { return parse_peer_info(text, "PeerInfo.cfg"); }

std::string wrong(std::string_view text) {
  return findings_of([&] { parse(text); });
}

/// "1001 host 6008 1 @1, ...": the lines as they were understood.
std::string understood(std::string_view text) {
  std::string picture;
  for (const PeerLine& peer : parse(text))
    picture += (picture.empty() ? "" : ", ") + std::to_string(peer.id) + " " + peer.host + " " +
               std::to_string(peer.port) + (peer.has_file ? " 1 @" : " 0 @") + std::to_string(peer.line);
  return picture;
}

TEST_CASE("the course's PeerInfo.cfg is read", "[config]") {
  CHECK(understood("1001 lin114-00.cise.ufl.edu 6008 1\n1002 lin114-01.cise.ufl.edu 6008 0\n") ==
        "1001 lin114-00.cise.ufl.edu 6008 1 @1, 1002 lin114-01.cise.ufl.edu 6008 0 @2");
}

TEST_CASE("a PeerInfo.cfg from another system or editor reads the same", "[config]") {
  const std::string same = "1001 a 6008 1 @1, 1002 b 6009 0 @2";
  CHECK(understood("1001 a 6008 1\n1002 b 6009 0") == same);
  CHECK(understood("1001 a 6008 1 \r\n1002 b 6009 0\t\r\n") == same);
  CHECK(understood("\xef\xbb\xbf"
                   "1001\ta   6008\t1\n 1002 b 6009 0 # the slow one\n\n") == same);
  CHECK(understood("# who\n\n1001 a 6008 1") == "1001 a 6008 1 @3");
}

TEST_CASE("the order of PeerInfo.cfg is kept, and several peers may have the file", "[config]") {
  CHECK(understood("7 c 3 1\n5 a 1 1\n6 b 2 0\n") == "7 c 3 1 @1, 5 a 1 1 @2, 6 b 2 0 @3");
}

TEST_CASE("PeerInfo.cfg accepts values up to their limits", "[config]") {
  CHECK(understood("0 a 1 0") == "0 a 1 0 @1");
  CHECK(understood("2147483647 a 65535 1") == "2147483647 a 65535 1 @1");
}

TEST_CASE("a host is a name, an IPv4 or an IPv6 address, with brackets or without", "[config]") {
  CHECK(understood("1 10.0.0.7 80 0") == "1 10.0.0.7 80 0 @1");
  CHECK(understood("1 [::1] 80 0") == "1 ::1 80 0 @1");
  CHECK(understood("1 2001:db8::7 80 0") == "1 2001:db8::7 80 0 @1");
  CHECK(understood("1 [fe80::1%eth0] 80 0") == "1 fe80::1%eth0 80 0 @1");
  CHECK(understood("1 node_1.example-site.org 80 0") == "1 node_1.example-site.org 80 0 @1");
  for (const std::string host : {"a/b", "a,b", "[]", "[::1", "user@host", "h\xc3\xb6st", "$(x)"}) {
    INFO(host);
    CHECK(wrong("1 " + host + " 80 0") ==
          "PeerInfo.cfg:1:3: host is \"" + host + "\", expected a name, an IPv4 or an IPv6 address");
  }
  CHECK(understood("1 " + std::string(253, 'h') + " 80 0").size() > 253);
  CHECK(wrong("1 " + std::string(254, 'h') + " 80 0").starts_with("PeerInfo.cfg:1:3: host is "));
}

TEST_CASE("each word of PeerInfo.cfg that is wrong is shown with what was expected", "[config]") {
  CHECK(wrong("2147483648 a 80 0") ==
        "PeerInfo.cfg:1:1: peer ID is \"2147483648\", expected an integer from 0 to 2147483647");
  CHECK(wrong("-1 a 80 0") == "PeerInfo.cfg:1:1: peer ID is \"-1\", expected an integer from 0 to 2147483647");
  CHECK(wrong("1 a 0 0") == "PeerInfo.cfg:1:5: port is \"0\", expected an integer from 1 to 65535");
  CHECK(wrong("1 a 65536 0") == "PeerInfo.cfg:1:5: port is \"65536\", expected an integer from 1 to 65535");
  CHECK(wrong("1 a 80 2") ==
        "PeerInfo.cfg:1:8: last word is \"2\", expected 1 if the peer starts with the file, else 0");
  CHECK(wrong("1 a 80 yes") ==
        "PeerInfo.cfg:1:8: last word is \"yes\", expected 1 if the peer starts with the file, else 0");
}

TEST_CASE("a line with too few or too many words is shown where it goes wrong", "[config]") {
  const std::string expected = ", expected 4: peer ID, host name, port, and 1 if the peer starts with the file, else 0";
  CHECK(wrong("1001") == "PeerInfo.cfg:1:5: 1 word" + expected);
  CHECK(wrong("1001 host 6008") == "PeerInfo.cfg:1:15: 3 words" + expected);
  CHECK(wrong("1001 host 6008 1 extra more") ==
        "PeerInfo.cfg:1:24: 6 words" + expected + "; or 5, with the fingerprint of the peer's key");
}

TEST_CASE("a peer ID that stands twice is shown with its first place", "[config]") {
  CHECK(wrong("1 a 80 1\n\n  1 b 80 0\n") == "PeerInfo.cfg:3:3: peer ID 1 stands here again, first on line 1");
}

TEST_CASE("two peers cannot listen at the same place", "[config]") {
  CHECK(wrong("1 a 80 1\n2 a 80 0\n") == "PeerInfo.cfg:2:5: port 80 of a is taken already by line 1");
  CHECK(wrong("1 [::1] 80 1\n2 ::1 80 0\n") == "PeerInfo.cfg:2:7: port 80 of ::1 is taken already by line 1");
  CHECK(wrong("1 a 80 1\n2 a 81 0\n3 b 80 0\n") == "");
}

// Fingerprints.
const std::string kOne = std::string(43, 'A');
const std::string kTwo = std::string(41, 'A') + "BA";
const std::string kThree = std::string(41, 'A') + "CA";

TEST_CASE("a fifth word is the fingerprint of the peer's key", "[config]") {
  const auto peers = parse("1 a 80 1 " + kOne + " # seed\r\n\t2 b 80 0\t" + kTwo);
  REQUIRE(peers.size() == 2);
  CHECK(peers[0].key == parse_fingerprint(kOne));
  CHECK(peers[1].key == parse_fingerprint(kTwo));
  CHECK_FALSE(parse("1 a 80 1").at(0).key);
  CHECK_FALSE(parse("1 a 80 1 # " + kOne).at(0).key);
}

TEST_CASE("a fifth word that is no fingerprint is shown with what was expected", "[config]") {
  const std::string expected =
      ", expected the fingerprint of the peer's key, 43 characters as peerProcess key prints them, or no fifth word";
  for (const std::string& word : {std::string("extra"), kOne.substr(1), kOne + "A", kOne.substr(1) + "=",
                                  kOne.substr(1) + "B", kOne.substr(1) + "+"})
    CHECK(wrong("1 a 80 1 " + word) == "PeerInfo.cfg:1:10: fifth word is \"" + word + "\"" + expected);
  CHECK(wrong("1 a 80 7 " + kOne) ==
        "PeerInfo.cfg:1:8: fourth word is \"7\", expected 1 if the peer starts with the file, else 0");
}

TEST_CASE("all lines have a key, or none has", "[config]") {
  const std::string expected =
      "; expected the fingerprint of the peer's key as the fifth word of all lines, or of none";
  CHECK(wrong("1 a 80 1 " + kOne + "\n\n2 b 80 0 # " + kTwo + "\n3 c 80 0 " + kThree) ==
        "PeerInfo.cfg:3:9: no key, but line 1 has one" + expected);
  CHECK(wrong("# keys\n1 a 80 1\n2 b 80 0  " + kOne + "\n3 c 80 0\n4 d 80 0 " + kTwo) ==
        "PeerInfo.cfg:3:11: a key, but line 2 has none" + expected + "\nPeerInfo.cfg:5:10: a key, but line 2 has none" +
            expected);
  // What else is wrong with a line does not hide it.
  CHECK(wrong("1 a 80 1 " + kOne + "\n2 b x 0") ==
        "PeerInfo.cfg:2:5: port is \"x\", expected an integer from 1 to 65535\n"
        "PeerInfo.cfg:2:8: no key, but line 1 has one" +
            expected);
}

TEST_CASE("two peers cannot have one key", "[config]") {
  CHECK(wrong("1 a 80 1 " + kOne + "\n2 b 80 0 " + kTwo + "\n3 c 80 0 " + kOne) ==
        "PeerInfo.cfg:3:10: this key stands here again, first on line 1; expected a key of its own for each peer");
}

TEST_CASE("a PeerInfo.cfg without peers is refused", "[config]") {
  const std::string expected = "PeerInfo.cfg: no peers, expected a line for each: peer ID, host name, port, 1 or 0";
  CHECK(wrong("") == expected);
  CHECK(wrong("# nobody yet\n\n") == expected);
}

TEST_CASE("everything that is wrong with a PeerInfo.cfg is told at once", "[config]") {
  CHECK(
      wrong("x a! 0 2\n1 a 80 1\n1001\n1 a 80 0\n") ==
      "PeerInfo.cfg:1:1: peer ID is \"x\", expected an integer from 0 to 2147483647\n"
      "PeerInfo.cfg:1:3: host is \"a!\", expected a name, an IPv4 or an IPv6 address\n"
      "PeerInfo.cfg:1:6: port is \"0\", expected an integer from 1 to 65535\n"
      "PeerInfo.cfg:1:8: last word is \"2\", expected 1 if the peer starts with the file, else 0\n"
      "PeerInfo.cfg:3:5: 1 word, expected 4: peer ID, host name, port, and 1 if the peer starts with the file, else 0\n"
      "PeerInfo.cfg:4:1: peer ID 1 stands here again, first on line 2\n"
      "PeerInfo.cfg:4:5: port 80 of a is taken already by line 2");
}

}  // namespace
}  // namespace p2p::config
