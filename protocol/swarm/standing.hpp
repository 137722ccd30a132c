// Where a swarm stands: what is missing, and what each neighbor could do about it. A picture, taken when somebody asks.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/swarm/dial_fault.hpp"

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

/// A missing chunk that somebody has, and nobody may fetch yet.
struct UnsettledStanding {
  PieceIndex piece;
  std::uint32_t agreeing;  ///< How many original holders say the same, at most.
};

struct Standing {
  std::uint32_t piece_count = 0;
  std::uint32_t stored = 0;
  bool storing_paused = false;      ///< The disk takes no more.
  std::vector<PieceIndex> missing;  ///< Ascending.
  std::vector<PieceIndex> unheld;   ///< Missing, and no linked neighbor has it. Ascending.
  std::uint32_t quorum = 0;         ///< How many holders must agree on a chunk; 0 where pieces are no chunks.
  std::vector<UnsettledStanding> unsettled{};  ///< Missing chunks that are held, and on which too few agree. Ascending.
  std::vector<PieceIndex> withheld{};          ///< Missing chunks that are settled, and cannot be stored. Ascending.
  std::vector<NeighborStanding> neighbors;     ///< In the order of PeerInfo.cfg, the convicted left out.
};

}  // namespace p2p
