// What happened, as values: the one source of the course log, the progress line and every checker.
// Absent: how an event is told (peer/report/).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "protocol/ids.hpp"

namespace p2p {

/// Who opened a connection.
enum class Direction : std::uint8_t { dialed, accepted };

struct LinkEstablished {
  PeerId peer;
  Direction direction;
};
struct LinkClosed {
  PeerId peer;
  std::string reason;
};
/// A connection ended before its handshake told whose it was.
struct StrangerClosed {
  std::string reason;
};
struct PreferredNeighborsChanged {
  std::vector<PeerId> neighbors;  ///< Ascending, never empty.
};
struct OptimisticNeighborChanged {
  PeerId neighbor;
};
struct UnchokedBy {
  PeerId peer;
};
struct ChokedBy {
  PeerId peer;
};
struct HaveReceived {
  PeerId peer;
  PieceIndex piece;
};
struct InterestedReceived {
  PeerId peer;
};
struct NotInterestedReceived {
  PeerId peer;
};
struct UnknownMessageReceived {
  PeerId peer;
  std::uint8_t type;
};
struct PieceStored {
  PieceIndex piece;
  PeerId from;
  std::uint32_t count;  ///< Pieces stored now, this one included.
};
/// A piece had the wrong hash.
struct PieceRejected {
  PieceIndex piece;
  PeerId from;
};
/// Pieces that we had are wrong or gone on disk.
struct PiecesLost {
  std::uint32_t count;
};
/// Requests on a link got no answer in time and were given up.
struct RequestsStalled {
  PeerId peer;
  std::uint32_t requests;
};
struct FileCompleted {};
/// Every listed peer is known to have the file.
struct SwarmCompleted {};

using Event = std::variant<LinkEstablished, LinkClosed, StrangerClosed, PreferredNeighborsChanged, OptimisticNeighborChanged, UnchokedBy,
                           ChokedBy, HaveReceived, InterestedReceived, NotInterestedReceived, UnknownMessageReceived, PieceStored, PieceRejected, PiecesLost,
                           RequestsStalled, FileCompleted, SwarmCompleted>;

}  // namespace p2p
