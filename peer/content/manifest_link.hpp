// Connections that fetch a manifest and nothing else (docs/PROTOCOL.md, "Fetching a manifest"): a peer without it asks
// one peer after the other. How it is given: peer/node/doorway.
//
// Everything runs on the network thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/fingerprint.hpp"
#include "peer/content/known_manifest.hpp"
#include "peer/net/asio.hpp"
#include "peer/net/stream.hpp"
#include "protocol/ids.hpp"

namespace p2p {

struct ManifestSource {
  PeerId peer;
  std::string host;
  std::uint16_t port;
  std::optional<config::Fingerprint> key = {};  ///< In a listed swarm with keys: its.
};

/// Asks the sources in random order, again and again, until one gives the manifest; then calls `on_found` once, or
/// `on_none` where the text of this id is no manifest, whoever gives it, and why; null: that is a config::ConfigError,
/// which ends the process. What is returned ends the search, and nothing is called any more; it may be dropped.
std::function<void()> fetch_manifest(asio::io_context& io, PeerId self, const ContentId& id,
                                     std::vector<ManifestSource> sources, std::function<void(ManifestPtr)> on_found,
                                     std::function<void(const std::string& why)> on_none = nullptr);

}  // namespace p2p
