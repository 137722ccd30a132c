// The rate limit under random use against a model that remembers every grant.
#include <algorithm>
#include <deque>
#include <vector>

#include "protocol/random.hpp"
#include "protocol/rate_limit.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

/// The line as a list, and what was granted when.
struct Model {
  struct Waiter {
    RateLimit::Ticket ticket;
    std::uint32_t bytes;
  };
  struct Granted {
    Instant at;
    double bytes;
  };

  /// Over all spans that end now: what was granted in them is at most what may be.
  void check(double rate, std::uint32_t quantum) const {
    double sum = 0;
    const Instant end = granted.back().at;
    for (auto it = granted.rbegin(); it != granted.rend(); ++it) {
      sum += it->bytes;
      REQUIRE(sum <= rate * (seconds(end - it->at) + seconds(RateLimit::kBurst)) + quantum + 1);
    }
  }

  std::deque<Waiter> line;
  std::vector<Granted> granted;
};

void run(std::uint64_t seed) {
  INFO("seed " << seed);
  Random random(seed);
  const std::uint64_t rates[] = {1'000, 77'777, 3'000'000, 1'500'000'000};
  const std::uint64_t rate = rates[random.below(4)];
  Instant now{std::chrono::hours(1)};
  RateLimit limit(rate, now);
  Model model;
  for (int step = 0; step < 600; ++step) {
    switch (random.below(6)) {
      case 0:
      case 1: {
        const std::uint32_t bytes = 1 + random.below(random.below(2) == 0 ? 100 : 1 << 20);
        model.line.push_back({limit.ask(bytes), bytes});
        break;
      }
      case 2:
        if (!model.line.empty() && random.below(4) == 0) {
          const auto it = model.line.begin() + random.below(static_cast<std::uint32_t>(model.line.size()));
          limit.leave(it->ticket);
          model.line.erase(it);
        }
        break;
      case 3: now += Duration(random.below(3'000'000)); break;
      default: {
        if (random.below(2) == 0 && limit.next_deadline() != kNever) now = std::max(now, limit.next_deadline());
        const bool due = limit.next_deadline() <= now;
        const auto grant = limit.poll(now);
        REQUIRE(grant.has_value() == due);
        if (!grant) break;
        REQUIRE(grant->ticket == model.line.front().ticket);
        REQUIRE(grant->bytes == std::min(model.line.front().bytes, limit.quantum()));
        model.line.pop_front();
        model.granted.push_back({now, static_cast<double>(grant->bytes)});
        if (random.below(5) == 0) {
          const std::uint32_t unused = random.below(grant->bytes + 1);
          limit.give_back(unused);
          model.granted.back().bytes -= unused;
        }
        model.check(static_cast<double>(rate), limit.quantum());
      }
    }
    REQUIRE(limit.anybody_waits() == !model.line.empty());
    REQUIRE((limit.next_deadline() == kNever) == model.line.empty());
  }
}

TEST_CASE("A rate limit never grants more than its rate, a burst and a quantum, and keeps the order of its line") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) run(seed);
}

}  // namespace
}  // namespace p2p
