// What a peer needs to know before it begins: both configuration files, checked, and its own place in them.
#pragma once

#include <filesystem>
#include <vector>

#include "config/common_cfg.hpp"
#include "config/peer_info.hpp"
#include "peer/storage/content.hpp"
#include "protocol/geometry.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {

struct Setup {
  config::CommonCfg common;
  std::vector<config::PeerLine> peers;
  std::size_t self_index;            ///< Our line in `peers`.
  Geometry geometry;
  std::filesystem::path directory;   ///< Where the configuration is and the log goes.
  std::filesystem::path folder;      ///< peer_<id>, or an existing <id>.

  const config::PeerLine& self() const { return peers[self_index]; }
  Content content() const;
  SwarmConfig swarm_config(std::uint32_t max_pipeline) const;
};

/// Reads Common.cfg and PeerInfo.cfg in `directory`. Throws ConfigError for what they say, ExitError
/// (bad_configuration) when they cannot be read or do not list `peer_id`.
Setup load_setup(const std::filesystem::path& directory, std::uint32_t peer_id);

}  // namespace p2p
