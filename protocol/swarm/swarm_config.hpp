// What a swarm is told when it is made: who takes part in it, and by which policies.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/geometry.hpp"
#include "protocol/ids.hpp"
#include "protocol/swarm/chunk_folder.hpp"
#include "protocol/swarm/seeker.hpp"
#include "protocol/wire/features.hpp"

namespace p2p {

enum class ChokingPolicy : std::uint8_t {
  course,       ///< Neighbors that feed us most are served.
  cooperative,  ///< `favored` neighbors are served first, then those that lack most.
  /// Whoever is served stays so, but for the one that others serve best; and whoever gets little from all together gets
  /// the optimistic slot. So everybody is served by about as many as it serves, without a list that says by whom.
  balanced,
};

struct SwarmConfig {
  PeerId self;
  std::vector<PeerId>
      listed;  ///< `self` and its neighbors (all, or those of the NeighborGraph) in the order of PeerInfo.cfg.
  Geometry geometry;
  std::uint32_t preferred_neighbors;
  Duration unchoking_interval;
  Duration optimistic_interval;
  std::uint32_t max_pipeline = kDefaultPipeline;  ///< Most open requests on a link, at least 1.
  /// Most links with open requests, at least 1. What comes from more than can be received side by side waits on the
  /// way, and looks like a remote, or like us, that does nothing.
  std::uint32_t most_sources = 0xffffffff;
  /// No piece is asked for before open_piece(): somebody may find it elsewhere (on_piece_found()).
  bool on_demand = false;
  /// No piece is asked for but those that readers want (Swarm::set_demand()), and who has none of these is not
  /// interesting. Not with `on_demand` or `chunks`.
  bool for_readers = false;

  ChokingPolicy choking_policy = ChokingPolicy::course;
  /// The process does not leave when all neighbors are complete: neighbors are dialed for ever.
  bool stays = false;
  std::vector<PeerId> favored =
      {};  ///< Neighbors to serve first; at most preferred_neighbors + 1. See NeighborGraph::successors().

  /// How long all neighbors that are unfinished may be out of sight before a complete peer stops to wait for them;
  /// zero: for ever. For one that never was linked it waits in any case.
  Duration patience = Duration::zero();

  /// Every line of PeerInfo.cfg where `listed` is a part of them: whom a peer that starves may dial beyond its
  /// neighbors, and who is let in by others for that reason, most_guests at once. Null: nobody.
  Seeker::List everybody = {};
  std::uint32_t most_guests = 0;

  /// Set when the content has a manifest: a peer that shows another content is refused, one that shows none is classic.
  std::optional<ContentPrefix> content = {};
  /// Set when the pieces are the files of a chunk folder; then `content` is chunk_folder_prefix() and the geometry's
  /// sizes are learned. A peer that does not announce chunks is refused.
  std::optional<ChunkFolder> chunks = {};

  /// No list names the neighbors: `listed` is `self` alone, add_neighbor() names those to dial, and whoever comes and
  /// shows `content`, which there must be, is taken in, up to most_neighbors. A neighbor that cannot be dialed, or that
  /// came and went, is forgotten. There is no end: whether everybody has the file is not known.
  bool open = false;
  std::uint32_t most_neighbors = 1024;
  std::uint16_t listens_at = 0;        ///< The port that neighbors are told; 0: we listen nowhere.
  std::uint32_t wanted_neighbors = 0;  ///< While we lack pieces and have fewer, we ask to meet those whom others name.

  /// Set when nobody knows the pieces beforehand, because they come from somewhere that any node can ask
  /// (upstream.hpp): how many pieces of it are fetched as one group. Only in an open swarm, for readers, without
  /// `stored` pieces whose digests are not in `digests`.
  struct FromUpstream {
    std::uint32_t group = 1;
    std::vector<PieceDigest> digests = {};  ///< Of all pieces, or none.
  };
  std::optional<FromUpstream> upstream = {};

  static constexpr std::uint32_t kDefaultPipeline = 512;
};

/// Another list of peers for a swarm that runs.
struct Relisting {
  std::vector<PeerId> listed;  ///< This and the next two are as in SwarmConfig.
  std::vector<PeerId> favored = {};
  Seeker::List everybody = {};
  std::vector<PeerId> moved = {};  ///< Of those who are listed as before: they are elsewhere, or have other keys.
};

}  // namespace p2p
