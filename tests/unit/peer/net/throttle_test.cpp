// Connections before the process' limit.
#include "peer/net/throttle.hpp"

#include <optional>

#include "peer/ground/clock.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

asio::awaitable<void> take_all(Throttle::Meter& meter, std::uint32_t bytes, std::optional<std::uint32_t>& taken) {
  std::uint32_t sum = 0;
  while (sum < bytes) {
    const std::uint32_t n = co_await meter.take(bytes - sum);
    if (n == 0) break;
    sum += n;
  }
  taken = sum;
}

TEST_CASE("Connections get all that they want, and not before its time") {
  asio::io_context io{1};
  const auto throttle = std::make_shared<Throttle>(io.get_executor(), 1'000'000);
  Throttle::Meter a(throttle), b(throttle);
  std::optional<std::uint32_t> by_a, by_b;
  const Instant began = now();
  spawn(io, take_all(a, 200'000, by_a));
  spawn(io, take_all(b, 200'000, by_b));
  io.run();
  CHECK(by_a == 200'000u);
  CHECK(by_b == 200'000u);
  // 400 ms' worth, of which a burst may be made up for and a quantum comes at once.
  CHECK(now() - began >= 400ms - RateLimit::kBurst - RateLimit::kQuantum);
}

TEST_CASE("A connection that is closed waits no more, and nobody waits for it") {
  asio::io_context io{1};
  const auto throttle = std::make_shared<Throttle>(io.get_executor(), 10'000);
  Throttle::Meter closed(throttle), other(throttle);
  std::optional<std::uint32_t> by_closed, by_other;
  spawn(io, take_all(closed, 1u << 30, by_closed));
  io.poll();
  REQUIRE_FALSE(by_closed);
  spawn(io, take_all(other, 1'000, by_other));
  closed.close();
  io.run();
  REQUIRE(by_closed);
  CHECK(*by_closed < 1u << 30);
  CHECK(by_other == 1'000u);
  CHECK(closed.try_take(5) == 0);
}

TEST_CASE("A meter may go while it stands in the line") {
  asio::io_context io{1};
  const auto throttle = std::make_shared<Throttle>(io.get_executor(), 10'000);
  {
    Throttle::Meter gone(throttle);
    while (gone.try_take(100'000) > 0) {}
  }
  std::optional<std::uint32_t> taken;
  Throttle::Meter meter(throttle);
  spawn(io, take_all(meter, 500, taken));
  io.run();
  CHECK(taken == 500u);
}

TEST_CASE("Without rates there are no limits") {
  asio::io_context io{1};
  auto& limits = asio::use_service<Limits>(io);
  CHECK_FALSE(limits.up());
  CHECK_FALSE(limits.down());
  limits.set(io, {.up = 10'000, .down = {}});
  CHECK(asio::use_service<Limits>(io).up());
  CHECK_FALSE(limits.down());
}

}  // namespace
}  // namespace p2p
