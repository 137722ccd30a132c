// How often nodes may be asked for single names: a node that is asked for more texts than anybody needs turns us away
// (protocol/door/limits.hpp), and that looks as if it had nothing. On virtual time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "protocol/clock.hpp"

namespace p2p {

/// Well below what a door lets one address ask for, as manifests are asked for beside names. In any time span of t
/// seconds not more than kBurst + kPerSecond * t are let through.
class SearchBudget {
 public:
  static constexpr double kBurst = 64;
  static constexpr double kPerSecond = 16;

  /// Whether one more may be asked now; then it counts.
  bool take(Instant now) {
    left_ = std::min(kBurst, left_ + seconds(now - counted_) * kPerSecond);
    counted_ = now;
    if (left_ < 1) return false;
    --left_;
    return true;
  }

 private:
  double left_ = kBurst;
  Instant counted_{};
};

}  // namespace p2p
