// The time before a peer knows what it is to exchange: it asks the others for the manifest that Common.cfg names, and
// keeps who connects meanwhile.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "config/peer_info.hpp"
#include "peer/content/known_manifest.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/net/asio.hpp"
#include "peer/net/stream.hpp"
#include "peer/node/life.hpp"

namespace p2p {

/// Where accepted connections go; changes when the manifest is there.
struct Reception {
  std::function<void(StreamPtr)> on_stream;
  /// A peer whose handshake was read before there was an exchange, with the bytes that were read.
  std::function<void(StreamPtr, std::vector<std::byte>)> on_greeted;
  /// See Listener::start(). Nobody is sent away before there is an exchange: each has a few seconds for its handshake.
  std::function<bool()> make_room = [] { return false; };
};

struct EarlyPeer {
  StreamPtr stream;
  std::vector<std::byte> received;
};

/// The manifest and who came meanwhile; or the code to leave with, after a signal.
struct Awaited {
  ManifestPtr manifest;
  std::vector<EarlyPeer> early;
  std::optional<ExitCode> leave;
};

struct WantedManifest {
  ContentId id;
  PeerId self;
  const std::vector<config::PeerLine>& peers;  ///< Whom to ask; `self` among them.
  std::filesystem::path folder;                ///< Where it is kept.
};

/// Runs `life` until a listed peer has given the manifest; it lives on afterwards. `io` listens and calls `reception`. Throws
/// ExitError at the time-out.
Awaited await_manifest(asio::io_context& io, Life& life, Reception& reception, const WantedManifest& wanted);

}  // namespace p2p
