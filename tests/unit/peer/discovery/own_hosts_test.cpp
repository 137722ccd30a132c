// Under which addresses others reach this machine.
#include "peer/discovery/own_hosts.hpp"

#include <string>
#include <vector>

#include "peer/discovery/address.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("a machine has an address that a listener can be dialled at", "[own_hosts]") {
  CHECK(parse_address(primary_host() + ":1").has_value() != (primary_host().find(':') != std::string::npos));
  // Where somebody is asked to join: towards him, not towards the rest of the world.
  CHECK(primary_host({{"127.0.0.1", 5}}) == primary_host());
  for (const std::string& host : own_hosts()) CHECK(primary_host({{host, 5}}) != "127.0.0.1");
  CHECK(is_loopback("localhost"));
  CHECK(is_loopback("127.3.2.1"));
  CHECK(is_loopback("::1"));
  CHECK_FALSE(is_loopback("192.0.2.1"));
  CHECK_FALSE(is_loopback("example.org"));
}

TEST_CASE("of a machine's addresses the one that reaches furthest is told", "[own_hosts]") {
  const OwnHost loopback{.host = "127.0.0.1", .is_loopback = true};
  const OwnHost near{.host = "169.254.7.7", .is_link_local = true};
  const OwnHost near_v6{.host = "fe80::1", .is_link_local = true, .is_v6 = true};
  const OwnHost far_v6{.host = "fd00::1", .is_v6 = true};
  const OwnHost far{.host = "10.5.0.1"};
  using Hosts = std::vector<std::string>;
  CHECK(in_order({loopback, near_v6, near, far_v6, far, far}) ==
        Hosts{"10.5.0.1", "fd00::1", "169.254.7.7", "fe80::1"});
  CHECK(in_order({loopback, near_v6}) == Hosts{"fe80::1"});
  CHECK(in_order({loopback}).empty());
}

}  // namespace
}  // namespace p2p
