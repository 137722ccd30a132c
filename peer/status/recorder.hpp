// What a process remembers of its past for whoever looks: totals, throughput second by second, and how long it waited
// for what. Pure: time is a parameter.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>

#include "peer/report/progress_line.hpp"
#include "peer/report/traffic.hpp"
#include "peer/status/status.hpp"
#include "protocol/clock.hpp"

namespace p2p {

class StatusRecorder {
 public:
  static constexpr Duration kInterval = std::chrono::seconds(1);
  static constexpr std::size_t kIntervals = 300;

  explicit StatusRecorder(Instant start) : second_began_(start), looked_at_(start) {}

  void on_event(const Event& event);

  /// To be called a few times a second with what has gone over all links so far. Fewer bytes than before: another
  /// content has begun to be counted. `why` is asked only when nothing has come since the last call: for what the
  /// process waits, if it does.
  void tick(const Traffic& traffic, const std::function<std::optional<Wait>()>& why, Instant now);

  /// Totals, rates, waiting, history.
  void fill(Status& status) const;

 private:
  void end_seconds(Instant now);

  Status::Totals totals_;
  std::array<double, kWaits> waiting_{};
  RecentRate received_rate_, sent_rate_;
  Traffic last_;         ///< As told last.
  Traffic this_second_;  ///< Since second_began_.
  Instant second_began_;
  Instant looked_at_;
  std::deque<Traffic> seconds_;
};

}  // namespace p2p
