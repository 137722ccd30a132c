// The message that names peers, as bytes.
#include <string>

#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/decoding.hpp"

namespace p2p {
namespace {

using test::hex;
using test::operator+;

const Geometry kGeometry(42, 4);
const std::string kV4 = "00000000000000000000ffff0a000001";

/// What this means to one that knows the message, or does not.
std::string meant(const std::string& picture, bool names_peers = true) {
  Bytes greeting;
  append_handshake({PeerId{1001}, {}}, greeting);
  return test::decoded(kGeometry, greeting + hex(picture), names_peers).substr(std::string("handshake 1001, ").size());
}

TEST_CASE("the sender's port, and those whom it names", "[peers][decoder]") {
  CHECK(meant("00000003 11 0000") == "listens at 0");
  CHECK(meant("00000019 11 1388" + kV4 + "1f90 00000007") == "listens at 5000 names 7");
  CHECK(meant("0000002f 11 1388" + kV4 + "1f90 00000007" + kV4 + "0400 7fffffff 00000001 01") ==
        "listens at 5000 names 7 2147483647, unchoke");
}

TEST_CASE("what is written is what stands in docs/PROTOCOL.md", "[peers][encoder]") {
  NamedPeer named{.place = {.port = 8080}, .peer = PeerId{7}};
  const Bytes address = hex(kV4);
  std::ranges::copy(address, named.place.ip.begin());
  Bytes bytes;
  append_peers(5000, std::vector{named}, bytes);
  CHECK(test::to_hex(bytes) == test::to_hex(hex("00000019 11 1388" + kV4 + "1f90 00000007")));
}

TEST_CASE("ports of a machine's own services, IDs that are none and lengths that do not fit are violations",
          "[peers][decoder]") {
  CHECK(meant("00000019 11 1388" + kV4 + "03ff 00000007") ==
        "violation: a peer named at port 1023, expected 1024 or larger");
  CHECK(meant("00000019 11 1388" + kV4 + "0400 80000000") ==
        "violation: a peer named with ID 2147483648, expected at most 2147483647");
  CHECK(meant("00000002 11").starts_with("violation: peers named with length 2, expected 3 to 1103 in steps of 22"));
  CHECK(meant("00000004 11").starts_with("violation: peers named with length 4, expected 3"));
  CHECK(meant("00000465 11").starts_with("violation: peers named with length 1125, expected 3"));
}

TEST_CASE("a suggestion is a piece's index", "[peers][decoder][encoder]") {
  CHECK(meant("00000005 12 00000003 00000001 01") == "suggests 3, unchoke");
  CHECK(meant("00000005 12 0000000b").starts_with("violation: piece 11 suggested, expected 0 to 10"));
  CHECK(meant("00000006 12").starts_with("violation: a piece suggested with length 6, expected 5"));
  CHECK(meant("00000005 12 00000003 00000001 01", false) == "unknown 18, unchoke");
  Bytes bytes;
  append_suggestion(PieceIndex{3}, bytes);
  CHECK(test::to_hex(bytes) == test::to_hex(hex("00000005 12 00000003")));
}

TEST_CASE("elsewhere the type is one that nobody knows", "[peers][decoder]") {
  CHECK(meant("00000003 11 0000 00000001 01", false) == "unknown 17, unchoke");
}

}  // namespace
}  // namespace p2p
