// Who may read the status.
#include "peer/http/guard.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("the loopback's names and addresses are ours, with whatever port", "[http]") {
  for (const char* const host :
       {"localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:8080", "127.9.8.7:1", "[::1]", "[::1]:8080", "localhost:"})
    CHECK(is_own_host(host, "127.0.0.1"));
}

TEST_CASE("a name that was made to mean this machine is not ours", "[http]") {
  for (const char* const host : {"",
                                 "evil.example",
                                 "evil.example:8080",
                                 "localhost.evil.example",
                                 "127.0.0.1.evil.example",
                                 "127.0.0.1@evil",
                                 "localhost:80@evil",
                                 "128.0.0.1",
                                 "192.0.2.7",
                                 "::1",
                                 "[::1",
                                 "[::2]",
                                 "[::1]x",
                                 "localhost:80x",
                                 "localhost ",
                                 " localhost",
                                 "127.1",
                                 "0x7f.0.0.1",
                                 "2130706433",
                                 "[127.0.0.1",
                                 "localhost/"})
    CHECK_FALSE(is_own_host(host, "127.0.0.1"));
}

TEST_CASE("the host that was given is ours, too", "[http]") {
  CHECK(is_own_host("peers.example.org:8080", "peers.example.org"));
  CHECK(is_own_host("PEERS.example.org", "peers.example.org"));
  CHECK(is_own_host("192.0.2.7:1", "192.0.2.7"));
  CHECK(is_own_host("[2001:db8::1]:80", "2001:db8::1"));
  CHECK_FALSE(is_own_host("192.0.2.8", "192.0.2.7"));
}

TEST_CASE("of one that listens everywhere addresses are its own, and names are not", "[http]") {
  CHECK(is_own_host("192.0.2.8:80", "0.0.0.0"));
  CHECK(is_own_host("[2001:db8::1]", "::"));
  CHECK_FALSE(is_own_host("evil.example", "0.0.0.0"));
}

TEST_CASE("a token is said in full or not at all", "[http]") {
  const std::string token = "0123456789abcdef";
  CHECK(has_token("Bearer " + token, token));
  CHECK(has_token("bearer " + token, token));
  for (const std::string& header :
       std::vector<std::string>{"", token, "Bearer", "Bearer ", "Bearer " + token + "0", "Bearer " + token.substr(1),
                                "Basic " + token, "Bearer  " + token})
    CHECK_FALSE(has_token(header, token));
}

TEST_CASE("a token is long, and none of it is told when it is wrong", "[http]") {
  CHECK(token_fault("0123456789abcdef").empty());
  CHECK(token_fault("short") == "has 5 characters, expected 16 to 256");
  CHECK(token_fault(std::string(257, 'x')) == "has 257 characters, expected 16 to 256");
  CHECK(token_fault("with a blank in it") == "has characters other than visible ASCII");
}

}  // namespace
}  // namespace p2p
