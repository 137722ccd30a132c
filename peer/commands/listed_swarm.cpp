#include "peer/commands/listed_swarm.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "protocol/swarm/neighbor_graph.hpp"

namespace p2p {

// config/ and protocol/ do not see each other, so each has the limit; here they meet.
static_assert(config::PeerLine::kLargestId == kLargestPeerId);

std::vector<PeerId> ids_of(const std::vector<config::PeerLine>& peers) {
  std::vector<PeerId> ids;
  for (const config::PeerLine& peer : peers) ids.push_back(PeerId{peer.id});
  return ids;
}

std::vector<PeerId> listed_neighbors(const config::CommonCfg& common, const std::vector<config::PeerLine>& peers,
                                     std::size_t self) {
  const NeighborGraph graph(static_cast<std::uint32_t>(peers.size()), common.max_connections);
  std::vector<std::uint32_t> indexes = graph.neighbors(static_cast<std::uint32_t>(self));
  indexes.insert(std::ranges::lower_bound(indexes, self), static_cast<std::uint32_t>(self));
  std::vector<PeerId> ids;
  for (const std::uint32_t index : indexes) ids.push_back(PeerId{peers[index].id});
  return ids;
}

Relisting relisting(const config::CommonCfg& common, const std::vector<config::PeerLine>& peers, std::size_t self,
                    std::vector<PeerId> moved) {
  std::vector<PeerId> favored;
  if (common.choking_policy == config::ChokingPolicy::cooperative) {
    const NeighborGraph graph(static_cast<std::uint32_t>(peers.size()), common.max_connections);
    for (const std::uint32_t index : graph.successors(static_cast<std::uint32_t>(self), common.preferred_neighbors + 1))
      favored.push_back(PeerId{peers[index].id});
  }
  auto everybody = common.max_connections > 0 ? std::make_shared<const std::vector<PeerId>>(ids_of(peers)) : nullptr;
  return {.listed = listed_neighbors(common, peers, self),
          .favored = std::move(favored),
          .everybody = std::move(everybody),
          .moved = std::move(moved)};
}

SwarmConfig listed_swarm(const config::CommonCfg& common, const std::vector<config::PeerLine>& peers, std::size_t self,
                         const Geometry& geometry, std::uint32_t max_pipeline) {
  const bool cooperative = common.choking_policy == config::ChokingPolicy::cooperative;
  Relisting list = relisting(common, peers, self, {});
  return {.self = PeerId{peers[self].id},
          .listed = std::move(list.listed),
          .geometry = geometry,
          .preferred_neighbors = common.preferred_neighbors,
          .unchoking_interval = std::chrono::seconds(common.unchoking_interval_s),
          .optimistic_interval = std::chrono::seconds(common.optimistic_interval_s),
          .max_pipeline = max_pipeline,
          .choking_policy = cooperative ? ChokingPolicy::cooperative : ChokingPolicy::course,
          .favored = std::move(list.favored),
          .everybody = std::move(list.everybody),
          .most_guests = common.max_connections};
}

}  // namespace p2p
