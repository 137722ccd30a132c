// Another list of peers while the swarm runs: who is a neighbor from now on, and who is not any more.
#include <algorithm>
#include <unordered_set>

#include "protocol/assert.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {

void Swarm::on_list_changed(const Relisting& list, Instant now) {
  P2P_ASSERT(!config_.open);
  config_.listed = list.listed;
  config_.favored = list.favored;
  config_.everybody = list.everybody;
  seeker_ = Seeker(list.everybody, list.everybody ? random_.next() : 0, now);
  const std::unordered_set<PeerId> listed(list.listed.begin(), list.listed.end());
  const std::unordered_set<PeerId> moved(list.moved.begin(), list.moved.end());
  // Each link that ends may be the last that is waited for. So the newcomers are there first, and those who lack
  // something go last.
  if (neighborhood_.relist(list.listed, now)) farewell_.begin_anew();
  for (const bool complete : {true, false})
    for (NeighborIndex i = 0; i < neighborhood_.size(); ++i) {
      const Neighbor& n = neighborhood_[i];
      if (n.vacant || n.complete != complete) continue;
      const std::string id = std::to_string(n.id.value);
      if (moved.contains(n.id))
        expel(i, "the line of peer " + id + " has changed", now);
      else if (!listed.contains(n.id) && !seeker_.lists(n.id))
        expel(i, "peer " + id + " is not listed any more", now);
      else if (!listed.contains(n.id) && !n.guest)
        expel(i, "by the new list peer " + id + " is not one of our neighbors (MaxConnections)", now);
    }
  // Whoever has moved is a newcomer, too.
  if (neighborhood_.relist(list.listed, now)) farewell_.begin_anew();
  std::vector<LinkId> favored;
  for_established([&](LinkId link) {
    if (is_favored(*at(link).neighbor) && !at(link).session.remote_is_complete()) favored.push_back(link);
  });
  uploads_.favor_only(std::move(favored), random_);
  sync_chokes(now);
  check_swarm_complete(now);
}

/// Takes a neighbor out, with all its links.
void Swarm::expel(NeighborIndex neighbor, const std::string& reason, Instant now) {
  const PeerId peer = neighborhood_[neighbor].id;
  for (std::uint32_t i = 0; i < links_.size(); ++i)
    if (links_[i] && links_[i]->phase != Link::Phase::closed && links_[i]->neighbor == neighbor)
      close(LinkId{i}, reason, now, EndKind::unlisted);
  // A guest is forgotten with its last link.
  if (neighborhood_.find(peer) == neighbor) neighborhood_.remove(neighbor);
  if (trust_) trust_->forget(peer);
}

bool Swarm::is_favored(NeighborIndex neighbor) const {
  return std::ranges::find(config_.favored, neighborhood_[neighbor].id) != config_.favored.end();
}

}  // namespace p2p
