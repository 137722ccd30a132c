// Each peer's view of its neighbors, put together from its events alone.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "sim/simulation.hpp"

namespace p2p::sim {

class NeighborWatch {
 public:
  explicit NeighborWatch(std::uint32_t hosts) : views_(hosts) {}

  void operator()(HostId host, const p2p::Event& event) {
    View& view = views_[host];
    if (const auto* interested = std::get_if<InterestedReceived>(&event))
      view.interested.insert(interested->peer.value);
    if (const auto* bored = std::get_if<NotInterestedReceived>(&event)) view.interested.erase(bored->peer.value);
    if (const auto* closed = std::get_if<LinkClosed>(&event)) view.interested.erase(closed->peer.value);
    if (const auto* optimistic = std::get_if<OptimisticNeighborChanged>(&event))
      view.optimistic = optimistic->neighbor.value;
    if (const auto* piece = std::get_if<PieceStored>(&event)) ++view.pieces[piece->from.value];
    if (const auto* preferred = std::get_if<PreferredNeighborsChanged>(&event)) {
      view.preferred.clear();
      for (const PeerId each : preferred->neighbors) view.preferred.insert(each.value);
    }
  }

  const std::set<HostId>& interested(HostId host) const { return views_[host].interested; }
  const std::set<HostId>& preferred(HostId host) const { return views_[host].preferred; }
  /// Those that are interested and choked.
  std::set<HostId> waiting(HostId host) const {
    std::set<HostId> found = views_[host].interested;
    for (const HostId each : views_[host].preferred) found.erase(each);
    if (views_[host].optimistic) found.erase(*views_[host].optimistic);
    return found;
  }
  /// Pieces that a neighbor gave since the last forget_fed().
  std::uint32_t fed(HostId host, HostId neighbor) const {
    const auto found = views_[host].pieces.find(neighbor);
    return found == views_[host].pieces.end() ? 0 : found->second;
  }
  void forget_fed() {
    for (View& view : views_) view.pieces.clear();
  }

 private:
  struct View {
    std::set<HostId> interested;
    std::set<HostId> preferred;
    std::optional<HostId> optimistic;
    std::map<HostId, std::uint32_t> pieces;
  };

  std::vector<View> views_;
};

}  // namespace p2p::sim
