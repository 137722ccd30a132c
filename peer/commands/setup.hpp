// What a peer needs to know before it begins: both configuration files, checked, and its own place in them.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "config/common_cfg.hpp"
#include "config/peer_info.hpp"
#include "peer/content/known_manifest.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/storage/content.hpp"
#include "protocol/geometry.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {

struct Setup {
  config::CommonCfg common;
  std::vector<config::PeerLine> peers;
  std::size_t self_index;            ///< Our line in `peers`.
  std::optional<Geometry> geometry;  ///< By FileSize and PieceSize; empty where only the manifest knows.
  std::filesystem::path directory;   ///< Where the configuration is and the log goes.
  std::filesystem::path folder;      ///< peer_<id>, or an existing <id>.

  const config::PeerLine& self() const { return peers[self_index]; }
  /// `manifest`: null without the key Manifest. Throws ExitError (bad_configuration) when sizes in Common.cfg say
  /// otherwise than the manifest.
  Content content(ManifestPtr manifest) const;
  SwarmConfig swarm_config(const Content& content, std::uint32_t max_pipeline) const;
  /// The listed peers that we exchange with, ourselves among them, in the order of PeerInfo.cfg.
  std::vector<PeerId> neighbors() const;
};

/// The error of a peer that should start with the file and lacks it, for --check and for the run.
ExitError seed_without_file(const Setup& setup);

/// Reads Common.cfg and PeerInfo.cfg in `directory`. Throws ConfigError for what they say, ExitError
/// (bad_configuration) when they cannot be read or do not list `peer_id`.
Setup load_setup(const std::filesystem::path& directory, std::uint32_t peer_id);

}  // namespace p2p
