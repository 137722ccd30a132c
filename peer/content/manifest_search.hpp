// Which source is asked for a manifest next, and when: one after the other in random order, the next one also when the
// last one takes its time, because a source that gives nothing, or a byte now and then, must not keep us from those
// behind it.
//
// Pure: time is a parameter, the shell asks (manifest_link.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/random.hpp"

namespace p2p {

class ManifestSearch {
 public:
  /// How long one source is waited for before the next is asked beside it, and how many are asked at a time.
  static constexpr Duration kImpatience = std::chrono::seconds(5);
  static constexpr std::uint32_t kMostAtATime = 16;
  /// Between two rounds: doubles from the first to the longest.
  static constexpr Duration kFirstPause = std::chrono::milliseconds(100);
  static constexpr Duration kLongestPause = std::chrono::seconds(2);

  /// `sources` may be 0: then nobody is ever asked.
  ManifestSearch(std::uint32_t sources, std::uint64_t seed, Instant now);

  /// The source to ask now, by its number; none: nobody until next_deadline() or on_failed(). Asked until it gives
  /// none.
  std::optional<std::uint32_t> poll(Instant now);
  /// This source was asked, and its answer is over without a manifest.
  void on_failed(std::uint32_t source, Instant now);

  Instant next_deadline() const;
  /// Rounds in which every source that was not still being asked has been asked.
  std::uint32_t rounds() const { return rounds_; }

 private:
  void begin_round();

  Random random_;
  std::vector<std::uint32_t> order_;  ///< Of this round.
  std::vector<bool> busy_;            ///< By source.
  std::uint32_t asking_ = 0;
  std::size_t at_ = 0;                   ///< How far this round is in order_.
  std::optional<std::uint32_t> latest_;  ///< Whom we wait for before the next is asked.
  Instant next_at_;                      ///< When the next source, or the next round, is due whatever happens.
  Duration pause_ = kFirstPause;
  std::uint32_t rounds_ = 0;
};

}  // namespace p2p
