// What a swarm has its shell do.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/swarm/events.hpp"
#include "protocol/swarm/peer_book.hpp"

namespace p2p {

/// The link has something to poll.
struct SendReady {
  LinkId link;
};
/// Connect to this peer; answer with on_dialed() or on_dial_failed().
struct Dial {
  PeerId peer;
};
/// A parked piece counts after all; make it a stored one and answer with on_piece_stored() or on_store_failed().
struct Claim {
  PieceIndex piece;
};
/// Pieces that a Claim made stored ones were never their sender's to give. Take them out of what is stored, so that no
/// later start claims them either, and answer with on_trust_withdrawn().
struct Withdraw {
  std::vector<PieceIndex> pieces;
};
/// Close this connection; answer with on_closed() as for any other end.
struct Disconnect {
  LinkId link;
  std::string reason;
};

/// A neighbor says that this one exchanges the content, too: add_neighbor(), unless there is a reason not to.
struct Meet {
  NamedPeer peer;
};

// In the swarm of an upstream (SwarmConfig::upstream):

/// Pieces are to be compared with this from now on; it may be told again, and be another digest then.
struct Learn {
  PieceIndex piece;
  PieceDigest sha256;
};
/// Fetch these pieces from the upstream, in their order: on_upstream_piece() for each, or on_upstream_failed(). At most
/// Upstream::kMostOwn runs are fetched at a time.
struct FetchUpstream {
  PieceRun run;
};
/// Somebody else fetches the run that begins with this piece: nothing of it is to be reported any more.
struct StopUpstream {
  PieceIndex first;
};
using UpstreamTask = std::variant<Learn, FetchUpstream, StopUpstream>;

using Effect = std::variant<SendReady, Dial, Claim, Withdraw, Disconnect, Meet, UpstreamTask, Event>;

}  // namespace p2p
