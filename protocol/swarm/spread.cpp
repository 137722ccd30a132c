#include "protocol/swarm/spread.hpp"

#include <algorithm>
#include <span>

namespace p2p {

std::optional<PieceIndex> Spread::next(LinkId link, std::uint32_t pieces, const std::function<bool(PieceIndex)>& is_new,
                                       Random& random) {
  if (!drawn_) {
    std::vector<PieceIndex> all;
    for (std::uint32_t i = 0; i < pieces; ++i) all.push_back(PieceIndex{i});
    random.shuffle(std::span(all));
    order_.assign(all.begin(), all.end());
    drawn_ = true;
  }
  const auto known = suggested_.find(link);
  if (known != suggested_.end() && known->second.waiting.size() >= kAhead) return std::nullopt;
  while (!order_.empty()) {
    const PieceIndex piece = order_.front();
    order_.pop_front();
    if (!is_new(piece)) continue;
    suggested_[link].waiting.push_back(piece);
    return piece;
  }
  return std::nullopt;
}

void Spread::on_asked(LinkId link, PieceIndex piece) {
  const auto known = suggested_.find(link);
  if (known != suggested_.end() && std::erase(known->second.waiting, piece) > 0) known->second.asked.push_back(piece);
}

void Spread::on_held(LinkId link, PieceIndex piece) {
  const auto known = suggested_.find(link);
  if (known == suggested_.end()) return;
  std::erase(known->second.waiting, piece);
  std::erase(known->second.asked, piece);
}

void Spread::on_ended(LinkId link) {
  const auto known = suggested_.find(link);
  if (known == suggested_.end()) return;
  for (const auto* const list : {&known->second.waiting, &known->second.asked})
    order_.insert(order_.end(), list->begin(), list->end());
  suggested_.erase(known);
}

}  // namespace p2p
