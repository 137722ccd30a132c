// How far the peer is, on stderr: one redrawn line on a terminal, else a plain line every few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "protocol/clock.hpp"
#include "protocol/geometry.hpp"

namespace p2p {

enum class ProgressMode { automatic, bar, plain, none };

class Progress {
 public:
  /// How often show() should be called.
  static constexpr std::chrono::milliseconds kInterval{250};

  struct Status {
    std::uint32_t stored = 0;          ///< Pieces.
    std::uint64_t received_bytes = 0;  ///< Piece payload, since the start.
    std::uint64_t sent_bytes = 0;
    std::uint32_t linked = 0;          ///< Neighbors.
    std::uint32_t listed = 0;
    std::uint32_t unchoking_us = 0;
  };

  /// `automatic` is a bar when stderr is a terminal, else plain. Colour only on a terminal without NO_COLOR.
  Progress(ProgressMode mode, const Geometry& geometry);

  void show(const Status& status);
  /// The last word: a plain line that stays.
  void finish(const Status& status);
  /// Removes the bar.
  void clear();

  /// Takes a sample for the rate; show() does.
  void sample(const Status& status, Instant now);
  /// One line without its frame, by the samples taken.
  std::string describe(const Status& status) const;

 private:
  /// Bytes a second over the last seconds: received, or sent once complete; 0 without samples.
  double rate() const;
  void draw_bar(const Status& status) const;

  ProgressMode mode_;
  Geometry geometry_;
  bool colour_;
  Instant started_;
  Instant next_plain_{};
  std::deque<std::pair<Instant, std::uint64_t>> samples_;  ///< Bytes received (or sent) by recent times.
};

}  // namespace p2p
