// Messages and events as short texts, the language in which scenarios are written: "have 3", "bitfield 10110".
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/swarm/effects.hpp"
#include "protocol/wire/handshake.hpp"
#include "protocol/wire/message.hpp"
#include "tests/support/piece_map.hpp"

namespace p2p::test {

/// A message without payload; "bitfield" alone is the one of zero bytes, that some peers send, for `piece_count`
/// pieces.
inline Message message(std::string_view text, std::uint32_t piece_count = 0) {
  const auto argument = [&](std::string_view name) {
    return std::string(text.substr(std::min(text.size(), name.size() + 1)));
  };
  const auto number = [&](std::string_view name) { return static_cast<std::uint32_t>(std::stoul(argument(name))); };
  if (text == "choke") return Choke{};
  if (text == "unchoke") return Unchoke{};
  if (text == "interested") return Interested{};
  if (text == "not interested") return NotInterested{};
  if (text == "bitfield") return BitfieldMessage{Bitfield(piece_count)};
  if (text.starts_with("bitfield ")) return BitfieldMessage{pieces(argument("bitfield"))};
  if (text.starts_with("have ")) return Have{PieceIndex{number("have")}};
  if (text.starts_with("request ")) return Request{PieceIndex{number("request")}};
  if (text == "keep-alive") return KeepAlive{};
  if (text.starts_with("unknown ")) return UnknownMessage{static_cast<std::uint8_t>(number("unknown")), 1};
  P2P_ASSERT(false);
  return Choke{};
}

inline std::string describe(const Message& message) {
  struct Describe {
    std::string operator()(const Choke&) const { return "choke"; }
    std::string operator()(const Unchoke&) const { return "unchoke"; }
    std::string operator()(const Interested&) const { return "interested"; }
    std::string operator()(const NotInterested&) const { return "not interested"; }
    std::string operator()(const Have& m) const { return "have " + std::to_string(m.piece.value); }
    std::string operator()(const BitfieldMessage& m) const { return "bitfield " + picture(m.pieces); }
    std::string operator()(const Request& m) const { return "request " + std::to_string(m.piece.value); }
    std::string operator()(const PieceHead& m) const { return "piece " + std::to_string(m.piece.value); }
    std::string operator()(const KeepAlive&) const { return "keep-alive"; }
    std::string operator()(const UnknownMessage& m) const { return "unknown " + std::to_string(m.type); }
    std::string operator()(const ChunkAnnouncement& m) const { return "announces " + std::to_string(m.piece.value); }
    std::string operator()(const Suggestion& m) const { return "suggests " + std::to_string(m.piece.value); }
    std::string operator()(const DigestHave& m) const {
      return "has " + std::to_string(m.piece.value) + " digest " + std::to_string(std::to_integer<int>(m.sha256[0]));
    }
    std::string operator()(const Fetching& m) const {
      return "fetches " + std::to_string(m.run.count) + " from " + std::to_string(m.run.first.value);
    }
    std::string operator()(const PeersMessage& m) const {
      std::string text = "listens at " + std::to_string(m.port);
      for (const NamedPeer& each : *m.peers)
        text += (text.find(" names") == std::string::npos ? " names " : " ") + std::to_string(each.peer.value);
      return text;
    }
  };
  return std::visit(Describe{}, message);
}

inline std::string describe(const UpstreamTask& task) {
  struct Describe {
    std::string operator()(const FetchUpstream& t) const {
      return "fetch " + std::to_string(t.run.count) + " from " + std::to_string(t.run.first.value);
    }
    std::string operator()(const StopUpstream& t) const { return "stop " + std::to_string(t.first.value); }
    std::string operator()(const Learn& t) const {
      return "learn " + std::to_string(t.piece.value) + " is " + std::to_string(std::to_integer<int>(t.sha256[0]));
    }
  };
  return std::visit(Describe{}, task);
}

inline std::string describe(const Handshake& handshake) { return "handshake " + std::to_string(handshake.peer.value); }

inline std::string describe(const Event& event) {
  struct Describe {
    static std::string n(std::uint32_t value) { return std::to_string(value); }
    static std::string n(PeerId peer) { return n(peer.value); }
    std::string operator()(const LinkEstablished& e) const {
      return (e.direction == Direction::dialed ? "dialed " : "accepted ") + n(e.peer);
    }
    std::string operator()(const LinkClosed& e) const { return "lost " + n(e.peer) + ": " + e.reason; }
    std::string operator()(const StrangerClosed& e) const { return "refused: " + e.reason; }
    std::string operator()(const PreferredNeighborsChanged& e) const {
      std::string list;
      for (const PeerId neighbor : e.neighbors) list += " " + n(neighbor);
      return "prefers" + list;
    }
    std::string operator()(const OptimisticNeighborChanged& e) const { return "optimistic " + n(e.neighbor); }
    std::string operator()(const UnchokedBy& e) const { return "unchoked by " + n(e.peer); }
    std::string operator()(const ChokedBy& e) const { return "choked by " + n(e.peer); }
    std::string operator()(const HaveReceived& e) const { return "have " + n(e.piece.value) + " from " + n(e.peer); }
    std::string operator()(const InterestedReceived& e) const { return "interested from " + n(e.peer); }
    std::string operator()(const NotInterestedReceived& e) const { return "not interested from " + n(e.peer); }
    std::string operator()(const UnknownMessageReceived& e) const {
      return "unknown " + n(e.type) + " from " + n(e.peer);
    }
    std::string operator()(const PieceStored& e) const {
      return "stored " + n(e.piece.value) + " from " + n(e.from) + ", now " + n(e.count);
    }
    std::string operator()(const PieceRejected& e) const {
      return "rejected " + n(e.piece.value) + " from " + n(e.from);
    }
    std::string operator()(const LowBitFirstProven& e) const {
      return n(e.peer) + " counts from the low end, " + n(e.given_up) + " given up";
    }
    std::string operator()(const TrustWithdrawn& e) const {
      return n(e.count) + " withdrawn" + (e.was_complete ? " of a complete file" : "");
    }
    std::string operator()(const DoubtfulPiecesTaken& e) const { return n(e.count) + " taken on trust"; }
    std::string operator()(const PiecesLost& e) const { return n(e.count) + " lost"; }
    std::string operator()(const RequestsStalled& e) const { return n(e.requests) + " stalled at " + n(e.peer); }
    std::string operator()(const ChunkSettled& e) const {
      return "settled " + n(e.piece.value) + " by " + n(e.holders);
    }
    std::string operator()(const ChunkDisputed& e) const {
      return n(static_cast<std::uint32_t>(e.candidates.size())) + " say of " + n(e.piece.value);
    }
    std::string operator()(const ChunkContradicted& e) const { return "contradicted on " + n(e.piece.value); }
    std::string operator()(const DigestDisputed& e) const {
      return "another digest for " + n(e.piece.value) + " of " + n(e.peer);
    }
    std::string operator()(const FileCompleted&) const { return "file complete"; }
    std::string operator()(const SwarmCompleted&) const { return "swarm complete"; }
    std::string operator()(const PatienceEnded&) const { return "patience ended"; }
  };
  return std::visit(Describe{}, event);
}

inline std::string joined(const std::vector<std::string>& texts, std::string_view separator = ", ") {
  std::string all;
  for (const std::string& text : texts) (all += all.empty() ? "" : separator) += text;
  return all;
}

/// Which pieces the requests in a conversation are for: {3, 0} for "interested, request 3, request 0".
inline std::vector<std::uint32_t> requested(std::string_view heard) {
  constexpr std::string_view kWord = "request ";
  std::vector<std::uint32_t> pieces;
  for (auto at = heard.find(kWord); at != std::string_view::npos; at = heard.find(kWord, at + 1))
    pieces.push_back(static_cast<std::uint32_t>(std::stoul(std::string(heard.substr(at + kWord.size(), 10)))));
  return pieces;
}

}  // namespace p2p::test
