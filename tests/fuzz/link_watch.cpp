#include "tests/fuzz/link_watch.hpp"

#include <variant>

#include "protocol/wire/big_endian.hpp"

namespace p2p::fuzz {

LinkWatch::LinkWatch(PeerId self, const Geometry& geometry)
    : self_(self),
      decoder_(geometry),
      geometry_(geometry),
      remote_pieces_(geometry.piece_count()),
      told_(geometry.piece_count()) {}

void LinkWatch::received(const Message& message, const Bitfield& stored) {
  struct Apply {
    LinkWatch& w;
    const Bitfield& stored;
    void operator()(const Choke&) const {
      w.remote_chokes_ = true;
      w.gave_up_requests();
    }
    void operator()(const Unchoke&) const { w.remote_chokes_ = false; }
    void operator()(const Interested&) const { w.remote_is_interested_ = true; }
    void operator()(const NotInterested&) const { w.remote_is_interested_ = false; }
    void operator()(const Have& have) const { w.remote_pieces_.set(have.piece); }
    void operator()(const BitfieldMessage& bitfield) const {
      if (w.bitfield_may_come_) bitfield.pieces.for_each([this](PieceIndex piece) { w.remote_pieces_.set(piece); });
    }
    void operator()(const Request& request) const {
      // What comes while the remote is choked, or before we have it, is not served, ever. A swarm that is behind may
      // have unchoked the remote without having been able to say so.
      if ((!w.chokes_ || w.behind_) && stored.test(request.piece)) w.remote_asked_.insert(request.piece.value);
    }
    void operator()(const PieceHead&) const {}
    void operator()(const UnknownMessage&) const {}
    void operator()(const KeepAlive&) const {}
    void operator()(const ChunkAnnouncement&) const {}
    void operator()(const PeersMessage&) const {}
    void operator()(const Suggestion&) const {}
    void operator()(const DigestHave&) const {}
    void operator()(const Fetching&) const {}
  };
  std::visit(Apply{*this, stored}, message);
  const bool interest = std::holds_alternative<Interested>(message) || std::holds_alternative<NotInterested>(message);
  bitfield_may_come_ = bitfield_may_come_ && (interest || std::holds_alternative<Have>(message));
  remote_spoke_ = true;
}

void LinkWatch::received_piece(PieceIndex piece) {
  if (open_requests_.erase(piece.value) != 0 || !behind_ || remote_chokes_) return;
  // Either it answers a request that was given up, or it came before the swarm could say that it asks for it again.
  if (given_up_.contains(piece.value)) unsure_ = true;
  overtaken_.insert(piece.value);
}

void LinkWatch::caught_up() {
  behind_ = false;
  overtaken_.clear();
}

bool LinkWatch::has_all_of(std::span<const std::byte> frames) const {
  constexpr std::size_t kHaveBytes = 9;
  if (frames.size() % kHaveBytes != 0) return false;
  for (; !frames.empty(); frames = frames.subspan(kHaveBytes)) {
    if (frames[4] != static_cast<std::byte>(MessageType::have)) return false;
    if (!remote_pieces_.test(PieceIndex{load_u32(frames.subspan<5, 4>())})) return false;
  }
  return true;
}

void LinkWatch::sent(std::span<const std::byte> frames, std::optional<PieceIndex> piece, const Bitfield& stored) {
  while (!frames.empty()) {
    const Decoded item = decoder_.next(frames);
    P2P_ASSERT(!std::holds_alternative<Violation>(item));
    P2P_ASSERT(!std::holds_alternative<NeedInput>(item));  // whole frames only
    if (const auto* handshake = std::get_if<Handshake>(&item)) P2P_ASSERT(handshake->peer == self_);
    if (const auto* message = std::get_if<Message>(&item)) {
      if (const auto* head = std::get_if<PieceHead>(message)) P2P_ASSERT(frames.empty() && head->piece == piece);
      sent_message(*message, stored);
    }
  }
  P2P_ASSERT(decoder_.payload_left() == (piece ? geometry_.size_of(*piece) : 0));
  decoder_.payload_taken(decoder_.payload_left());
}

void LinkWatch::sent_message(const Message& message, const Bitfield& stored) {
  struct Judge {
    LinkWatch& w;
    const Bitfield& stored;
    void operator()(const BitfieldMessage& bitfield) const {
      P2P_ASSERT(!w.greeted_ && bitfield.pieces == stored);
      w.greeted_ = true;
      w.told_ = bitfield.pieces;
    }
    void operator()(const Choke&) const {
      P2P_ASSERT(!w.chokes_);
      w.chokes_ = true;
      // What was asked before is dropped; but what was asked while the swarm was behind may have come after a later
      // unchoke that is still to be said.
      if (!w.behind_) w.remote_asked_.clear();
    }
    void operator()(const Unchoke&) const {
      P2P_ASSERT(w.chokes_);
      w.chokes_ = false;
    }
    void operator()(const Interested&) const {
      P2P_ASSERT(!w.is_interested_ || w.behind_);  // a change that was taken back before it was sent may repeat itself
      w.is_interested_ = true;
    }
    // May repeat the initial state, as the answer to a bitfield.
    void operator()(const NotInterested&) const { w.is_interested_ = false; }
    void operator()(const Have& have) const { P2P_ASSERT(stored.test(have.piece) && w.told_.set(have.piece)); }
    void operator()(const Request& request) const {
      P2P_ASSERT(!w.remote_chokes_ && (w.misread_ || w.remote_pieces_.test(request.piece)));
      P2P_ASSERT(w.behind_ || !stored.test(request.piece));
      if (w.overtaken_.erase(request.piece.value) == 0) P2P_ASSERT(w.open_requests_.insert(request.piece.value).second);
      w.asked_.insert(request.piece.value);
    }
    void operator()(const PieceHead& head) const {
      P2P_ASSERT(!w.chokes_ && stored.test(head.piece));
      P2P_ASSERT(w.remote_asked_.erase(head.piece.value) == 1);
    }
    void operator()(const UnknownMessage&) const { P2P_ASSERT(false); }
    void operator()(const KeepAlive&) const { P2P_ASSERT(false); }
    void operator()(const ChunkAnnouncement&) const { P2P_ASSERT(false); }
    void operator()(const PeersMessage&) const { P2P_ASSERT(false); }
    void operator()(const Suggestion&) const { P2P_ASSERT(false); }
    void operator()(const DigestHave&) const { P2P_ASSERT(false); }
    void operator()(const Fetching&) const { P2P_ASSERT(false); }
  };
  P2P_ASSERT(greeted_ || std::holds_alternative<BitfieldMessage>(message));  // always sent, and sent first
  std::visit(Judge{*this, stored}, message);
}

}  // namespace p2p::fuzz
