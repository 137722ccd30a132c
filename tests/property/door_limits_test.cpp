// The door under random callers.
#include "protocol/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/door_street.hpp"

namespace p2p {
namespace {

TEST_CASE("no limit of the door is passed, whatever callers do", "[door]") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    test::Street street(random);
    for (int i = 0; i < 2000; ++i) REQUIRE_NOTHROW(street.step());
  }
}

}  // namespace
}  // namespace p2p
