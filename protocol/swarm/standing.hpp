// Where a swarm stands: what is missing, and what each neighbor could do about it. A picture, taken when somebody asks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/clock.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "protocol/swarm/dial_fault.hpp"
#include "protocol/swarm/events.hpp"

namespace p2p {

struct NeighborStanding {
  PeerId id;        ///< The one that it claims.
  PeerId handle{};  ///< See Swarm::add_neighbor().
  bool linked = false;
  bool met = false;          ///< Was linked at least once.
  bool complete = false;     ///< By its own word; holds when its link is lost.
  std::uint32_t pieces = 0;  ///< How many it has, as far as we were told.
  bool offers = false;       ///< Linked, and has a piece that we lack.
  bool chokes_us = true;
  bool ours_to_dial = false;          ///< Else it is the one that dials.
  DialFault fault = DialFault::none;  ///< Why our last dial came to nothing, whoever's it is to dial.
};

/// A link with a neighbor, for whoever shows a swarm.
struct LinkStanding {
  LinkId link;
  PeerId id;  ///< The one that it claims.
  PeerId handle;
  Direction direction;
  Instant opened;
  std::optional<Endpoint> remote{};  ///< As far as it is known: where it listens, or where its connection comes from.
  Bitfield pieces{};                 ///< What it has and we may want.
  bool chokes_us = true, choked = true;  ///< It us, we it.
  bool interested = false, interested_in_us = false;
  bool optimistic = false;     ///< Not choked because it is the optimistically unchoked neighbor.
  std::uint32_t requests = 0;  ///< Ours that are open,
  std::uint32_t queued = 0;    ///< and its.
};

/// Copies of pieces, ours and those of linked neighbors.
struct CopiesStanding {
  std::uint32_t rarest = 0;         ///< Of the piece of which there are fewest.
  std::uint32_t rarest_pieces = 0;  ///< How many pieces have only so many.
  double mean = 0;
};

/// A missing chunk that somebody has, and nobody may fetch yet.
struct UnsettledStanding {
  PieceIndex piece;
  std::uint32_t agreeing;  ///< How many original holders say the same, at most.
};

struct Standing {
  std::uint32_t piece_count = 0;
  std::uint32_t stored = 0;
  bool storing_paused = false;      ///< The disk takes no more.
  std::vector<PieceIndex> missing;  ///< And wanted. Ascending.
  std::vector<PieceIndex> unheld;   ///< Missing, and no linked neighbor has it. Ascending.
  std::uint32_t quorum = 0;         ///< How many holders must agree on a chunk; 0 where pieces are no chunks.
  std::vector<UnsettledStanding> unsettled{};  ///< Missing chunks that are held, and on which too few agree. Ascending.
  std::vector<PieceIndex> withheld{};          ///< Missing chunks that are settled, and cannot be stored. Ascending.
  std::vector<NeighborStanding> neighbors;     ///< In the order of PeerInfo.cfg, the convicted left out.
};

}  // namespace p2p
