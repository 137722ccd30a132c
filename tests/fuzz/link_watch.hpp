// A bystander at one swarm's end of a link. It knows the messages that passed, and aborts when the swarm sends one that
// the protocol forbids (docs/PROTOCOL.md).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>

#include "protocol/bitfield.hpp"
#include "protocol/wire/decoder.hpp"

namespace p2p::fuzz {

/// What a swarm sends waits while its socket is full. In that time what it has decided and what it has said differ, and
/// the bystander, who sees only the latter, is less strict: falls_behind() and caught_up() tell it.
class LinkWatch {
 public:
  LinkWatch(PeerId self, const Geometry& geometry);

  /// The swarm, which has stored `stored`, gets a message.
  void received(const Message& message, const Bitfield& stored);
  /// The whole payload of a piece came.
  void received_piece(PieceIndex piece);
  /// The swarm says that it waits no longer for what it asked for.
  void gave_up_requests() {
    given_up_.insert(open_requests_.begin(), open_requests_.end());
    open_requests_.clear();
    overtaken_.clear();
  }
  /// The watch has lost track of what the swarm waits for here.
  bool unsure() const { return unsure_; }

  /// The remote means other pieces than the watch understood.
  void misreads() { misread_ = true; }

  void falls_behind() { behind_ = was_behind_ = true; }
  void caught_up();
  bool behind() const { return behind_; }

  /// The swarm sends what one poll_send() gave: whole frames, and the head of `piece` at their end.
  void sent(std::span<const std::byte> frames, std::optional<PieceIndex> piece, const Bitfield& stored);

  /// Whether these frames are nothing but haves for pieces that the remote has.
  bool has_all_of(std::span<const std::byte> frames) const;

  // What the remote said, legally: a second bitfield does not count.
  bool remote_spoke() const { return remote_spoke_; }
  bool remote_chokes() const { return remote_chokes_; }
  bool remote_is_interested() const { return remote_is_interested_; }
  const Bitfield& remote_pieces() const { return remote_pieces_; }

  // What the swarm said.
  bool greeted() const { return greeted_; }
  bool chokes() const { return chokes_; }
  bool is_interested() const { return is_interested_; }
  const Bitfield& told() const { return told_; }
  /// Asked for, and neither answered nor given up.
  const std::set<std::uint32_t>& open_requests() const { return open_requests_; }
  /// Whether the piece may have been asked for, even if only in a request that was given up before it was sent.
  bool may_have_asked(PieceIndex piece) const { return was_behind_ || asked_.contains(piece.value); }

 private:
  void sent_message(const Message& message, const Bitfield& stored);

  PeerId self_;
  Decoder decoder_;
  Geometry geometry_;
  bool behind_ = false;
  bool was_behind_ = false;

  bool remote_spoke_ = false;
  bool bitfield_may_come_ = true;
  bool misread_ = false;
  bool remote_chokes_ = true;
  bool remote_is_interested_ = false;
  Bitfield remote_pieces_;
  std::set<std::uint32_t> remote_asked_{};  ///< By requests that may still be answered.

  bool greeted_ = false;  ///< The bitfield was sent.
  bool chokes_ = true;
  bool is_interested_ = false;
  Bitfield told_;
  std::set<std::uint32_t> open_requests_{};
  std::set<std::uint32_t> asked_{};
  std::set<std::uint32_t>
      overtaken_{};  ///< Came while the swarm was behind and may have a request that is still to be sent.
  std::set<std::uint32_t> given_up_{};  ///< Once asked for and no longer waited for; may still come.
  bool unsure_ = false;
};

}  // namespace p2p::fuzz
