// How fast our downlink has been.
#include "protocol/swarm/throughput.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

TEST_CASE("nothing is known in the first second, whenever that was on the clock", "[throughput]") {
  Throughput throughput{kStart};
  throughput.on_bytes(1000);
  throughput.on_tick(kStart);
  CHECK(throughput.peak() == 0);
  throughput.on_bytes(1000);
  throughput.on_tick(kStart + 900ms);
  CHECK(throughput.peak() == 0);
}

TEST_CASE("the peak is that of the best second", "[throughput]") {
  Throughput throughput{kStart};
  throughput.on_tick(kStart);
  throughput.on_bytes(1000);
  throughput.on_tick(kStart + 1s);
  CHECK(throughput.peak() == 1000);
  throughput.on_bytes(6000);
  throughput.on_tick(kStart + 3s);
  CHECK(throughput.peak() == 3000);
  throughput.on_bytes(10);
  throughput.on_tick(kStart + 4s);
  CHECK(throughput.peak() > 2900);
}

TEST_CASE("a peak of long ago is forgotten", "[throughput]") {
  Throughput throughput{kStart};
  throughput.on_tick(kStart);
  throughput.on_bytes(1'000'000);
  for (int s = 1; s <= 1800; ++s) {
    throughput.on_bytes(100);
    throughput.on_tick(kStart + s * 1s);
  }
  CHECK(throughput.peak() < 1000);
  CHECK(throughput.peak() >= 100);
}

}  // namespace
}  // namespace p2p
