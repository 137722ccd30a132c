// Connections that carry a manifest and nothing else (docs/PROTOCOL.md, "Fetching a manifest"): a peer without it asks
// one peer after the other; each that has it gives it to whoever asks.
//
// Everything runs on the network thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "peer/content/known_manifest.hpp"
#include "peer/net/asio.hpp"
#include "protocol/ids.hpp"

namespace p2p {

/// Answers one connection whose handshake asked for the manifest. `known`: null when we have none ourselves.
void serve_manifest(tcp::socket socket, PeerId self, const ContentId& id, ManifestPtr known);

/// Reads the handshake of a connection that came before there was anything to exchange. One that asks for the manifest
/// is told that we have none; any other is handed on with the bytes that were read.
void greet_early(tcp::socket socket, PeerId self, const ContentId& id, std::function<void(tcp::socket, std::vector<std::byte>)> on_peer);

struct ManifestSource {
  PeerId peer;
  std::string host;
  std::uint16_t port;
};

/// Asks the sources in random order, again and again, until one gives the manifest; then calls `on_found` once.
void fetch_manifest(asio::io_context& io, PeerId self, const ContentId& id, std::vector<ManifestSource> sources, std::function<void(ManifestPtr)> on_found);

}  // namespace p2p
