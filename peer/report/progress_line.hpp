// The look of all progress on stderr: one redrawn line with a bar on a terminal, else a plain line every few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "protocol/clock.hpp"

namespace p2p {

enum class ProgressMode { automatic, bar, plain, none };

/// Bytes a second over the last seconds.
class RecentRate {
 public:
  /// `bytes` so far. Fewer than before: something else is counted from now on, and its rate begins anew.
  void sample(std::uint64_t bytes, Instant now);
  /// 0 without two samples.
  double bytes_per_s() const;

 private:
  std::deque<std::pair<Instant, std::uint64_t>> samples_;
};

/// What a bar looks like in `width` columns, a string a line: first the whole reason of a stall, if there is one, then
/// bar and text. One line where all of it fits; the bar shrinks and goes before anything else is cut. `share` is from 0
/// to 1.
std::vector<std::string> bar_lines(double share, const std::string& text, const std::string& stuck, std::size_t width);

class ProgressLine {
 public:
  /// How often show() should be called.
  static constexpr std::chrono::milliseconds kInterval{250};

  /// `automatic` is a bar when stderr is a terminal that can redraw a line (TERM is set, and not to dumb), else plain.
  /// Colour only there, without NO_COLOR.
  explicit ProgressLine(ProgressMode mode);

  /// `done` of `total` is the bar's part; precondition: done <= total, total > 0. `text` stands beside it, or alone,
  /// and behind it why nothing goes on, where that is so.
  void show(std::uint64_t done, std::uint64_t total, const std::string& text, const std::string& stuck = {});
  /// The last word: a plain line that stays.
  void finish(const std::string& text);
  /// Removes the bar.
  void clear();

  double elapsed_s() const;

 private:
  void draw_bar(double share, const std::string& text, const std::string& stuck) const;

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
