// How fast our downlink has been, all links together: what tells a slow sender from a full downlink.
#pragma once

#include <algorithm>
#include <cstdint>

#include "protocol/clock.hpp"

namespace p2p {

class Throughput {
 public:
  explicit Throughput(Instant now) : since_(now) {}

  void on_bytes(std::uint32_t bytes) { bytes_ += bytes; }

  /// To be called a few times a second.
  void on_tick(Instant now) {
    constexpr Duration kSample = std::chrono::seconds(1);
    if (now - since_ < kSample) return;
    // Forgets slowly, so that a network that has become slower is noticed within minutes.
    constexpr double kForget = 0.995;
    const double rate = static_cast<double>(bytes_) / seconds(now - since_);
    peak_ = std::max(peak_ * kForget, rate);
    bytes_ = 0;
    since_ = now;
  }

  /// Bytes a second in the best of the last seconds; 0 in the first one.
  double peak() const { return peak_; }

 private:
  Instant since_;
  std::uint64_t bytes_ = 0;
  double peak_ = 0;
};

}  // namespace p2p
