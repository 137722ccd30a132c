#include "protocol/session.hpp"

#include <string>
#include <utility>

#include "protocol/assert.hpp"

namespace p2p {
namespace {

enum class Input : std::uint8_t { handshake, bitfield, preface, other };

struct Transition {
  SessionState next;
  const char* violation;  ///< Null when the input is legal.
};

using enum SessionState;

// Every transition of a session. Rows: state; columns: input. A preface is a have, an interest or the end of one.
constexpr const char* kTooEarly = "message before the handshake";
constexpr Transition kTransitions[4][4] = {
    //                handshake                          bitfield                                          preface other
    /* handshaking */ {{greeted, nullptr},
                       {handshaking, "bitfield before the handshake"},
                       {handshaking, kTooEarly},
                       {handshaking, kTooEarly}},
    /* greeted     */
    {{greeted, "second handshake"}, {exchanging, nullptr}, {prefacing, nullptr}, {exchanging, nullptr}},
    /* prefacing   */
    {{prefacing, "second handshake"}, {exchanging, nullptr}, {prefacing, nullptr}, {exchanging, nullptr}},
    /* exchanging  */
    {{exchanging, "second handshake"},
     {exchanging, "bitfield after the first message"},
     {exchanging, nullptr},
     {exchanging, nullptr}},
};

std::optional<Violation> step(SessionState& state, Input input) {
  const Transition& t = kTransitions[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
  state = t.next;
  if (t.violation) return Violation{t.violation};
  return std::nullopt;
}

Input kind_of(const Message& message) {
  if (std::holds_alternative<BitfieldMessage>(message)) return Input::bitfield;
  const bool is_interest =
      std::holds_alternative<Interested>(message) || std::holds_alternative<NotInterested>(message);
  const bool is_have = std::holds_alternative<Have>(message) || std::holds_alternative<DigestHave>(message);
  return is_interest || is_have ? Input::preface : Input::other;
}

/// Sets a flag and tells whether it changed.
bool change(bool& flag, bool value) { return std::exchange(flag, value) != value; }

}  // namespace

std::optional<Violation> Session::on_handshake() {
  auto violation = step(state_, Input::handshake);
  if (!violation) remote_pieces_ = Bitfield(piece_count_);
  return violation;
}

std::variant<bool, Violation> Session::on_message(const Message& message) {
  if (std::holds_alternative<KeepAlive>(message)) return false;
  const Input input = kind_of(message);
  if (auto violation = step(state_, input)) return std::move(*violation);
  if (const auto* announcement = std::get_if<ChunkAnnouncement>(&message)) {
    if (auto violation = judge(*announcement)) return std::move(*violation);
    return true;
  }
  announcing_ = input == Input::bitfield;

  struct Apply {
    Session& s;
    bool operator()(const Choke&) const { return change(s.remote_chokes_, true); }
    bool operator()(const Unchoke&) const { return change(s.remote_chokes_, false); }
    bool operator()(const Interested&) const { return change(s.remote_is_interested_, true); }
    bool operator()(const NotInterested&) const { return change(s.remote_is_interested_, false); }
    bool has(PieceIndex piece) const {
      return !(s.disowned_ && s.disowned_->test(piece)) && s.remote_pieces_.set(piece);
    }
    bool operator()(const Have& have) const { return has(have.piece); }
    bool operator()(const BitfieldMessage& bitfield) const {
      bitfield.pieces.for_each([this](PieceIndex piece) { s.remote_pieces_.set(piece); });
      return true;
    }
    bool operator()(const Request&) const { return true; }
    bool operator()(const PieceHead&) const { return true; }
    bool operator()(const UnknownMessage&) const { return false; }
    bool operator()(const ChunkAnnouncement&) const { return true; }
    bool operator()(const PeersMessage&) const { return true; }
    bool operator()(const Suggestion&) const { return true; }
    bool operator()(const DigestHave& have) const { return has(have.piece); }
    bool operator()(const Fetching&) const { return true; }
    bool operator()(const KeepAlive&) const { return false; }
  };
  return std::visit(Apply{*this}, message);
}

/// Only what was there from the start may be announced, so it is said before anything else, and once: in the order of
/// the pieces, which needs no memory of what was said.
std::optional<Violation> Session::judge(const ChunkAnnouncement& announcement) {
  const std::uint32_t piece = announcement.piece.value;
  const std::string what = "announcement of piece " + std::to_string(piece);
  if (!announcing_) return Violation{what + ", expected announcements right behind the bitfield alone"};
  if (piece < next_announced_) return Violation{what + ", expected each once in ascending order"};
  if (!remote_pieces_.test(announcement.piece) && !(disowned_ && disowned_->test(announcement.piece)))
    return Violation{what + ", which is not in the bitfield"};
  next_announced_ = piece + 1;
  return std::nullopt;
}

void Session::reread(Bitfield pieces) {
  P2P_ASSERT(pieces.size() == remote_pieces_.size() && !disowned_);
  remote_pieces_ = std::move(pieces);
}

void Session::disown(PieceIndex piece) {
  if (!disowned_) disowned_ = std::make_unique<Bitfield>(piece_count_);
  const bool was_there = remote_pieces_.reset(piece);
  P2P_ASSERT(was_there);
  disowned_->set(piece);
}

void Session::on_send(MessageType type) {
  P2P_ASSERT(state_ != handshaking);
  switch (type) {
    case MessageType::choke: P2P_ASSERT(change(we_choke_, true)); return;
    case MessageType::unchoke: P2P_ASSERT(change(we_choke_, false)); return;
    case MessageType::interested: P2P_ASSERT(change(we_are_interested_, true)); return;
    // The answer to a bitfield that offers nothing repeats the initial state, so no change is demanded here.
    case MessageType::not_interested: we_are_interested_ = false; return;
    case MessageType::request: P2P_ASSERT(!remote_chokes_); return;
    case MessageType::piece: P2P_ASSERT(!we_choke_); return;
    case MessageType::have:
    case MessageType::bitfield: return;
  }
}

}  // namespace p2p
