#include "peer/status/status_json.hpp"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "config/base64url.hpp"
#include "peer/status/event_json.hpp"

namespace p2p {
namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json or_null(const std::optional<Bitfield>& pieces) { return pieces ? Json(to_base64(*pieces)) : Json(nullptr); }

template <class Value, std::size_t N>
Json by_word(const std::array<const char*, N>& words, const std::array<Value, N>& values) {
  Json object = Json::object();
  for (std::size_t i = 0; i < N; ++i) object[words[i]] = values[i];
  return object;
}

Json json_of(const Status::Process& p) {
  return {{"id", p.id},   {"mode", p.mode}, {"address", or_null(p.address)}, {"version", p.version},
          {"pid", p.pid}, {"run", p.run},   {"started", p.started},          {"uptime", p.uptime}};
}

Json json_of(const Status::Subject& c) {
  return {{"kind", c.kind},
          {"name", c.name},
          {"id", or_null(c.id)},
          {"size", c.size},
          {"piece_size", c.piece_size},
          {"pieces", c.pieces},
          {"stored", c.stored},
          {"stored_bytes", c.stored_bytes},
          {"have", or_null(c.have)},
          {"counts_from", c.counts_from},
          {"files", c.files},
          {"files_done", c.files_done}};
}

Json json_of(const Status::State& s) {
  return {{"name", kPhaseWords[static_cast<std::size_t>(s.phase)]},
          {"since", s.since},
          {"complete", s.complete},
          {"ready", s.ready},
          {"exit_when", s.exit_when},
          {"leaves_at", or_null(s.leaves_at)},
          {"eta", or_null(s.eta)}};
}

Json json_of(const Status::Totals& t) {
  return {{"received_bytes", t.received_bytes},       {"sent_bytes", t.sent_bytes},
          {"pieces_stored", t.pieces_stored},         {"pieces_rejected", t.pieces_rejected},
          {"links_established", t.links_established}, {"links_ended", by_word(kEndWords, t.links_ended)}};
}

Json json_of(const std::optional<Status::Halt>& halt) {
  if (!halt) return nullptr;
  Json pieces = Json::array(), peers = Json::array();
  for (const PieceIndex piece : halt->why.pieces) pieces.push_back(piece.value);
  for (const Stuck::Peer& peer : halt->why.peers) peers.push_back(peer.id.value);
  return {{"kind", kStuckWords[static_cast<std::size_t>(halt->why.why)]},
          {"text", halt->text},
          {"since", halt->since},
          {"pieces", pieces},
          {"piece_count", halt->why.piece_count},
          {"peers", peers},
          {"peer_count", halt->why.peer_count}};
}

Json json_of(const Status::Neighbor& n) {
  const char* const fault = kFaultWords[static_cast<std::size_t>(n.fault)];
  return {{"id", n.id},
          {"content", n.content},
          {"address", or_null(n.address)},
          {"linked", n.linked},
          {"linked_at", or_null(n.linked_at)},
          {"met", n.met},
          {"direction", n.direction ? Json(*n.direction == Direction::dialed ? "dialed" : "accepted") : Json(nullptr)},
          {"fault", *fault ? Json(fault) : Json(nullptr)},
          {"complete", n.complete},
          {"pieces", n.pieces},
          {"have", or_null(n.have)},
          {"offers", n.offers},
          {"received_rate", n.received_rate},
          {"sent_rate", n.sent_rate},
          {"received_bytes", n.received_bytes},
          {"sent_bytes", n.sent_bytes},
          {"chokes_us", n.chokes_us},
          {"choked", n.choked},
          {"interested", n.interested},
          {"interested_in_us", n.interested_in_us},
          {"preferred", n.preferred},
          {"optimistic", n.optimistic},
          {"requests", n.requests},
          {"queued", n.queued}};
}

Json json_of(const Status::Everybody& s) {
  return {{"known", s.known},
          {"linked", s.linked},
          {"complete", s.complete},
          {"unchoking_us", s.unchoking_us},
          {"unchoked", s.unchoked},
          {"rarest_copies", or_null(s.rarest_copies)},
          {"rarest_pieces", s.rarest_pieces},
          {"mean_copies", s.mean_copies}};
}

}  // namespace

std::string to_base64(const Bitfield& pieces) {
  std::vector<std::byte> bytes;
  pieces.append_wire(bytes);
  std::string text(config::base64url_characters(bytes.size()), '\0');
  config::to_base64url(bytes, text);
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.resize((text.size() + 3) / 4 * 4, '=');
  return text;
}

std::string to_json(const Status& status) {
  Json neighbors = Json::array(), recent = Json::array();
  for (const Status::Neighbor& neighbor : status.neighbors) neighbors.push_back(json_of(neighbor));
  for (const EventRecord& record : status.recent) recent.push_back(event_object(record));
  const Json object{
      {"schema", 1},
      {"time", status.time},
      {"peer", json_of(status.peer)},
      {"content", json_of(status.content)},
      {"state", json_of(status.state)},
      {"rates", {{"received", status.received_rate}, {"sent", status.sent_rate}}},
      {"totals", json_of(status.totals)},
      {"stuck", json_of(status.stuck)},
      {"waiting", by_word(kWaitWords, status.waiting)},
      {"neighbors", neighbors},
      {"swarm", json_of(status.swarm)},
      {"events", {{"last", status.last_event}, {"first", status.first_event}, {"recent", recent}}},
      {"history", {{"interval", 1.0}, {"received", status.history.received}, {"sent", status.history.sent}}}};
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

std::string to_progress_json(const Status& status) {
  constexpr std::size_t kMostGivers = 3;
  std::vector<const Status::Neighbor*> givers;
  for (const Status::Neighbor& neighbor : status.neighbors)
    if (neighbor.linked && neighbor.address && neighbor.received_rate > 0) givers.push_back(&neighbor);
  std::ranges::stable_sort(givers, std::greater(), &Status::Neighbor::received_rate);
  if (givers.size() > kMostGivers) givers.resize(kMostGivers);
  Json from = Json::array();
  for (const Status::Neighbor* const giver : givers)
    from.push_back({{"address", *giver->address}, {"rate", giver->received_rate}});
  const Json object{{"time", status.time},
                    {"state", kPhaseWords[static_cast<std::size_t>(status.state.phase)]},
                    {"complete", status.state.complete},
                    {"content_id", or_null(status.content.id)},
                    {"size", status.content.size},
                    {"stored_bytes", status.content.stored_bytes},
                    {"received_bytes", status.totals.received_bytes},
                    {"sent_bytes", status.totals.sent_bytes},
                    {"received_rate", status.received_rate},
                    {"sent_rate", status.sent_rate},
                    {"address", or_null(status.peer.address)},
                    {"linked", status.swarm.linked},
                    {"from", from},
                    {"stuck", status.stuck ? Json(status.stuck->text) : Json(nullptr)}};
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace p2p
