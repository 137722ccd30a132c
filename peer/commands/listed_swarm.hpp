// How the swarm of the peers of PeerInfo.cfg is set up, whatever they exchange. That of a shared file, which no list
// has, is open_swarm() (peer/node/open_swarm.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "config/common_cfg.hpp"
#include "config/peer_info.hpp"
#include "protocol/geometry.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {

/// Of all lines, in their order.
std::vector<PeerId> ids_of(const std::vector<config::PeerLine>& peers);

/// The listed peers that peers[self] exchanges with, itself among them, in the order of PeerInfo.cfg: all of them, or
/// by MaxConnections.
std::vector<PeerId> listed_neighbors(const config::CommonCfg& common, const std::vector<config::PeerLine>& peers,
                                     std::size_t self);

/// Without SwarmConfig::content and ::chunks, which say what is exchanged.
SwarmConfig listed_swarm(const config::CommonCfg& common, const std::vector<config::PeerLine>& peers, std::size_t self,
                         const Geometry& geometry, std::uint32_t max_pipeline);

/// What such a list is to a swarm of another one that runs. `moved`: as Relisting::moved.
Relisting relisting(const config::CommonCfg& common, const std::vector<config::PeerLine>& peers, std::size_t self,
                    std::vector<PeerId> moved);

}  // namespace p2p
