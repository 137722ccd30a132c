#include "peer/status/event_record.hpp"

#include "peer/status/event_json.hpp"

namespace p2p {

namespace {

const char* word(EndKind kind) { return kEndWords[static_cast<std::size_t>(kind)]; }

const char* word(Quorum::Outcome outcome) {
  switch (outcome) {
    case Quorum::Outcome::counted: return "counted";
    case Quorum::Outcome::settled: return "settled";
    case Quorum::Outcome::dissent: return "dissent";
    case Quorum::Outcome::against: return "against";
    case Quorum::Outcome::taken: return "taken";
  }
  return "";
}

/// Adds what an event says to its object.
struct Tell {
  nlohmann::ordered_json& out;

  void name(const char* event) const { out["event"] = event; }
  void named(const char* event, PeerId peer) const {
    name(event);
    out["peer"] = peer.value;
  }
  void counted(const char* event, std::uint32_t count) const {
    name(event);
    out["count"] = count;
  }
  void ended(EndKind kind, const std::string& reason) const {
    out["reason"] = reason;
    out["kind"] = word(kind);
  }
  void piece(const char* event, PieceIndex piece) const {
    name(event);
    out["piece"] = piece.value;
  }

  void operator()(const LinkEstablished& e) const {
    named("link_established", e.peer);
    out["direction"] = e.direction == Direction::dialed ? "dialed" : "accepted";
  }
  void operator()(const LinkClosed& e) const {
    named("link_closed", e.peer);
    ended(e.kind, e.reason);
  }
  void operator()(const StrangerClosed& e) const {
    name("stranger_closed");
    ended(e.kind, e.reason);
  }
  void operator()(const PreferredNeighborsChanged& e) const {
    name("preferred_neighbors");
    auto& peers = out["peers"] = nlohmann::ordered_json::array();
    for (const PeerId peer : e.neighbors) peers.push_back(peer.value);
  }
  void operator()(const OptimisticNeighborChanged& e) const { named("optimistic_neighbor", e.neighbor); }
  void operator()(const UnchokedBy& e) const { named("unchoked_by", e.peer); }
  void operator()(const ChokedBy& e) const { named("choked_by", e.peer); }
  void operator()(const HaveReceived& e) const {
    named("have", e.peer);
    out["piece"] = e.piece.value;
  }
  void operator()(const InterestedReceived& e) const { named("interested", e.peer); }
  void operator()(const NotInterestedReceived& e) const { named("not_interested", e.peer); }
  void operator()(const UnknownMessageReceived& e) const {
    named("unknown_message", e.peer);
    out["type"] = e.type;
  }
  void operator()(const PieceStored& e) const {
    named("piece_stored", e.from);
    out["piece"] = e.piece.value;
    out["stored"] = e.count;
  }
  void operator()(const PieceRejected& e) const {
    named("piece_rejected", e.from);
    out["piece"] = e.piece.value;
  }
  void operator()(const LowBitFirstProven& e) const {
    named("low_bit_first", e.peer);
    out["given_up"] = e.given_up;
  }
  void operator()(const DoubtfulPiecesTaken& e) const { counted("doubtful_pieces_taken", e.count); }
  void operator()(const PiecesLost& e) const { counted("pieces_lost", e.count); }
  void operator()(const TrustWithdrawn& e) const {
    counted("trust_withdrawn", e.count);
    out["was_complete"] = e.was_complete;
  }
  void operator()(const RequestsStalled& e) const {
    named("requests_stalled", e.peer);
    out["requests"] = e.requests;
  }
  void operator()(const ChunkSettled& e) const {
    piece("chunk_settled", e.piece);
    out["holders"] = e.holders;
  }
  void operator()(const ChunkDisputed& e) const {
    piece("chunk_disputed", e.piece);
    out["outcome"] = word(e.outcome);
    out["candidates"] = e.candidates.size();
  }
  void operator()(const ChunkContradicted& e) const { piece("chunk_contradicted", e.piece); }
  void operator()(const DigestDisputed& e) const {
    named("digest_disputed", e.peer);
    out["piece"] = e.piece.value;
  }
  void operator()(const FileCompleted&) const { name("file_completed"); }
  void operator()(const SwarmCompleted&) const { name("swarm_completed"); }
  void operator()(const PatienceEnded&) const { name("patience_ended"); }

  void operator()(const Started& e) const {
    named("started", PeerId{e.peer});
    out["mode"] = e.mode;
    out["run"] = e.run;
  }
  void operator()(const PhaseChanged& e) const {
    name("state");
    out["state"] = kPhaseWords[static_cast<std::size_t>(e.phase)];
  }
  void operator()(const StoodStill& e) const {
    name("stuck");
    out["kind"] = kStuckWords[static_cast<std::size_t>(e.why)];
    out["text"] = e.text;
  }
  void operator()(const OfferChanged& e) const {
    name(e.is_offered ? "offered" : "withdrawn");
    out["size"] = e.size;
    out["content_id"] = e.content_id;
  }
  void operator()(const VisitChanged& e) const {
    name(e.has_ended ? "visit_ended" : "visit_began");
    out["address"] = e.address;
    out["bytes"] = e.bytes;
    out["content_id"] = e.content_id;
  }
  void operator()(const Leaving& e) const {
    name("leaving");
    out["code"] = e.code;
  }
  void operator()(const Gap& e) const {
    name("gap");
    out["missed"] = e.missed;
    out["restarted"] = e.restarted;
  }
};

}  // namespace

nlohmann::ordered_json event_object(const EventRecord& record) {
  nlohmann::ordered_json object{{"seq", record.seq}, {"time", record.time}};
  std::visit([&](const auto& source) { std::visit(Tell{object}, source); }, record.what);
  if (record.content) object["content"] = *record.content;
  return object;
}

std::string to_json(const EventRecord& record) {
  return event_object(record).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace p2p
