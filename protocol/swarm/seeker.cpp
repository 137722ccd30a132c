#include "protocol/swarm/seeker.hpp"

#include <algorithm>

namespace p2p {

Seeker::Seeker(List list, std::uint64_t start, Instant now) : list_(std::move(list)), fed_at_(now) {
  if (!list_ || list_->empty()) return;
  next_ = start % list_->size();
  wake(now);
}

bool Seeker::lists(PeerId peer) const { return list_ && std::ranges::find(*list_, peer) != list_->end(); }

bool Seeker::look(bool fed, Instant now) {
  look_at_ = now + kInterval;
  if (fed) fed_at_ = now;
  return now - fed_at_ >= kHunger;
}

void Seeker::wake(Instant now) {
  if (!list_ || list_->empty()) return;
  fed_at_ = now;
  look_at_ = now + kInterval;
}

}  // namespace p2p
