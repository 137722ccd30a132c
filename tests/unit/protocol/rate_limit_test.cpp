// A limit on bytes a second, and the line before it.
#include "protocol/rate_limit.hpp"

#include <map>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

/// Those that always want more, as a process would serve them: each asks again as soon as it was granted something.
struct Crowd {
  explicit Crowd(std::uint64_t rate) : limit(rate, kStart) {}

  void add(std::uint32_t wants) { wanted[limit.ask(wants)] = {size++, wants}; }

  /// Lets time pass; a timer is `late` each time.
  void run_until(Instant end, Duration late = {}) {
    while (limit.next_deadline() + late <= end) {
      now = std::max(now, limit.next_deadline() + late);
      while (const auto grant = limit.poll(now)) {
        const auto [who, wants] = wanted.extract(grant->ticket).mapped();
        total += grant->bytes;
        got[who] += grant->bytes;
        wanted[limit.ask(wants)] = {who, wants};
      }
    }
    now = end;
  }

  struct Wanted {
    int who;
    std::uint32_t bytes;
  };
  RateLimit limit;
  Instant now = kStart;
  int size = 0;
  std::map<RateLimit::Ticket, Wanted> wanted;
  std::map<int, std::uint64_t> got;
  std::uint64_t total = 0;
};

bool within(std::uint64_t value, double expected, double share) {
  return static_cast<double>(value) >= (1 - share) * expected && static_cast<double>(value) <= (1 + share) * expected;
}

TEST_CASE("Ten seconds bring ten seconds' worth at any rate") {
  for (const std::uint64_t rate : {1'000ull, 10'000ull, 500'000ull, 10'000'000ull, 1'500'000'000ull}) {
    Crowd crowd(rate);
    crowd.add(1 << 30);
    crowd.run_until(kStart + 10s);
    INFO(rate);
    // A quantum of a kilobyte is a second's worth of the slowest.
    CHECK(within(crowd.total, 10.0 * static_cast<double>(rate), rate < 10'000 ? 0.2 : 0.03));
  }
}

TEST_CASE("A timer that is late costs nothing") {
  Crowd crowd(1'000'000);
  crowd.add(1 << 30);
  crowd.run_until(kStart + 10s, 30ms);
  CHECK(within(crowd.total, 10'000'000, 0.03));
}

TEST_CASE("Those that wait share evenly, whatever they want") {
  Crowd crowd(1'000'000);
  for (const std::uint32_t wants : {20'000u, 64u << 20, 1u << 20}) crowd.add(wants);
  crowd.run_until(kStart + 10s);
  for (const auto& [who, bytes] : crowd.got) CHECK(within(bytes, 10'000'000 / 3.0, 0.01));
}

TEST_CASE("After a pause no more comes at once than a burst") {
  RateLimit limit(1'000'000, kStart);
  std::uint64_t at_once = 0;
  const Instant later = kStart + 1h;
  limit.ask(1);
  while (const auto grant = limit.poll(later)) {
    at_once += grant->bytes;
    limit.ask(1 << 30);
  }
  CHECK(at_once >= 100'000);
  CHECK(at_once <= 100'000 + limit.quantum() + 1);
}

TEST_CASE("Who leaves the line is not granted anything") {
  RateLimit limit(1'000'000, kStart);
  const auto first = limit.ask(5), second = limit.ask(7);
  limit.leave(first);
  const auto grant = limit.poll(kStart);
  REQUIRE(grant);
  CHECK(grant->ticket == second);
  CHECK(grant->bytes == 7);
  CHECK_FALSE(limit.anybody_waits());
  CHECK(limit.next_deadline() == kNever);
}

TEST_CASE("What is given back is there for the next") {
  RateLimit limit(1'000, kStart);
  limit.ask(1'000);
  REQUIRE(limit.poll(kStart));
  limit.ask(1'000);
  CHECK(limit.next_deadline() == kStart + 1s);
  limit.give_back(900);
  CHECK(limit.next_deadline() == kStart + 100ms);
  CHECK_FALSE(limit.poll(kStart + 99ms));
  CHECK(limit.poll(kStart + 100ms));
}

TEST_CASE("Fractions of a nanosecond add up") {
  RateLimit limit(3'000'000'000, kStart);
  for (int i = 0; i < 3'000'000; ++i) {
    limit.ask(1);
    REQUIRE(limit.poll(kStart + 1s));
  }
  limit.ask(1);
  // It was idle for a second, of which a burst is left.
  CHECK(limit.next_deadline() == kStart + 1s - RateLimit::kBurst + 1ms);
}

}  // namespace
}  // namespace p2p
