// The count of ended connections, and the measure for warnings that remotes cause.
#include "peer/report/link_ends.hpp"

#include "peer/report/throttle.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

TEST_CASE("ends are counted by their kind", "[report]") {
  LinkEnds ends;
  CHECK(ends.describe() == "links ended: none");
  ends.count(LinkEstablished{PeerId{1}, Direction::dialed});
  ends.count(LinkClosed{PeerId{1}, "why", EndKind::violation});
  CHECK(ends.describe() == "links ended: 1 violation");
  ends.count(LinkClosed{PeerId{2}, "why", EndKind::violation});
  for (const EndKind kind :
       {EndKind::remote, EndKind::refused, EndKind::handshake_timeout, EndKind::crowded, EndKind::duplicate,
        EndKind::unresponsive, EndKind::renewed, EndKind::flood, EndKind::needless})
    ends.count(StrangerClosed{"why", kind});
  CHECK(ends.describe() ==
        "links ended: 1 by the other side, 2 violations, 1 refused handshake, 1 handshake time-out, 1 crowded out, 1 "
        "duplicate, "
        "1 unresponsive, 1 made anew, 1 flood, 1 both complete");
}

TEST_CASE("beyond a hundred lines at once only one a second passes, and says how many did not", "[report]") {
  LineThrottle throttle;
  const Instant start{1h};
  for (int i = 0; i < 100; ++i) CHECK(throttle.pass(start) == 0u);
  for (int i = 0; i < 50; ++i) CHECK_FALSE(throttle.pass(start));
  CHECK(throttle.pass(start + 1s) == 50u);
  CHECK_FALSE(throttle.pass(start + 1s));
  CHECK_FALSE(throttle.pass(start + 1900ms));
  CHECK(throttle.pass(start + 2s) == 2u);
  CHECK(throttle.pass(start + 1h) == 0u);
}

}  // namespace
}  // namespace p2p
