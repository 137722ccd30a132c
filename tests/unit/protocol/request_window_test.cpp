// How many requests to keep open, and how long to wait.
#include "protocol/swarm/request_window.hpp"

#include "tests/support/aborts.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kPieceSize = 10'000;

bool near(double value, double expected) { return value > 0.95 * expected && value < 1.05 * expected; }

/// A link of a given latency and rate, whose requests are kept open as the window says.
class FakeLink {
 public:
  FakeLink(Duration latency, double bytes_per_s, std::uint32_t limit = 1000)
      : window(limit, kPieceSize), latency_(latency), piece_time_(from_seconds(kPieceSize / bytes_per_s)) {}

  /// Lets `n` answers come, as fast as latency and rate allow.
  void answers(int n) {
    while (n-- > 0) {
      if (open_.empty()) ask();
      const Instant asked = open_.front();
      const bool lone = lone_.front();
      open_.erase(open_.begin());
      lone_.erase(lone_.begin());
      const Instant head = std::max(now, asked + latency_);
      now = head;
      if (lone) window.on_lone_head(asked, now);
      now += piece_time_;
      window.on_answered(asked, now, kPieceSize);
      while (open_.size() < window.size()) ask();
    }
  }

  RequestWindow window;
  Instant now{1h};

 private:
  void ask() {
    window.on_asked(now, static_cast<std::uint32_t>(open_.size()));
    lone_.push_back(open_.empty());
    open_.push_back(now);
  }

  Duration latency_;
  Duration piece_time_;
  std::vector<Instant> open_;
  std::vector<bool> lone_;
};

TEST_CASE("a link starts with one open request and no known rate", "[window]") {
  const RequestWindow window(512, kPieceSize);
  CHECK(window.size() == 1);
  CHECK(window.rate() == 0);
}

TEST_CASE("a window is at least 1", "[window]") {
  CHECK(test::aborts([] { RequestWindow window(0, kPieceSize); }));
}

TEST_CASE("each answer opens at most one more request", "[window]") {
  FakeLink link(50ms, 10e6);
  for (std::uint32_t answers = 0; answers < 50; ++answers) {
    const auto before = link.window.size();
    link.answers(1);
    REQUIRE(link.window.size() <= before + 1);
  }
}

TEST_CASE("the window grows to what covers twice the latency and no further", "[window]") {
  // 10 MB/s and 50 ms: 1 MB on its way in twice the latency, that is 100 pieces, and the one that is being received.
  FakeLink link(50ms, 10e6);
  link.answers(1000);
  CHECK(link.window.size() >= 90);
  CHECK(link.window.size() <= 110);
  CHECK(near(link.window.rate(), 10e6));
}

TEST_CASE("a slow link keeps few requests open", "[window]") {
  // 100 kB/s without latency: a piece takes 100 ms, far more than the cover of 20 ms.
  FakeLink link(Duration::zero(), 100e3);
  link.answers(100);
  CHECK(link.window.size() == 2);
  CHECK(near(link.window.rate(), 100e3));
}

TEST_CASE("the window follows a link that becomes slower", "[window]") {
  FakeLink fast(50ms, 10e6);
  fast.answers(1000);
  const auto before = fast.window.size();
  RequestWindow window = fast.window;
  Instant now = fast.now;
  for (int i = 0; i < 200; ++i) {
    const Instant asked = now;
    now += 100ms;  // 100 kB/s
    window.on_answered(asked, now, kPieceSize);
  }
  CHECK(window.size() < before / 10);
}

TEST_CASE("the window never exceeds its limit", "[window]") {
  FakeLink four(50ms, 10e6, 4);
  four.answers(100);
  CHECK(four.window.size() == 4);
  FakeLink one(50ms, 10e6, 1);
  one.answers(100);
  CHECK(one.window.size() == 1);
}

TEST_CASE("answers that take no time at all break nothing", "[window]") {
  RequestWindow window(512, kPieceSize);
  const Instant now{1h};
  window.on_asked(now, 0);
  window.on_lone_head(now, now);
  for (int i = 0; i < 10; ++i) window.on_answered(now, now, kPieceSize);
  CHECK(window.size() >= 1);
  CHECK(window.size() <= 512);
}

TEST_CASE("a link without open requests is never stalled", "[window]") {
  const RequestWindow window(512, kPieceSize);
  CHECK_FALSE(window.stalled(Instant{1h}, 0));
}

TEST_CASE("an open request is stalled when nothing has come for the least patience of 4 s", "[window]") {
  RequestWindow window(512, kPieceSize);
  Instant now{1h};
  window.on_asked(now, 0);
  CHECK_FALSE(window.stalled(now, 1));
  CHECK_FALSE(window.stalled(now + 4s, 1));
  CHECK(window.stalled(now + 4001ms, 1));
}

TEST_CASE("a link is waited for as long as all that is asked for may take besides", "[window]") {
  RequestWindow window(512, kPieceSize);
  const Instant now{1h};
  window.on_asked(now, 0);
  CHECK_FALSE(window.stalled(now + 14s, 1, 10s));
  CHECK(window.stalled(now + 14001ms, 1, 10s));
}

TEST_CASE("payload bytes show that a link is alive", "[window]") {
  RequestWindow window(512, kPieceSize);
  Instant now{1h};
  window.on_asked(now, 0);
  now += 3s;
  window.on_progress(now);
  CHECK_FALSE(window.stalled(now + 4s, 1));
  CHECK(window.stalled(now + 5s, 1));
}

TEST_CASE("a further request does not make a silent link look alive", "[window]") {
  RequestWindow window(512, kPieceSize);
  const Instant now{1h};
  window.on_asked(now, 0);
  window.on_asked(now + 3s, 1);
  CHECK(window.stalled(now + 5s, 2));
}

TEST_CASE("patience grows with how long answers take on the link, up to a minute", "[window]") {
  const auto patience = [](Duration answer) {
    FakeLink link(Duration::zero(), kPieceSize / seconds(answer), 1);
    link.answers(50);
    Duration silent = 0s;
    while (!link.window.stalled(link.now + silent, 1)) silent += 500ms;
    return silent;
  };
  CHECK(patience(100ms) == 4500ms);  // the first step beyond 4 s
  CHECK(patience(2s) == 8500ms);     // beyond four answers
  CHECK(patience(30s) == 60500ms);
}

TEST_CASE("after a stall the link starts again from one request and is waited for twice as long", "[window]") {
  FakeLink link(50ms, 10e6);
  link.answers(200);
  REQUIRE(link.window.size() > 10);

  link.window.on_stalled();
  CHECK(link.window.size() == 1);
  link.window.on_asked(link.now, 0);
  CHECK_FALSE(link.window.stalled(link.now + 8s, 1));
  CHECK(link.window.stalled(link.now + 9s, 1));

  for (int i = 0; i < 20; ++i) link.window.on_stalled();
  CHECK_FALSE(link.window.stalled(link.now + 60s, 1));
  CHECK(link.window.stalled(link.now + 61s, 1));
}

TEST_CASE("an answer ends a row of stalls", "[window]") {
  RequestWindow window(512, kPieceSize);
  Instant now{1h};
  window.on_stalled();
  window.on_stalled();
  window.on_asked(now, 0);
  now += 10ms;
  window.on_answered(now - 10ms, now, kPieceSize);
  CHECK(window.stalled(now + 5s, 1));
}

}  // namespace
}  // namespace p2p
