// The look of all progress on stderr: one redrawn line with a bar on a terminal, else a plain line every few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "protocol/clock.hpp"

namespace p2p {

enum class ProgressMode { automatic, bar, plain, none };

/// Bytes a second over the last seconds.
class RecentRate {
 public:
  /// `bytes` so far. While they are fewer than they were there is no rate.
  void sample(std::uint64_t bytes, Instant now);
  /// 0 without two samples.
  double bytes_per_s() const;

 private:
  std::deque<std::pair<Instant, std::uint64_t>> samples_;
};

class ProgressLine {
 public:
  /// How often show() should be called.
  static constexpr std::chrono::milliseconds kInterval{250};

  /// `automatic` is a bar when stderr is a terminal, else plain. Colour only on a terminal without NO_COLOR.
  explicit ProgressLine(ProgressMode mode);

  /// `done` of `total` is the bar's part; precondition: done <= total, total > 0. `text` stands beside it, or alone.
  void show(std::uint64_t done, std::uint64_t total, const std::string& text);
  /// The last word: a plain line that stays.
  void finish(const std::string& text);
  /// Removes the bar.
  void clear();

  double elapsed_s() const;

 private:
  void draw_bar(std::uint64_t done, std::uint64_t total, std::string text) const;

  ProgressMode mode_;
  bool colour_;
  Instant started_;
  Instant next_plain_{};
};

/// How progress is worded. Megabytes are 10^6 bytes.
std::string megabytes(double bytes);
/// Time to go: "0:07", "1:02:03"; "--:--" without a rate, and from 100 hours on.
std::string time_left(double bytes_left, double bytes_per_s);

}  // namespace p2p
