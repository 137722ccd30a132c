// When a peer whose copy is complete may leave (docs/PROTOCOL.md, "End").
//
// It serves until every neighbor is known to be complete, and has a link or was told that we are: one that is neither
// would wait for us for ever. It comes back soon, unless it is gone for good, so it is waited for only for a grace. And
// when all that are unfinished have been out of sight for long, it may be said that they will not come back.
// Absent: what the process makes of it (--exit-when, --linger), and links.
#pragma once

#include <algorithm>
#include <chrono>

#include "protocol/clock.hpp"
#include "protocol/swarm/neighborhood.hpp"

namespace p2p {

class Farewell {
 public:
  /// How long a neighbor that lost its link may take to come back and be told: longer than the longest back-off of a
  /// peer like us.
  static constexpr Duration kGrace = std::chrono::seconds(10);

  /// `has_end`: whether it can be known that everybody is complete. `patience`: zero is for ever.
  Farewell(bool has_end, Duration patience) : has_end_(has_end), patience_(patience) {}

  /// To be called whenever a neighbor's state, or whether we are `complete`, has changed, and at next_deadline(). True
  /// once: everybody is.
  bool is_over(bool complete, const Neighborhood& neighborhood, Instant now);
  bool over() const { return over_; }

  /// Whether it is time for out_of_patience(), before which the neighborhood is to be told who is in sight.
  bool doubts_return(Instant now) const { return now >= patience_at_; }
  /// True once: all that are unfinished have been out of sight for the whole patience. One that never was linked is
  /// still to come: it is waited for, and so are all others.
  bool out_of_patience(bool complete, const Neighborhood& neighborhood, Instant now);

  /// We lack something again: everything is as at the start.
  void begin_anew();

  Instant next_deadline() const { return std::min(leave_at_, patience_at_); }

 private:
  bool has_end_;
  Duration patience_;
  Instant leave_at_ = kNever;     ///< When the grace ends.
  Instant patience_at_ = kNever;  ///< When to consider it.
  Instant complete_since_ = kNever;
  bool over_ = false;
  bool out_of_patience_ = false;
};

}  // namespace p2p
