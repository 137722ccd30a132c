#include "protocol/swarm/stuck.hpp"

#include <algorithm>
#include <utility>

#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// A picture costs a look at every piece.
constexpr Duration kLookInterval = 1s;

Stuck::Peer::State state_of(const NeighborStanding& n) {
  return n.linked ? Stuck::Peer::State::linked : n.met ? Stuck::Peer::State::lost : Stuck::Peer::State::never_linked;
}

/// The reason, with those neighbors that fit.
template <class Fits>
Stuck because(Stuck::Why why, const Standing& standing, Fits&& fits) {
  Stuck stuck{.why = why, .pieces_in_all = standing.piece_count};
  for (const NeighborStanding& n : standing.neighbors)
    if (fits(n)) stuck.peers.push_back({n.id, state_of(n), n.pieces, n.ours_to_dial, n.fault});
  stuck.peer_count = static_cast<std::uint32_t>(stuck.peers.size());
  std::ranges::stable_sort(stuck.peers, {},
                           [](const Stuck::Peer& peer) { return std::pair(peer.state, !peer.ours_to_dial); });
  if (stuck.peers.size() > Stuck::kNamed) stuck.peers.resize(Stuck::kNamed);
  return stuck;
}

Stuck naming(Stuck stuck, const std::vector<PieceIndex>& pieces) {
  stuck.piece_count = static_cast<std::uint32_t>(pieces.size());
  stuck.pieces.assign(pieces.begin(),
                      pieces.begin() + static_cast<std::ptrdiff_t>(std::min(pieces.size(), Stuck::kNamed)));
  return stuck;
}

}  // namespace

bool Stuck::same_as(const Stuck& other) const {
  return why == other.why && pieces == other.pieces && piece_count == other.piece_count && peers == other.peers &&
         peer_count == other.peer_count && agreeing == other.agreeing;
}

namespace {

/// Where nothing that is missing may be asked for: why. `absent`: who is not linked.
template <class Absent>
std::optional<Stuck> why_closed(const Standing& standing, Absent&& absent) {
  const std::size_t closed = standing.unsettled.size() + standing.withheld.size();
  if (closed == 0 || closed + standing.unheld.size() < standing.missing.size()) return std::nullopt;
  if (standing.unsettled.empty())
    return naming(because(Stuck::Why::withheld, standing, [](const NeighborStanding&) { return false; }),
                  standing.withheld);
  std::vector<PieceIndex> pieces;
  for (const UnsettledStanding& unsettled : standing.unsettled) pieces.push_back(unsettled.piece);
  Stuck stuck = naming(because(Stuck::Why::no_quorum, standing, absent), pieces);
  stuck.agreeing = standing.unsettled.front().agreeing;
  stuck.quorum = standing.quorum;
  return stuck;
}

}  // namespace

std::optional<Stuck> why_stuck(const Standing& standing) {
  using enum Stuck::Why;
  const auto all = [](const NeighborStanding&) { return true; };
  const auto absent = [](const NeighborStanding& n) { return !n.linked; };
  const auto offers = [](const NeighborStanding& n) { return n.offers; };
  const auto serves = [](const NeighborStanding& n) { return n.offers && !n.chokes_us; };
  const auto incomplete = [](const NeighborStanding& n) { return !n.complete; };
  const auto& neighbors = standing.neighbors;

  if (standing.stored == standing.piece_count) {
    if (std::ranges::none_of(neighbors, incomplete)) return std::nullopt;
    return because(others, standing, incomplete);
  }
  if (standing.missing.empty()) return std::nullopt;
  if (standing.storing_paused)
    return naming(because(no_room, standing, [](const NeighborStanding&) { return false; }), standing.missing);
  if (!neighbors.empty() && std::ranges::all_of(neighbors, absent))
    return naming(because(nobody_linked, standing, all), standing.missing);
  if (auto closed = why_closed(standing, absent)) return closed;
  if (std::ranges::none_of(neighbors, offers)) return naming(because(nobody_holds, standing, absent), standing.unheld);
  if (std::ranges::none_of(neighbors, serves)) return naming(because(choked, standing, offers), standing.missing);
  return naming(because(unanswered, standing, serves), standing.missing);
}

bool StuckWatch::observe(const Swarm& swarm, Instant now) {
  if (swarm.activity() != activity_) {
    activity_ = swarm.activity();
    active_at_ = now;
    current_.reset();
    said_.reset();
  }
  if (now - active_at_ < kPatience || now < look_at_) return false;
  look_at_ = now + kLookInterval;
  current_ = explain(swarm, now);
  if (!current_ || (said_ && said_->same_as(*current_)) || (said_at_ && now - *said_at_ < kQuiet)) return false;
  said_ = current_;
  said_at_ = now;
  return true;
}

std::optional<Stuck> StuckWatch::explain(const Swarm& swarm, Instant now) const {
  auto stuck = why_stuck(swarm.standing());
  if (stuck && stuck->why == Stuck::Why::unanswered && now - active_at_ < kPatience) return std::nullopt;
  if (stuck) stuck->since = active_at_;
  return stuck;
}

}  // namespace p2p
