#include "protocol/swarm/request_window.hpp"

#include <algorithm>
#include <cmath>

#include "protocol/assert.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// Requests that are on their way cover at least this time, so that neither a scheduling delay nor jitter empties the
// link.
constexpr Duration kMinCover = 20ms;
// How long a link may be silent with requests open. A peer serves its other neighbors in the meantime, so the
// lower bound is generous; a wrong guess costs little, because a late answer is still taken.
constexpr Duration kMinPatience = 4s;
constexpr Duration kMaxPatience = 60s;
constexpr double kSmoothing = 0.2;

}  // namespace

RequestWindow::RequestWindow(std::uint32_t limit, std::uint32_t piece_size) : limit_(limit), piece_size_(piece_size) {
  P2P_ASSERT(limit >= 1);
}

void RequestWindow::on_asked(Instant now, std::uint32_t open_before) {
  if (open_before == 0) progress_ = now;
}

void RequestWindow::on_lone_head(Instant asked, Instant now) { latency_ = std::min(latency_, now - asked); }

void RequestWindow::on_answered(Instant asked, Instant now, std::uint32_t bytes) {
  const double busy = seconds(now - std::max(asked, answered_));
  const double sample = busy / std::max(bytes, 1u);
  seconds_per_byte_ = seconds_per_byte_ == 0 ? sample : (1 - kSmoothing) * seconds_per_byte_ + kSmoothing * sample;
  rate_ = seconds_per_byte_ > 0 ? 1 / seconds_per_byte_ : 0;
  response_ = response_ == Duration{} ? now - asked : response_ + (now - asked - response_) / 5;
  answered_ = now;
  progress_ = now;
  stalls_ = 0;

  const Duration cover = latency_ == Duration::max() ? kMinCover : std::max(kMinCover, 2 * latency_);
  // One more than what covers the delay: the piece that is being received.
  const double wanted = std::ceil(rate_ * seconds(cover) / piece_size_) + 1;
  if (size_ < wanted)
    size_ = std::min(size_ + 1, limit_);
  else if (size_ > wanted)
    --size_;
}

void RequestWindow::on_stalled() {
  size_ = 1;
  ++stalls_;
}

Duration RequestWindow::patience() const {
  Duration wait = std::clamp<Duration>(4 * response_, kMinPatience, kMaxPatience);
  for (std::uint32_t i = 0; i < stalls_ && wait < kMaxPatience; ++i) wait *= 2;
  return std::min(wait, kMaxPatience);
}

}  // namespace p2p
