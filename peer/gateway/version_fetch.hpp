// One version of an origin's file that is open: pieces come from other nodes, or, where this node is to fetch them,
// from the origin, and what is here is given to others. The shell between an OriginClient and the swarm of a
// GatewayContent.
//
// Everything on the network thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "peer/content/learned_digests.hpp"
#include "peer/gateway/gateway_content.hpp"
#include "peer/origin/origin_client.hpp"

namespace p2p {

class VersionFetch {
 public:
  struct What {
    ContentId id;  ///< Of the version: id_of().
    std::string path;
    OriginVersion version;
  };
  struct Hooks {
    std::function<void()> on_complete;  ///< Once, and soon when it was complete from the start.
    /// It is another version at the origin by now, or gone: why. Readers have been told. May be called more than once.
    std::function<void()> on_changed;
  };

  /// How a version is cut, with its id; the digests of this manifest say nothing.
  static ManifestPtr cut(const What& what);

  /// `store`: its content is learned_content() of `digests`; complete when all of them are known, else empty. `client`
  /// outlives this.
  VersionFetch(const GatewayContent::Common& common, OriginClient& client, What what, const ManifestPtr& known,
               std::shared_ptr<LearnedDigests> digests, std::unique_ptr<PieceStore> store, Hooks hooks);

  const What& what() const { return what_; }
  GatewayContent& content() { return content_; }
  const LearnedDigests& digests() const { return *digests_; }

  /// Those who fetch it, too, are known, and have said what they are at: from now on the origin is asked.
  void set_ready();
  /// Bytes that have come from the origin since the last call. To be called a few times a second.
  std::uint64_t tick(Instant at);
  /// Nothing is asked of the origin any more. `on_finished` once, within 2 s.
  void finish(std::function<void()> on_finished);

 private:
  GatewayContent::Origin origin(const Hooks& hooks);
  void carry_out(const UpstreamTask& task);
  void fetch(const PieceRun& run);
  void on_end(PieceIndex first, const std::optional<OriginFault>& fault);

  OriginClient& client_;
  const What what_;
  const std::shared_ptr<LearnedDigests> digests_;
  const std::function<void()> on_changed_;
  const Geometry geometry_;
  const bool complete_;  ///< From the start.
  std::shared_ptr<std::atomic<std::uint64_t>> received_ = std::make_shared<std::atomic<std::uint64_t>>(0);
  bool ready_ = false;
  bool over_ = false;
  std::vector<PieceRun> waiting_;                ///< To be fetched when it is ready.
  std::map<PieceIndex, OriginClient::Id> runs_;  ///< Under way, by their first pieces.
  std::string fault_;                            ///< The origin's last one; empty when a piece has come since.
  GatewayContent content_;
};

}  // namespace p2p
