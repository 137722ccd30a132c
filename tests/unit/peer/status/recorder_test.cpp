// Totals, throughput second by second, and the time of waiting.
#include "peer/status/recorder.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

const auto kNothing = []() -> std::optional<Wait> { return std::nullopt; };

Status recorded(const StatusRecorder& recorder) {
  Status status;
  recorder.fill(status);
  return status;
}

TEST_CASE("throughput has a value for each whole second, and no more than it may", "[status]") {
  const Instant start{};
  StatusRecorder recorder(start);
  Traffic sum;
  for (int quarter = 1; quarter <= 4 * 400; ++quarter) {
    sum.received += 250;
    sum.sent += 25;
    recorder.tick(sum, kNothing, start + quarter * 250ms);
  }
  const Status status = recorded(recorder);
  CHECK(status.history.received.size() == StatusRecorder::kIntervals);
  CHECK(status.history.received == std::vector<double>(StatusRecorder::kIntervals, 1000));
  CHECK(status.history.sent == std::vector<double>(StatusRecorder::kIntervals, 100));
  CHECK(status.totals.received_bytes == 400'000);
  CHECK(status.received_rate == 1000);
}

TEST_CASE("seconds in which nobody looked share what came in them", "[status]") {
  const Instant start{};
  StatusRecorder recorder(start);
  recorder.tick({400, 0}, kNothing, start + 4s);
  CHECK(recorded(recorder).history.received == std::vector<double>(4, 100));
}

TEST_CASE("totals go on when another content begins to be counted", "[status]") {
  const Instant start{};
  StatusRecorder recorder(start);
  recorder.tick({1000, 7}, kNothing, start + 250ms);
  recorder.tick({30, 0}, kNothing, start + 500ms);
  CHECK(recorded(recorder).totals.received_bytes == 1030);
  CHECK(recorded(recorder).totals.sent_bytes == 7);
}

TEST_CASE("time counts as waiting only when nothing came, and for what it waited", "[status]") {
  const Instant start{};
  StatusRecorder recorder(start);
  const auto choked = [] { return std::optional(Wait::choked); };
  const auto disk = [] { return std::optional(Wait::disk); };
  recorder.tick({0, 0}, choked, start + 250ms);
  recorder.tick({100, 0}, choked, start + 500ms);
  recorder.tick({100, 50}, disk, start + 1000ms);
  recorder.tick({100, 50}, kNothing, start + 1250ms);
  const Status status = recorded(recorder);
  CHECK(status.waiting[static_cast<std::size_t>(Wait::choked)] == 0.25);
  CHECK(status.waiting[static_cast<std::size_t>(Wait::disk)] == 0.5);
  CHECK(status.waiting[static_cast<std::size_t>(Wait::socket)] == 0);
}

TEST_CASE("events are counted by what they are", "[status]") {
  StatusRecorder recorder(Instant{});
  recorder.on_event(LinkEstablished{PeerId{1}, Direction::dialed});
  recorder.on_event(PieceStored{PieceIndex{0}, PeerId{1}, 1});
  recorder.on_event(PieceRejected{PieceIndex{1}, PeerId{1}});
  recorder.on_event(LinkClosed{PeerId{1}, "", EndKind::violation});
  recorder.on_event(StrangerClosed{"", EndKind::crowded});
  recorder.on_event(HaveReceived{PeerId{1}, PieceIndex{1}});
  const Status::Totals totals = recorded(recorder).totals;
  CHECK(totals.links_established == 1);
  CHECK(totals.pieces_stored == 1);
  CHECK(totals.pieces_rejected == 1);
  CHECK(totals.links_ended[static_cast<std::size_t>(EndKind::violation)] == 1);
  CHECK(totals.links_ended[static_cast<std::size_t>(EndKind::crowded)] == 1);
}

}  // namespace
}  // namespace p2p
