// HOST:PORT, as users write it.
#include "peer/discovery/address.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("addresses are HOST:PORT", "[address]") {
  CHECK(parse_address("localhost:5000") == Address{"localhost", 5000});
  CHECK(parse_address("10.0.0.1:1") == Address{"10.0.0.1", 1});
  CHECK(parse_address("[::1]:65535") == Address{"::1", 65535});
  for (const char* const text : {"", ":", "host", "host:", ":5", "host:0", "host:65536", "host:5x", "::1:5", "[::1]",
                                 "[host]:5", "a b:5", "[]:5", "a/b:5"}) {
    INFO(text);
    CHECK_FALSE(parse_address(text));
  }
  CHECK(parse_address("host", 5000) == Address{"host", 5000});
  CHECK(parse_address("host:7", 5000) == Address{"host", 7});
  CHECK(parse_address("[::1]", 5000) == Address{"::1", 5000});
  CHECK(parse_address("[fe80::1%eth0]", 5000) == Address{"fe80::1%eth0", 5000});
  for (const char* const text :
       {"", ":", "host:", ":5", "host:0", "::1", "[::1", "::1]", "[::1]x", "[host]", "a b", "a/b"}) {
    INFO(text);
    CHECK_FALSE(parse_address(text, 5000));
  }
  CHECK(to_string(Address{"::1", 7}) == "[::1]:7");
  CHECK(parse_address(to_string(Address{"fe80::1", 7})) == Address{"fe80::1", 7});
}

}  // namespace
}  // namespace p2p
