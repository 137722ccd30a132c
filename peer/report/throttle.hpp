// Keeps lines that a remote can cause at will from filling a terminal or a disk.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "protocol/clock.hpp"

namespace p2p {

/// kBurst lines at once, and one a second for ever.
class LineThrottle {
 public:
  static constexpr std::uint32_t kBurst = 100;

  /// Whether a line may be written: then how many were left out before it.
  std::optional<std::uint64_t> pass(Instant now) {
    const auto seconds = static_cast<std::uint64_t>((now - counted_) / std::chrono::seconds(1));
    if (seconds > 0) {
      recent_ -= static_cast<std::uint32_t>(std::min<std::uint64_t>(recent_, seconds));
      counted_ = now;
    }
    if (recent_ == kBurst) {
      ++left_out_;
      return std::nullopt;
    }
    ++recent_;
    return std::exchange(left_out_, 0);
  }

 private:
  std::uint32_t recent_ = 0;
  Instant counted_{};
  std::uint64_t left_out_ = 0;
};

}  // namespace p2p
