// The doorway of a process that exchanges one content with listed peers.
//
// A caller that greets is handed to the exchange, which judges whom it takes. A caller that asks for the manifest that
// Common.cfg names is given it. Before the content is known, the first are kept, and the second are told that we have
// none yet. Everything on the network thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "peer/content/known_manifest.hpp"
#include "peer/net/asio.hpp"
#include "peer/net/listener.hpp"
#include "peer/node/doorway.hpp"
#include "peer/node/exchange.hpp"

namespace p2p {

class ListedDoorway final : private DoorUses {
 public:
  struct Plan {
    PeerId self;
    std::uint32_t peers;                ///< All that may be linked at a time.
    std::vector<PeerId> listed;         ///< All lines of PeerInfo.cfg.
    bool extended = false;              ///< Whether handshakes speak of a content: with a manifest, or chunks.
    std::optional<ContentId> manifest;  ///< Set when Common.cfg names one.
  };

  /// Accepts what `listener` has; it outlives this.
  ListedDoorway(asio::io_context& io, Listener& listener, const Plan& plan);
  ListedDoorway(const ListedDoorway&) = delete;
  ListedDoorway& operator=(const ListedDoorway&) = delete;

  /// PeerInfo.cfg has changed: these are the lines, and so many may be linked at a time.
  void relist(std::vector<PeerId> listed, std::uint32_t peers);
  /// From now on it is given to whoever asks.
  void give(ManifestPtr manifest) { manifest_ = std::move(manifest); }
  /// From now on `exchange` is handed whoever greets, and now those who did already. It lives while `io` is run, or
  /// until close(). `on_turned_away`: as Doorway::Hooks::turned_away.
  void lead_to(Exchange& exchange, std::function<void(const StrangerClosed&)> on_turned_away);

  /// As Doorway.
  bool anybody_greets() const { return doorway_.anybody_greets(); }
  /// Nobody is accepted any more.
  void close();

 private:
  struct Early {
    StreamPtr stream;
    Handshake handshake;
  };

  bool exchanges(const std::optional<ContentPrefix>&) const override { return true; }
  bool gives_manifest(const ContentPrefix& content) const override { return wanted_ && content == prefix_of(*wanted_); }
  bool knows_members_of(const ContentPrefix&) const override { return false; }
  bool answers(const ContentPrefix&) const override { return false; }
  bool reads_features() const override { return extended_; }
  void take(StreamPtr stream, const Admit& admit);
  bool lists(PeerId peer) const;

  Listener& listener_;
  std::vector<PeerId> listed_;
  bool extended_;
  std::optional<ContentId> wanted_;
  ManifestPtr manifest_;
  Exchange* exchange_ = nullptr;
  std::vector<Early> early_;  ///< The latest of each listed ID: its dialler has given up the ones before.
  std::function<void(const StrangerClosed&)> on_turned_away_;
  Doorway doorway_;
};

}  // namespace p2p
