// What happened, as values: the one source of the course log, the progress line and every checker.
// Absent: how an event is told (peer/report/).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/swarm/quorum.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {

/// Who opened a connection.
enum class Direction : std::uint8_t { dialed, accepted };

/// Why a connection ended, as far as it is worth counting.
enum class EndKind : std::uint8_t {
  remote,             ///< The other side, or the network, ended it.
  violation,          ///< The remote broke the protocol.
  refused,            ///< Its handshake was none, or not one that may be linked.
  handshake_timeout,  ///< No whole handshake came in time.
  crowded,            ///< It had not said who it is when its place was needed.
  duplicate,          ///< Its peer has another link.
  unresponsive,       ///< It took nothing of what was due to it, or left everything that it owes.
  renewed,            ///< What we have has changed, which only a new link can tell.
  flood,              ///< It said too much that says nothing.
  needless,           ///< Both have everything, in a swarm that anybody joins.
  unlisted,           ///< Another list of peers has come, by which there is no such link.
};
constexpr std::size_t kEndKinds = 11;

struct LinkEstablished {
  PeerId peer;
  Direction direction;
};
struct LinkClosed {
  PeerId peer;
  std::string reason;
  EndKind kind = EndKind::remote;
};
/// A connection ended before its handshake told whose it was.
struct StrangerClosed {
  std::string reason;
  EndKind kind = EndKind::remote;
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
  std::optional<MessageType> resembles{};  ///< By its length.
};
struct PieceStored {
  PieceIndex piece;
  PeerId from;
  std::uint32_t count;  ///< Pieces stored now, this one included.
  PeerId handle{};      ///< Of `from`, in an open swarm (Swarm::add_neighbor).
};
/// A piece had the wrong hash.
struct PieceRejected {
  PieceIndex piece;
  PeerId from;
  PeerId handle{};  ///< Of `from`.
};
/// By its haves, a neighbor numbers the bits of its bitfield from the low end.
struct LowBitFirstProven {
  PeerId peer;
  std::uint32_t given_up;  ///< Pieces of it that it cannot have had, and that were kept aside; they are fetched again.
};
/// Pieces were stored though their senders may not have had them.
struct DoubtfulPiecesTaken {
  std::uint32_t count;
};
/// Pieces that we had are wrong or gone on disk.
struct PiecesLost {
  std::uint32_t count;
};
/// Pieces that were stored on trust are not stored any more, because their sender proved not to have had them. They are
/// fetched again.
struct TrustWithdrawn {
  std::uint32_t count;
  bool was_complete;  ///< The file was complete with them.
};
/// Requests on a link got no answer in time and were given up.
struct RequestsStalled {
  PeerId peer;
  std::uint32_t requests;
};
/// Enough original holders agree on a chunk. If we lack it, it is fetched once Swarm::unlock_chunk() is called.
struct ChunkSettled {
  PieceIndex piece;
  std::uint32_t holders;
  std::shared_ptr<const ChunkClaim> claim;
};
/// A vote has come that does not agree with the others on a chunk.
struct ChunkDisputed {
  PieceIndex piece;
  Quorum::Outcome outcome;            ///< dissent, against or taken.
  std::vector<Candidate> candidates;  ///< Who says what.
};
/// A chunk that we hold is not what the quorum settled. Ours is kept.
struct ChunkContradicted {
  PieceIndex piece;
  std::shared_ptr<const ChunkClaim> ours;
  std::shared_ptr<const ChunkClaim> settled;
};
/// A neighbor says of a piece of the upstream's something else than others do, or than came from there: it counts as
/// not having it.
struct DigestDisputed {
  PieceIndex piece;
  PeerId peer;
};
struct FileCompleted {};
/// Every listed peer is known to have the file.
struct SwarmCompleted {};
/// We have the file, and nobody of those that are not known to have it has been seen for the patience.
struct PatienceEnded {};

using Event =
    std::variant<LinkEstablished, LinkClosed, StrangerClosed, PreferredNeighborsChanged, OptimisticNeighborChanged,
                 UnchokedBy, ChokedBy, HaveReceived, InterestedReceived, NotInterestedReceived, UnknownMessageReceived,
                 PieceStored, PieceRejected, LowBitFirstProven, DoubtfulPiecesTaken, PiecesLost, TrustWithdrawn,
                 RequestsStalled, ChunkSettled, ChunkDisputed, ChunkContradicted, DigestDisputed, FileCompleted,
                 SwarmCompleted, PatienceEnded>;

}  // namespace p2p
