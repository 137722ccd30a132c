// A session that receives anything and sends whatever is legal, against a model with a flag for each sentence of
// docs/PROTOCOL.md.
#include <set>
#include <utility>
#include <variant>

#include "protocol/session.hpp"
#include "tests/fuzz/byte_source.hpp"

namespace p2p {
namespace {

struct Model {
  bool shook_hands = false;
  bool got_message = false;
  bool bitfield_may_come = true;  ///< Nothing came but haves and interest.
  bool we_choke = true;
  bool we_are_interested = false;
  bool remote_chokes = true;
  bool remote_is_interested = false;
  std::set<std::uint32_t> remote_has{};
  bool announcing = false;  ///< The last thing but announcements was the bitfield.
  std::uint32_t next_announced = 0;
};

class Driver {
 public:
  Driver(fuzz::ByteSource& input, std::uint32_t pieces) : input_(input), pieces_(pieces), session_(pieces) {}

  void step() {
    const std::uint32_t choice = input_.below(20);
    if (choice == 0)
      P2P_ASSERT(session_.on_handshake().has_value() == std::exchange(model_.shook_hands, true));
    else if (choice <= 9)
      receive(static_cast<MessageType>(choice - 1));  // of 8 known types and one unknown
    else if (choice <= 17)
      send(static_cast<MessageType>(choice - 10));
    else if (choice == 18)
      receive(MessageType::have);
    else
      announce();
    compare();
  }

 private:
  static constexpr auto kUnknown = MessageType{255};

  void receive(MessageType type) {
    if (type > MessageType::piece) type = kUnknown;
    const Message message = any(type);
    const bool legal = model_.shook_hands && !(type == MessageType::bitfield && !model_.bitfield_may_come);
    const auto verdict = session_.on_message(message);
    P2P_ASSERT(std::holds_alternative<bool>(verdict) == legal);
    if (legal) P2P_ASSERT(std::get<bool>(verdict) == apply(message));
  }

  void announce() {
    const PieceIndex which = piece();
    const auto verdict = session_.on_message(
        ChunkAnnouncement{which, std::make_shared<const ChunkClaim>(ChunkClaim{.size = 1, .sha256 = {}, .name = "a"})});
    const bool legal = model_.shook_hands && model_.announcing && which.value >= model_.next_announced &&
                       model_.remote_has.contains(which.value);
    P2P_ASSERT(std::holds_alternative<bool>(verdict) == legal);
    model_.got_message |= model_.shook_hands;
    if (model_.shook_hands) model_.bitfield_may_come = false;
    if (legal) model_.next_announced = which.value + 1;
  }

  Message any(MessageType type) {
    switch (type) {
      case MessageType::choke: return Choke{};
      case MessageType::unchoke: return Unchoke{};
      case MessageType::interested: return Interested{};
      case MessageType::not_interested: return NotInterested{};
      case MessageType::have: return Have{piece()};
      case MessageType::request: return Request{piece()};
      case MessageType::piece: return PieceHead{piece(), 1};
      case MessageType::bitfield: {
        Bitfield has(pieces_);
        for (std::uint32_t i = input_.below(9); i > 0; --i) has.set(piece());
        return BitfieldMessage{has};
      }
    }
    return UnknownMessage{255, 1};
  }

  PieceIndex piece() { return PieceIndex{input_.below(pieces_)}; }

  /// Changes the model; tells whether the message says anything new.
  bool apply(const Message& message) {
    model_.got_message = true;
    const bool interest = std::holds_alternative<Interested>(message) || std::holds_alternative<NotInterested>(message);
    model_.bitfield_may_come = model_.bitfield_may_come && (interest || std::holds_alternative<Have>(message));
    model_.announcing = std::holds_alternative<BitfieldMessage>(message);
    struct Apply {
      Model& m;
      bool operator()(const Choke&) const { return !std::exchange(m.remote_chokes, true); }
      bool operator()(const Unchoke&) const { return std::exchange(m.remote_chokes, false); }
      bool operator()(const Interested&) const { return !std::exchange(m.remote_is_interested, true); }
      bool operator()(const NotInterested&) const { return std::exchange(m.remote_is_interested, false); }
      bool operator()(const Have& have) const { return m.remote_has.insert(have.piece.value).second; }
      bool operator()(const BitfieldMessage& bitfield) const {
        bitfield.pieces.for_each([this](PieceIndex piece) { m.remote_has.insert(piece.value); });
        return true;
      }
      bool operator()(const Request&) const { return true; }
      bool operator()(const PieceHead&) const { return true; }
      bool operator()(const UnknownMessage&) const { return false; }
      bool operator()(const KeepAlive&) const { return false; }
      bool operator()(const ChunkAnnouncement&) const { return true; }
      bool operator()(const PeersMessage&) const { return true; }
      bool operator()(const Suggestion&) const { return true; }
      bool operator()(const DigestHave& have) const { return m.remote_has.insert(have.piece.value).second; }
      bool operator()(const Fetching&) const { return true; }
    };
    return std::visit(Apply{model_}, message);
  }

  /// Sends it if that is allowed now; what is not would be our own bug and is an assertion.
  void send(MessageType type) {
    if (!model_.shook_hands) return;
    switch (type) {
      case MessageType::choke:
      case MessageType::unchoke:
        if (model_.we_choke == (type == MessageType::choke)) return;
        model_.we_choke = !model_.we_choke;
        break;
      case MessageType::interested:
        if (model_.we_are_interested) return;
        model_.we_are_interested = true;
        break;
      case MessageType::not_interested: model_.we_are_interested = false; break;
      case MessageType::request:
        if (model_.remote_chokes) return;
        break;
      case MessageType::piece:
        if (model_.we_choke) return;
        break;
      case MessageType::have:
      case MessageType::bitfield: break;
    }
    session_.on_send(type);
  }

  void compare() const {
    const auto state = !model_.shook_hands        ? SessionState::handshaking
                       : !model_.got_message      ? SessionState::greeted
                       : model_.bitfield_may_come ? SessionState::prefacing
                                                  : SessionState::exchanging;
    P2P_ASSERT(session_.state() == state);
    P2P_ASSERT(session_.we_choke() == model_.we_choke);
    P2P_ASSERT(session_.we_are_interested() == model_.we_are_interested);
    P2P_ASSERT(session_.remote_chokes() == model_.remote_chokes);
    P2P_ASSERT(session_.remote_is_interested() == model_.remote_is_interested);
    P2P_ASSERT(session_.remote_pieces().size() == (model_.shook_hands ? pieces_ : 0) &&
               session_.remote_pieces().count() == model_.remote_has.size());
    for (const std::uint32_t piece : model_.remote_has) P2P_ASSERT(session_.remote_pieces().test(PieceIndex{piece}));
  }

  fuzz::ByteSource& input_;
  std::uint32_t pieces_;
  Session session_;
  Model model_;
};

}  // namespace
}  // namespace p2p

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  p2p::fuzz::ByteSource input(data, size);
  p2p::Driver driver(input, 1 + input.below(200));
  while (!input.empty()) driver.step();
  return 0;
}
