// What is told is what docs/STATUS.md says: every field, of its type, and no other.
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "peer/status/metrics.hpp"
#include "peer/status/status_json.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using Json = nlohmann::json;
using Fields = std::map<std::string, std::string>;  ///< Types by name.

std::string document() {
  std::ifstream file(std::string(PEER_SOURCE_DIR) + "/docs/STATUS.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The words in backticks.
std::vector<std::string> quoted(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; (at = text.find('`', at)) != std::string::npos;) {
    const std::size_t end = text.find('`', at + 1);
    words.push_back(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return words;
}

/// The rows below a heading, up to the next heading, as cells.
std::vector<std::vector<std::string>> rows_below(const std::string& heading) {
  std::istringstream lines(document());
  std::vector<std::vector<std::string>> rows;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) inside = line == heading;
    if (!inside || !line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::istringstream row(line.substr(1));
    for (std::string cell; std::getline(row, cell, '|');) cells.push_back(cell);
    rows.push_back(cells);
  }
  REQUIRE_FALSE(rows.empty());
  return rows;
}

Fields fields_below(const std::string& heading) {
  Fields fields;
  for (const auto& cells : rows_below(heading))
    for (const std::string& name : quoted(cells[0])) fields[name] = cells[1];
  return fields;
}

bool has_type(const Json& value, const std::string& type) {
  const auto says = [&](const char* word) { return type.find(word) != std::string::npos; };
  if (value.is_null()) return says("null");
  if (value.is_array()) {
    if (!says("array")) return false;
    for (const Json& each : value)
      if (says("of integers") && !each.is_number_integer()) return false;
    return true;
  }
  if (says("array")) return false;
  if (value.is_string()) return says("string");
  if (value.is_boolean()) return says("boolean");
  if (value.is_object()) return says("object");
  if (value.is_number_integer()) return says("integer") || says("number");
  return value.is_number() && says("number");
}

void check_object(const Json& object, const Fields& fields) {
  for (const auto& [name, type] : fields) {
    CAPTURE(name, type);
    REQUIRE(object.contains(name));
    CHECK(has_type(object[name], type));
  }
  for (const auto& [name, value] : object.items()) {
    CAPTURE(name);
    CHECK(fields.contains(name));
  }
}

Status full_status() {
  Status status;
  status.peer = {.id = 1,
                 .mode = "classic",
                 .address = "h:1",
                 .version = "1",
                 .pid = 2,
                 .run = "r",
                 .started = 0.5,
                 .uptime = 1.5};
  status.content.id = "00";
  status.content.have = Bitfield::full(9);
  status.state.leaves_at = 1.5;
  status.state.eta = 2.5;
  status.stuck = Status::Halt{.why = {.why = Stuck::Why::choked,
                                      .pieces = {PieceIndex{3}},
                                      .piece_count = 1,
                                      .peers = {{PeerId{4}, Stuck::Peer::State::linked, 1}},
                                      .peer_count = 1},
                              .text = "choked",
                              .since = 1.5};
  Status::Neighbor neighbor;
  neighbor.address = "h:2";
  neighbor.linked_at = 1.5;
  neighbor.direction = Direction::accepted;
  neighbor.fault = DialFault::refused;
  neighbor.have = Bitfield(9);
  status.neighbors = {neighbor, Status::Neighbor()};
  status.swarm.rarest_copies = 1;
  status.recent = {{.seq = 1, .time = 1, .content = nullptr, .what = Event(FileCompleted{})}};
  status.history = {{1.5}, {2.5}};
  return status;
}

void check_status(const Json& json) {
  check_object(json, fields_below("## `/status.json`"));
  for (const char* const part : {"peer", "content", "state", "totals", "swarm"})
    check_object(json[part], fields_below(std::string("### `") + part + "`"));
  if (!json["stuck"].is_null()) check_object(json["stuck"], fields_below("### `stuck`"));
  for (const Json& neighbor : json["neighbors"]) check_object(neighbor, fields_below("### `neighbors`"));
}

TEST_CASE("every field of the status is written down, and every one that is written down is there", "[status]") {
  check_status(Json::parse(to_json(full_status())));
  check_status(Json::parse(to_json(Status())));
}

TEST_CASE("words and numbers of the status are the ones that are written down", "[status]") {
  const std::string text = document();
  for (const auto& words : {std::vector<const char*>(kWaitWords.begin(), kWaitWords.end()),
                            std::vector<const char*>(kStuckWords.begin(), kStuckWords.end()),
                            std::vector<const char*>(kEndWords.begin(), kEndWords.end()),
                            std::vector<const char*>(kPhaseWords.begin(), kPhaseWords.end()),
                            std::vector<const char*>(kFaultWords.begin() + 1, kFaultWords.end())})
    for (const char* const word : words) {
      CAPTURE(word);
      CHECK(text.find("`" + std::string(word) + "`") != std::string::npos);
    }
  const Json json = Json::parse(to_json(full_status()));
  CHECK(json["content"]["have"] == "/4A=");
  CHECK(json["neighbors"][0]["have"] == "AAA=");
  CHECK(json["stuck"]["kind"] == "choked");
  CHECK(json["stuck"]["pieces"] == Json({3}));
  CHECK(json["neighbors"][0]["direction"] == "accepted");
  CHECK(json["neighbors"][1]["fault"].is_null());
  CHECK(json["waiting"].size() == kWaits);
  CHECK(json["history"]["sent"] == Json({2.5}));
}

/// One of each.
std::vector<std::variant<Event, Note>> all_events() {
  const PeerId peer{5};
  const PieceIndex piece{6};
  return {Event(LinkEstablished{peer, Direction::dialed}),
          Event(LinkClosed{peer, "why", EndKind::flood}),
          Event(StrangerClosed{"why", EndKind::refused}),
          Event(PreferredNeighborsChanged{{peer}}),
          Event(OptimisticNeighborChanged{peer}),
          Event(UnchokedBy{peer}),
          Event(ChokedBy{peer}),
          Event(HaveReceived{peer, piece}),
          Event(InterestedReceived{peer}),
          Event(NotInterestedReceived{peer}),
          Event(UnknownMessageReceived{peer, 99}),
          Event(PieceStored{piece, peer, 1}),
          Event(PieceRejected{piece, peer}),
          Event(LowBitFirstProven{peer, 1}),
          Event(DoubtfulPiecesTaken{1}),
          Event(PiecesLost{1}),
          Event(TrustWithdrawn{1, true}),
          Event(RequestsStalled{peer, 1}),
          Event(ChunkSettled{piece, 2, nullptr}),
          Event(ChunkDisputed{piece, Quorum::Outcome::dissent, {}}),
          Event(ChunkContradicted{piece, nullptr, nullptr}),
          Event(DigestDisputed{piece, peer}),
          Event(FileCompleted{}),
          Event(SwarmCompleted{}),
          Event(PatienceEnded{}),
          Note(Started{1, "classic", "r"}),
          Note(PhaseChanged{Phase::serving}),
          Note(StoodStill{Stuck::Why::others, "why"}),
          Note(OfferChanged{true, 1, "00"}),
          Note(OfferChanged{false, 1, "00"}),
          Note(VisitChanged{false, "h:1", 1, "00"}),
          Note(VisitChanged{true, "h:1", 1, "00"}),
          Note(Leaving{0}),
          Note(Gap{1, false})};
}

/// "`peer` integer (who gave it), `piece` integer" as fields.
Fields fields_of_cell(const std::string& cell) {
  Fields fields;
  for (std::size_t at = 0; (at = cell.find('`', at)) != std::string::npos;) {
    const std::size_t end = cell.find('`', at + 1);
    const std::size_t next = cell.find('`', end + 1);
    fields[cell.substr(at + 1, end - at - 1)] = cell.substr(end + 1, next == std::string::npos ? next : next - end - 1);
    at = next;
    if (at == std::string::npos) break;
  }
  return fields;
}

TEST_CASE("every event is written down with its fields, and every one that is written down is one", "[status]") {
  std::map<std::string, Fields> written;
  for (const auto& cells : rows_below("## `/events` and `--json-events`")) {
    if (cells.size() < 3 || cells[0].find("`seq`") != std::string::npos) continue;
    for (const std::string& name : quoted(cells[0])) written[name] = fields_of_cell(cells[1]);
  }
  for (const char* const common : {"time", "event", "content"}) written.erase(common);
  std::set<std::string> told;
  for (const auto& what : all_events()) {
    const Json object = Json::parse(to_json({.seq = 1, .time = 1.5, .content = nullptr, .what = what}));
    const std::string name = object["event"];
    CAPTURE(name);
    REQUIRE(written.contains(name));
    Fields fields = written[name];
    fields.merge(Fields{{"seq", "integer"}, {"time", "number"}, {"event", "string"}});
    check_object(object, fields);
    told.insert(name);
  }
  for (const auto& [name, fields] : written) {
    CAPTURE(name);
    CHECK(told.contains(name));
  }
}

TEST_CASE("text of strangers stays text, and becomes valid UTF-8", "[status]") {
  const auto content = std::make_shared<const std::string>("</script>\n\"\xff");
  const std::string line = to_json({.seq = 1, .time = 1, .content = content, .what = Event(FileCompleted{})});
  CHECK(line.find('\n') == std::string::npos);
  CHECK(Json::parse(line)["content"] == "</script>\n\"\xef\xbf\xbd");
  Status status;
  status.content.name = "\xc3";
  CHECK(Json::parse(to_json(status))["content"]["name"] == "\xef\xbf\xbd");
}

TEST_CASE("every metric is written down with its type and labels, and none is missing", "[status]") {
  std::map<std::string, std::string> types;
  std::istringstream lines(to_metrics(full_status()));
  std::set<std::string> helped, valued;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, kind, name, type;
    if (line.starts_with("# HELP ")) {
      words >> hash >> kind >> name;
      CHECK(helped.insert(name).second);
    } else if (line.starts_with("# TYPE ")) {
      words >> hash >> kind >> name >> type;
      types[name] = type;
      CHECK((type == "counter") == name.ends_with("_total"));
    } else {
      valued.insert(line.substr(0, line.find_first_of("{ ")));
    }
  }
  CHECK(helped == valued);
  std::map<std::string, std::string> written;
  for (const auto& cells : rows_below("## `/metrics`"))
    written[quoted(cells[0]).front()] = cells[1].substr(1, cells[1].size() - 2);
  CHECK(types == written);
}

TEST_CASE("a metric's label is quoted as the format wants it", "[status]") {
  Status status;
  status.peer.version = "a\"b\\c\nd";
  CHECK(to_metrics(status).find("version=\"a\\\"b\\\\c\\nd\"") != std::string::npos);
  status.totals.sent_bytes = 123'456'789'012'345;
  CHECK(to_metrics(status).find("peerprocess_sent_bytes_total 123456789012345\n") != std::string::npos);
}

}  // namespace
}  // namespace p2p
