// Where the swarm stands, for those who explain why it stands still.
#include <algorithm>
#include <utility>

#include "protocol/swarm/swarm.hpp"

namespace p2p {

Standing Swarm::standing() const {
  Standing standing;
  standing.piece_count = config_.geometry.piece_count();
  standing.stored = stored().count();
  standing.storing_paused = storing_paused_;
  for (PieceIndex piece{0}; piece.value < standing.piece_count; ++piece.value) {
    if (unwanted().test(piece)) continue;
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

std::vector<LinkStanding> Swarm::link_standings() const {
  std::vector<LinkStanding> standings;
  const auto optimistic = uploads_.optimistic();
  for_established([&](LinkId id) {
    const Link& link = at(id);
    const Neighbor& n = neighborhood_[*link.neighbor];
    standings.push_back({.link = id,
                         .id = n.claims,
                         .handle = n.id,
                         .direction = link.direction,
                         .opened = link.opened,
                         .remote = link.remote,
                         .pieces = link.session.remote_pieces(),
                         .chokes_us = link.session.remote_chokes(),
                         .choked = link.session.we_choke(),
                         .interested = link.session.we_are_interested(),
                         .interested_in_us = link.session.remote_is_interested(),
                         .optimistic = optimistic == id && !link.session.we_choke(),
                         .requests = link.requests.open_count(),
                         .queued = static_cast<std::uint32_t>(link.uploads.size())});
  });
  std::ranges::sort(standings, {}, [](const LinkStanding& each) { return std::pair(each.id, each.handle); });
  return standings;
}

CopiesStanding Swarm::copies() const {
  CopiesStanding copies;
  std::uint64_t sum = 0;
  for (PieceIndex piece{0}; piece.value < config_.geometry.piece_count(); ++piece.value) {
    const std::uint32_t count = picker_.availability(piece) + (stored().test(piece) ? 1 : 0);
    sum += count;
    if (copies.rarest_pieces == 0 || count < copies.rarest) {
      copies.rarest = count;
      copies.rarest_pieces = 0;
    }
    if (count == copies.rarest) ++copies.rarest_pieces;
  }
  copies.mean = static_cast<double>(sum) / config_.geometry.piece_count();
  return copies;
}

}  // namespace p2p
