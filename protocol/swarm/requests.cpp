#include "protocol/swarm/requests.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace p2p {

Requests::Fate Requests::fate(PieceIndex piece) const {
  if (is_open(piece)) return Fate::open;
  if (std::ranges::find(abandoned_, piece) != abandoned_.end()) return Fate::abandoned;
  return Fate::never_asked;
}

void Requests::ask(PieceIndex piece, Instant now) {
  P2P_ASSERT(!is_open(piece));
  open_.push_back({piece, now, open_.empty()});
}

std::optional<OpenRequest> Requests::answer(PieceIndex piece) {
  const auto it = std::ranges::find(open_, piece, &OpenRequest::piece);
  if (it == open_.end()) {
    if (const auto given_up = std::ranges::find(abandoned_, piece); given_up != abandoned_.end())
      abandoned_.erase(given_up);
    return std::nullopt;
  }
  const OpenRequest request = *it;
  open_.erase(it);
  return request;
}

std::vector<PieceIndex> Requests::abandon() {
  std::vector<PieceIndex> pieces;
  for (const OpenRequest& request : open_) pieces.push_back(request.piece);
  abandoned_.insert(abandoned_.end(), pieces.begin(), pieces.end());
  open_.clear();
  if (abandoned_.size() > kMostAbandoned) abandoned_.erase(abandoned_.begin(), abandoned_.end() - kMostAbandoned);
  return pieces;
}

}  // namespace p2p
