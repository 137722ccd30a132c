// Where the swarm stands, for those who explain why it stands still.
#include "protocol/swarm/swarm.hpp"

namespace p2p {

Standing Swarm::standing() const {
  Standing standing;
  standing.piece_count = config_.geometry.piece_count();
  standing.stored = stored().count();
  standing.storing_paused = storing_paused_;
  for (PieceIndex piece{0}; piece.value < standing.piece_count; ++piece.value) {
    if (stored().test(piece)) continue;
    standing.missing.push_back(piece);
    if (picker_.availability(piece) == 0) standing.unheld.push_back(piece);
  }
  if (trust_) trust_->add_to(standing, picker_);
  for (NeighborIndex i = 0; i < neighborhood_.size(); ++i) {
    const Neighbor& n = neighborhood_[i];
    if (n.out()) continue;
    const Link* const link = n.link ? &at(*n.link) : nullptr;
    standing.neighbors.push_back({.id = n.claims,
                                  .handle = n.id,
                                  .linked = link != nullptr,
                                  .met = n.met,
                                  .complete = n.complete,
                                  .pieces = link ? link->session.remote_pieces().count() : n.pieces,
                                  .offers = link && link->wanted > 0,
                                  .chokes_us = !link || link->session.remote_chokes(),
                                  .ours_to_dial = n.dial,
                                  .fault = n.fault});
  }
  return standing;
}

}  // namespace p2p
