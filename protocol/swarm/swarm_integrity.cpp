// The swarm's doubts: pieces that proved wrong, pieces that the disk lost, and a disk that takes no more.
#include "protocol/assert.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

/// Those who have everything and were left alone while we had it, too.
void dial_the_rested(Neighborhood& neighborhood, Instant now) {
  for (NeighborIndex each = 0; each < neighborhood.size(); ++each) {
    const Neighbor& n = neighborhood[each];
    if (n.dial && n.complete && !n.out() && !n.link && !n.dialing) neighborhood.dial_now(each, now);
  }
}

}  // namespace

void Swarm::on_piece_rejected(PieceIndex piece, Instant now) {
  const auto stored_from = storing_.extract(piece);
  P2P_ASSERT(stored_from);
  const Sender from = stored_from.mapped();
  picker_.reject(piece);
  emit(PieceRejected{piece, from.claims, from.handle});
  // One that no list makes a neighbor is forgotten when it has gone, but not when it lied.
  const auto known = neighborhood_.find(from.handle);
  if (!known && !config_.open && !seeker_.lists(from.handle)) return fill_all(now);  // not listed any more
  const NeighborIndex sender = known ? *known : neighborhood_.add(from.handle, false, !config_.open, now);
  neighborhood_[sender].claims = from.claims;
  book_.forget(from.claims);
  if (from.origin)
    neighborhood_.bar(sender, *from.origin);
  else
    neighborhood_.convict(sender);
  // Whoever waits to take over is judged alike.
  for (std::uint32_t i = 0; i < links_.size(); ++i) {
    const auto& l = links_[i];
    if (l && l->phase != Link::Phase::closed && l->neighbor == sender && neighborhood_[sender].bars(l->origin))
      close(LinkId{i}, "piece " + std::to_string(piece.value) + " has a wrong hash", now, EndKind::violation);
  }
  if (from.origin) doubt(sender, now);
  fill_all(now);
  check_swarm_complete(now);
}

void Swarm::pause_storing() {
  storing_paused_ = true;
  for (const LinkId link : serving_us_) give_up_requests(link);
}

void Swarm::resume_storing(Instant now) {
  storing_paused_ = false;
  if (upstream_) upstream_->plan.wake(now);
  fill_all(now);
}

void Swarm::on_pieces_lost(std::span<const PieceIndex> pieces, Instant now) {
  if (pieces.empty()) return;
  emit(PiecesLost{static_cast<std::uint32_t>(pieces.size())});
  give_up_stored(pieces, now);
}

void Swarm::on_pieces_forgotten(std::span<const PieceIndex> pieces, Instant now) {
  if (!pieces.empty()) give_up_stored(pieces, now);
}

void Swarm::on_trust_withdrawn(std::span<const PieceIndex> pieces, Instant now) {
  if (pieces.empty()) return;
  emit(TrustWithdrawn{static_cast<std::uint32_t>(pieces.size()), complete()});
  // The end is waited for again.
  farewell_.begin_anew();
  give_up_stored(pieces, now);
}

void Swarm::give_up_stored(std::span<const PieceIndex> pieces, Instant now) {
  // A chunk that the user has changed or removed is the user's: it is not fetched over it.
  for (const PieceIndex piece : pieces) trust_ ? picker_.forfeit(piece) : picker_.lose(piece);
  for (const PieceIndex piece : pieces) {
    forget_trust(piece);
    if (demand_) demand_->on_lost(piece);
  }
  if (upstream_) std::erase_if(stored_order_, [this](PieceIndex piece) { return !stored().test(piece); });
  neighborhood_.forget_told();
  seeker_.wake(now);
  std::vector<LinkId> established;
  for_established([&](LinkId link) { established.push_back(link); });
  for (const LinkId link : established) close(link, "our pieces have changed", now, EndKind::renewed);
  if (config_.open) dial_the_rested(neighborhood_, now);
  check_swarm_complete(now);
}

}  // namespace p2p
