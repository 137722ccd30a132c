// How the swarm of a shared file is set up, by who gives and by who gets.
#pragma once

#include <chrono>
#include <cstdint>

#include "peer/content/known_manifest.hpp"
#include "peer/storage/piece_store.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {

/// Precondition: the store's content has a manifest.
inline SwarmConfig open_swarm(PeerId self, const PieceStore& store, std::uint32_t preferred_neighbors) {
  return {.self = self,
          .listed = {self},
          .geometry = store.geometry(),
          .preferred_neighbors = preferred_neighbors,
          .unchoking_interval = std::chrono::seconds(5),
          .optimistic_interval = std::chrono::seconds(15),
          .content = prefix_of(*store.content().id),
          .open = true};
}

}  // namespace p2p
