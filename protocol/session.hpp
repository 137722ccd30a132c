// One connection's protocol state: which message is legal when, and the four flags that both sides keep.
// Source: docs/PROTOCOL.md, "Messages". Absent: what to do about a message (swarm/), bytes (wire/), time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "protocol/bitfield.hpp"
#include "protocol/violation.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {

enum class SessionState : std::uint8_t {
  handshaking,  ///< Nothing but the handshake is legal.
  greeted,      ///< The handshake came; the next message should be the bitfield, if any.
  prefacing,    ///< Nothing but haves and interest came; a bitfield that is late is taken.
  exchanging,   ///< Another message or the bitfield came; a bitfield is a violation from here on.
};

/// The receiving side judges the remote: what it may not do comes back as a Violation. The sending side checks
/// ourselves: what we may not do is our bug and an assertion.
class Session {
 public:
  /// Until the handshake the set of the remote's pieces takes no memory: anybody can open a connection.
  explicit Session(std::uint32_t piece_count) : piece_count_(piece_count) {}

  SessionState state() const { return state_; }
  /// A first message came.
  bool has_spoken() const { return state_ == SessionState::prefacing || state_ == SessionState::exchanging; }
  bool we_choke() const { return we_choke_; }
  bool we_are_interested() const { return we_are_interested_; }
  bool remote_chokes() const { return remote_chokes_; }
  bool remote_is_interested() const { return remote_is_interested_; }
  /// What it has and we may want; empty, and of size 0, until the handshake.
  const Bitfield& remote_pieces() const { return remote_pieces_; }
  /// By its own word it has every piece, whatever of it was disowned.
  bool remote_is_complete() const {
    return remote_pieces_.count() + (disowned_ ? disowned_->count() : 0) == remote_pieces_.size();
  }

  std::optional<Violation> on_handshake();

  /// Judges a message and applies it to the flags and to remote_pieces(). On success tells whether it changed
  /// anything (a repeated choke, interest or have does not; a request or piece, which carries no state, does).
  std::variant<bool, Violation> on_message(const Message& message);

  /// The remote's bitfield means these pieces. Precondition: the handshake came, and nothing is disowned.
  void reread(Bitfield pieces);

  /// The remote has something else for this piece than we want: it counts as not having it, whatever it says later.
  /// Precondition: the handshake came, and it is one of remote_pieces().
  void disown(PieceIndex piece);

  /// We are about to send it. Preconditions: the exchange has begun; a signal changes our flag; a request goes to a
  /// remote that does not choke us; a piece goes to a remote that we do not choke.
  void on_send(MessageType type);

 private:
  std::optional<Violation> judge(const ChunkAnnouncement& announcement);

  SessionState state_ = SessionState::handshaking;
  bool we_choke_ = true;
  bool we_are_interested_ = false;
  bool remote_chokes_ = true;
  bool remote_is_interested_ = false;
  bool announcing_ = false;  ///< The bitfield came, and nothing but announcements since.
  std::uint32_t piece_count_;
  Bitfield remote_pieces_;
  std::uint32_t next_announced_ = 0;    ///< The smallest index that may still be announced.
  std::unique_ptr<Bitfield> disowned_;  ///< Null where there is none.
};

}  // namespace p2p
