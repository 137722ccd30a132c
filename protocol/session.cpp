#include "protocol/session.hpp"

#include <string>
#include <utility>

#include "protocol/assert.hpp"

namespace p2p {
namespace {

enum class Input : std::uint8_t { handshake, bitfield, other };

struct Transition {
  SessionState next;
  const char* violation;  ///< Null when the input is legal.
};

using enum SessionState;

// Every transition of a session. Rows: state; columns: input.
constexpr Transition kTransitions[3][3] = {
    //                handshake                            bitfield                                         any other message
    /* handshaking */ {{greeted, nullptr},                 {handshaking, "bitfield before the handshake"},  {handshaking, "message before the handshake"}},
    /* greeted     */ {{greeted, "second handshake"},      {exchanging, nullptr},                           {exchanging, nullptr}},
    /* exchanging  */ {{exchanging, "second handshake"},   {exchanging, "bitfield after the first message"}, {exchanging, nullptr}},
};

std::optional<Violation> step(SessionState& state, Input input) {
  const Transition& t = kTransitions[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
  state = t.next;
  if (t.violation) return Violation{t.violation};
  return std::nullopt;
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
  const bool is_bitfield = std::holds_alternative<BitfieldMessage>(message);
  if (auto violation = step(state_, is_bitfield ? Input::bitfield : Input::other)) return std::move(*violation);

  struct Apply {
    Session& s;
    bool operator()(const Choke&) const { return change(s.remote_chokes_, true); }
    bool operator()(const Unchoke&) const { return change(s.remote_chokes_, false); }
    bool operator()(const Interested&) const { return change(s.remote_is_interested_, true); }
    bool operator()(const NotInterested&) const { return change(s.remote_is_interested_, false); }
    bool operator()(const Have& have) const { return s.remote_pieces_.set(have.piece); }
    bool operator()(const BitfieldMessage& bitfield) const {
      s.remote_pieces_ = bitfield.pieces;
      return true;
    }
    bool operator()(const Request&) const { return true; }
    bool operator()(const PieceHead&) const { return true; }
    bool operator()(const UnknownMessage&) const { return false; }
  };
  return std::visit(Apply{*this}, message);
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
