// How the swarm of a shared file is set up, for one who gives it and for one who gets it.
#pragma once

#include <chrono>
#include <cstdint>

#include "peer/content/known_manifest.hpp"
#include "peer/storage/piece_store.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {

/// Of one who gives all of it. `port`: where it listens. Precondition: the store's content has a manifest.
inline SwarmConfig sharers_swarm(PeerId self, const PieceStore& store, std::uint16_t port) {
  return {.self = self,
          .listed = {self},
          .geometry = store.geometry(),
          .preferred_neighbors = 16,
          .unchoking_interval = std::chrono::seconds(5),
          .optimistic_interval = std::chrono::seconds(15),
          .content = prefix_of(*store.content().id),
          .open = true,
          .listens_at = port};
}

/// How many links one who gets it has at most. It is content with half of them, so that there is room for those who
/// come.
constexpr std::uint32_t kGettersLinks = 50;

/// Of one who gets it, and gives what it has; `port` 0: who takes only. Precondition: as above.
inline SwarmConfig getters_swarm(PeerId self, const PieceStore& store, std::uint16_t port) {
  SwarmConfig config = sharers_swarm(self, store, port);
  config.preferred_neighbors = 8;
  config.choking_policy = ChokingPolicy::balanced;
  config.optimistic_interval = std::chrono::seconds(1);
  config.most_neighbors = kGettersLinks;
  config.wanted_neighbors = kGettersLinks / 2;
  return config;
}

}  // namespace p2p
