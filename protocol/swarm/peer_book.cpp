#include "protocol/swarm/peer_book.hpp"

#include <algorithm>

namespace p2p {

void PeerBook::add(std::span<const NamedPeer> named, const Endpoint& teller, Random& random, Instant now) {
  Teller& from = tellers_[teller.origin()];
  from.told = now;
  for (const NamedPeer& each : named) {
    const bool fits = each.place.is_one_machine() && (!each.place.is_loopback() || teller.is_loopback());
    if (!fits || std::ranges::find(from.named, each) != from.named.end()) continue;
    if (from.named.size() < kMostByTeller)
      from.named.push_back(each);
    else
      from.named[random.below(kMostByTeller)] = each;
  }
  if (tellers_.size() > kMostTellers)
    tellers_.erase(std::ranges::min_element(tellers_, {}, [](const auto& each) { return each.second.told; }));
}

bool PeerBook::was_tried(const NamedPeer& named, Instant now) const {
  const auto it = tried_.find(named);
  return it != tried_.end() && now - it->second < kRetry;
}

std::optional<NamedPeer> PeerBook::draw(const std::function<bool(const NamedPeer&)>& is_wanted, Random& random,
                                        Instant now) {
  allowance_ = std::min<double>(kDialBurst, allowance_ + seconds(now - counted_) / seconds(kDialInterval));
  counted_ = now;
  if (allowance_ < 1) return std::nullopt;
  std::erase_if(tried_, [&](const auto& each) { return now - each.second >= kRetry; });

  std::vector<Origin> order;
  for (const auto& [origin, teller] : tellers_) order.push_back(origin);
  random.shuffle(std::span(order));
  for (const Origin& origin : order) {
    std::vector<NamedPeer> fit;
    for (const NamedPeer& each : tellers_.at(origin).named)
      if (!was_tried(each, now) && is_wanted(each)) fit.push_back(each);
    if (fit.empty()) continue;
    const NamedPeer drawn = fit[random.below(static_cast<std::uint32_t>(fit.size()))];
    tried_.insert_or_assign(drawn, now);
    allowance_ -= 1;
    return drawn;
  }
  return std::nullopt;
}

void PeerBook::forget(PeerId peer) {
  for (auto& [origin, teller] : tellers_)
    std::erase_if(teller.named, [peer](const NamedPeer& each) { return each.peer == peer; });
}

std::size_t PeerBook::size() const {
  std::size_t sum = 0;
  for (const auto& [origin, teller] : tellers_) sum += teller.named.size();
  return sum;
}

}  // namespace p2p
