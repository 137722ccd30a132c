// How far the peer is, on stderr.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "peer/report/progress_line.hpp"
#include "protocol/clock.hpp"
#include "protocol/geometry.hpp"

namespace p2p {

class Progress {
 public:
  /// How often show() should be called.
  static constexpr std::chrono::milliseconds kInterval = ProgressLine::kInterval;

  struct Status {
    std::uint32_t stored = 0;          ///< Pieces.
    std::uint64_t received_bytes = 0;  ///< Piece payload, since the start.
    std::uint64_t sent_bytes = 0;
    std::uint32_t linked = 0;  ///< Neighbors.
    std::uint32_t listed = 0;
    std::uint32_t unchoking_us = 0;
    std::string trust = {};  ///< describe_trust(), where pieces are chunks.
    std::string stuck = {};  ///< Why nothing goes on; empty while something does.
  };

  /// `several`: what pieces are called.
  Progress(ProgressMode mode, const Geometry& geometry, const char* several = "pieces");

  void show(const Status& status);
  /// The last word: a plain line that stays.
  void finish(const Status& status);
  /// Removes the bar.
  void clear();

  /// Takes a sample for the rate; show() does.
  void sample(const Status& status, Instant now);
  /// One line without its frame, and without the reason of a stall, by the samples taken.
  std::string describe(const Status& status) const;

 private:
  ProgressLine line_;
  Geometry geometry_;
  const char* several_;
  RecentRate rate_;  ///< Of what is received, or sent once complete.
};

}  // namespace p2p
