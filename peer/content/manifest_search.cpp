#include "peer/content/manifest_search.hpp"

#include <algorithm>
#include <numeric>
#include <span>

#include "protocol/assert.hpp"

namespace p2p {

ManifestSearch::ManifestSearch(std::uint32_t sources, std::uint64_t seed, Instant now)
    : random_(seed), order_(sources), busy_(sources), next_at_(sources > 0 ? now : kNever) {
  std::iota(order_.begin(), order_.end(), 0u);
  begin_round();
}

void ManifestSearch::begin_round() {
  at_ = 0;
  random_.shuffle(std::span(order_));
}

std::optional<std::uint32_t> ManifestSearch::poll(Instant now) {
  if (now < next_at_) return std::nullopt;
  while (at_ < order_.size() && busy_[order_[at_]]) ++at_;
  if (at_ == order_.size()) {
    ++rounds_;
    latest_.reset();
    next_at_ = now + pause_;
    pause_ = std::min(2 * pause_, kLongestPause);
    begin_round();
    return std::nullopt;
  }
  next_at_ = now + kImpatience;
  if (asking_ >= kMostAtATime) return std::nullopt;
  const std::uint32_t source = order_[at_++];
  busy_[source] = true;
  ++asking_;
  latest_ = source;
  return source;
}

void ManifestSearch::on_failed(std::uint32_t source, Instant now) {
  P2P_ASSERT(busy_[source]);
  busy_[source] = false;
  --asking_;
  // An earlier one ends beside the one that we wait for, and begins nothing; nor does any in a pause between rounds.
  if (latest_ == source) next_at_ = now;
}

Instant ManifestSearch::next_deadline() const { return next_at_; }

}  // namespace p2p
