// Connections that carry a manifest and nothing else (docs/PROTOCOL.md, "Fetching a manifest"): a peer without it asks
// one peer after the other; each that has it gives it to whoever asks.
//
// Everything runs on the network thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "peer/content/known_manifest.hpp"
#include "peer/net/asio.hpp"
#include "peer/net/stream.hpp"
#include "protocol/ids.hpp"

namespace p2p {

/// Gives the manifest, or says that there is none, to connections whose handshake asked for it. At most kMostAtOnce are
/// answered at a time, so that they leave descriptors for peers; more are closed, and will ask another peer or come back.
class ManifestDesk {
 public:
  static constexpr long kMostAtOnce = 64;

  ManifestDesk(PeerId self, const ContentId& id) : self_(self), id_(id) {}

  const ContentId& id() const { return id_; }
  /// `known`: null when we have none ourselves.
  void serve(StreamPtr stream, ManifestPtr known) const;

 private:
  PeerId self_;
  ContentId id_;
  std::shared_ptr<const bool> served_ = std::make_shared<const bool>(true);  ///< Each connection that is answered holds it.
};

/// Reads the handshake of a connection that came before there was anything to exchange. One that asks for the manifest
/// is told that we have none; any other is handed on with the bytes that were read.
void greet_early(StreamPtr stream, const ManifestDesk& desk, std::function<void(StreamPtr, std::vector<std::byte>)> on_peer);

struct ManifestSource {
  PeerId peer;
  std::string host;
  std::uint16_t port;
};

/// Asks the sources in random order, again and again, until one gives the manifest; then calls `on_found` once.
void fetch_manifest(asio::io_context& io, PeerId self, const ContentId& id, std::vector<ManifestSource> sources, std::function<void(ManifestPtr)> on_found);

}  // namespace p2p
