// The time before a peer knows what it is to exchange: it asks the others for the manifest that Common.cfg names.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "config/peer_info.hpp"
#include "peer/content/known_manifest.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/net/asio.hpp"
#include "peer/node/life.hpp"

namespace p2p {

/// The manifest; or the code to leave with, after a signal.
struct Awaited {
  ManifestPtr manifest;
  std::optional<ExitCode> leave;
};

struct WantedManifest {
  ContentId id;
  PeerId self;
  const std::vector<config::PeerLine>& peers;  ///< Whom to ask; `self` among them. Looked at again after a SIGHUP.
  std::filesystem::path folder;                ///< Where it is kept.
};

/// Runs `life` until a listed peer has given the manifest; it lives on afterwards. Throws ExitError at the time-out.
Awaited await_manifest(asio::io_context& io, Life& life, const WantedManifest& wanted);

}  // namespace p2p
