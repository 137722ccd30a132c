// What the swarm keeps for one connection. Data only; the swarm's parts act on it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/origin.hpp"
#include "protocol/session.hpp"
#include "protocol/swarm/bit_order.hpp"
#include "protocol/swarm/events.hpp"
#include "protocol/swarm/neighborhood.hpp"
#include "protocol/swarm/request_window.hpp"
#include "protocol/swarm/requests.hpp"
#include "protocol/swarm/shortlist.hpp"

namespace p2p {

struct Link {
  enum class Phase : std::uint8_t {
    handshaking,  ///< No valid handshake from the remote yet.
    contending,   ///< A valid one, but the neighbor's older link may still live; not answered yet.
    established,  ///< The neighbor's one link in use.
    closed,       ///< Ended for the core; the shell has still to report its end.
  };

  /// A piece whose payload is on its way in.
  struct Incoming {
    PieceIndex piece;
    Requests::Fate fate;
    bool wanted = false;  ///< Was missing when its head came: worth a buffer.
    std::uint32_t received = 0;
    Instant began{};
  };

  /// What is said of others in an open swarm (swarm_peers.cpp).
  struct Naming {
    bool understood = false;  ///< Its handshake says so.
    std::uint64_t place_number =
        0;  ///< Where places became known one after the other: which one its place was; 0: it is not known.
    std::uint64_t told = 0;  ///< Up to which place its neighbor was told.
    bool due = false;
    std::uint32_t messages = 0;  ///< Sent, that named somebody.
    Instant sent_at{};           ///< When the last one, of whatever kind, became due.
    std::uint32_t heard = 0;     ///< Messages that came.
  };

  /// A control frame that waits for the socket. Haves do not wait here: haves_told is their queue.
  struct Frame {
    MessageType type;
    PieceIndex piece;
  };

  /// `from`: where an accepted connection comes from.
  Link(std::optional<Origin> from, std::uint32_t piece_count, RequestWindow requests_window, Instant now)
      : direction(from ? Direction::accepted : Direction::dialed),
        session(piece_count),
        window(requests_window),
        opened(now),
        origin(from) {}

  // What each message touches stands together at the front, on one cache line: in a large swarm most messages are
  // haves, and what they cost is fetching this.
  Phase phase = Phase::handshaking;
  Direction direction;
  bool handshake_due = false;
  bool bitfield_due = false;
  bool sending = false;          ///< The last poll_send() gave something; the shell is busy with it until the next one.
  bool send_ready = false;       ///< The shell knows that there is something to poll.
  std::uint32_t wanted = 0;      ///< How many pieces the remote has that we want and have not stored.
  std::uint32_t haves_told = 0;  ///< How much of the swarm's stored order this link was told.
  Instant heard{};               ///< When the last message or payload byte came.
  Session session;
  std::optional<NeighborIndex> neighbor;  ///< Known from the start when we dialled, else from the handshake.
  std::optional<PeerId> proven;           ///< The only ID that its handshake may show.

  std::vector<Frame> frames;
  std::vector<PieceIndex> uploads;  ///< Asked for by the remote, first come first served.

  Requests requests;
  RequestWindow window;
  std::optional<Incoming> incoming;
  std::optional<PieceIndex> last_picked;
  Shortlist shortlist;
  std::deque<PieceIndex> suggested;  ///< By the remote, and not asked for yet; the oldest first.
  bool has_asked = false;            ///< For a piece, since it was unchoked.
  Instant idle_since = kNever;  ///< Unchoked: since when nothing of it is queued or being sent, as far as was looked.
  /// How many pieces the remote had when the unchoking and the optimistic interval began, or when it came.
  std::uint32_t had_at_unchoking = 0, had_at_optimistic = 0;
  std::uint64_t fed = 0;            ///< Piece bytes received in this unchoking interval.
  std::uint32_t unasked = 0;        ///< Pieces that came though never asked for.
  std::unique_ptr<BitOrder> order;  ///< While the order of the bits in its bitfield is open.
  std::uint32_t announced = 0;      ///< How many of the chunks that we hold were announced or passed over.

  std::vector<PieceRun> words;  ///< On what we fetch from the upstream, to be said; the oldest first.

  Instant opened;
  Instant blocked_since = kNever;  ///< The socket is full, and nothing has left it since then.
  Instant held_since = kNever;     ///< Bytes have come, and we have not taken them since then.
  Instant contends_since{};
  /// Its other end; when its place is known (Naming), that: where its neighbor listens. Empty where the shell tells
  /// nothing.
  std::optional<Endpoint> remote;
  Naming naming;
  std::optional<Origin>
      origin;  ///< Where it comes from. None when we dialled: then it is where its peer is listed, or was found.
};

}  // namespace p2p
