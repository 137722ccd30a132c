#include "peer/status/metrics.hpp"

#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace p2p {
namespace {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// As the format wants it in a label.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

class Text {
 public:
  void begin(const char* name, const char* type, const char* help) {
    name_ = std::string("peerprocess_") + name;
    out_ += "# HELP " + name_ + ' ' + help + "\n# TYPE " + name_ + ' ' + type + '\n';
  }
  void value(double value, Labels labels = {}) {
    out_ += name_;
    const char* before = "{";
    for (const auto& [name, text] : labels) {
      out_.append(std::exchange(before, ",")).append(name).append("=\"").append(escaped(text)).append("\"");
    }
    if (labels.size() > 0) out_ += '}';
    // Whole numbers are exact up to 2^53, which no count of bytes reaches.
    char digits[40];
    std::snprintf(digits, sizeof digits, value == std::floor(value) ? " %.0f\n" : " %.6f\n", value);
    out_ += digits;
  }
  void gauge(const char* name, const char* help, double number) {
    begin(name, "gauge", help);
    value(number);
  }
  void counter(const char* name, const char* help, double number) {
    begin(name, "counter", help);
    value(number);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string name_;
  std::string out_;
};

double number(std::uint64_t count) { return static_cast<double>(count); }

void add_content(Text& text, const Status::Subject& content) {
  text.gauge("content_size_bytes", "Size of the content.", number(content.size));
  text.gauge("content_stored_bytes", "Bytes of the content that are here.", number(content.stored_bytes));
  text.gauge("content_pieces", "Pieces of the content.", content.pieces);
  text.gauge("content_pieces_stored", "Pieces of the content that are here.", content.stored);
  text.gauge("content_files", "Files that are offered or wanted.", number(content.files));
  text.gauge("content_files_done", "Files of those that are here.", number(content.files_done));
}

void add_totals(Text& text, const Status::Totals& totals) {
  text.counter("received_bytes_total", "Payload of pieces received, also what was dropped.",
               number(totals.received_bytes));
  text.counter("sent_bytes_total", "Payload of pieces sent.", number(totals.sent_bytes));
  text.counter("pieces_stored_total", "Pieces fetched.", number(totals.pieces_stored));
  text.counter("pieces_rejected_total", "Pieces that had a wrong hash.", number(totals.pieces_rejected));
  text.counter("links_established_total", "Links with neighbors that came about.", number(totals.links_established));
  text.begin("links_ended_total", "counter", "Connections that ended, by why.");
  for (std::size_t i = 0; i < kEndKinds; ++i) text.value(number(totals.links_ended[i]), {{"kind", kEndWords[i]}});
}

}  // namespace

std::string to_metrics(const Status& status) {
  Text text;
  text.begin("info", "gauge", "The process; always 1.");
  text.value(1,
             {{"peer", std::to_string(status.peer.id)}, {"mode", status.peer.mode}, {"version", status.peer.version}});
  text.gauge("start_time_seconds", "Unix time of the start.", status.peer.started);
  add_content(text, status.content);
  text.gauge("complete", "1 when all of the content is here.", status.state.complete);
  text.gauge("ready", "1 when others can get all that this process is to give.", status.state.ready);
  text.begin("stuck", "gauge", "1 for the reason why nothing goes on, 0 for all others.");
  for (std::size_t i = 0; i < kStuckWords.size(); ++i)
    text.value(status.stuck && static_cast<std::size_t>(status.stuck->why.why) == i, {{"kind", kStuckWords[i]}});
  add_totals(text, status.totals);
  text.begin("waiting_seconds_total", "counter", "Time in which something was missing and nothing came, by why.");
  for (std::size_t i = 0; i < kWaits; ++i) text.value(status.waiting[i], {{"reason", kWaitWords[i]}});
  text.counter("events_total", "Events, as /events has them.", number(status.last_event));
  text.gauge("neighbors_known", "Peers that are known.", status.swarm.known - 1);
  text.gauge("neighbors_linked", "Neighbors.", status.swarm.linked);
  text.gauge("neighbors_complete", "Peers known to have everything.",
             status.swarm.complete - (status.state.complete ? 1 : 0));
  text.gauge("neighbors_unchoking", "Neighbors that do not choke us.", status.swarm.unchoking_us);
  text.gauge("neighbors_unchoked", "Neighbors that we do not choke.", status.swarm.unchoked);
  if (status.swarm.rarest_copies)
    text.gauge("rarest_piece_copies", "Copies of the rarest piece, here and at neighbors.",
               *status.swarm.rarest_copies);
  return text.take();
}

}  // namespace p2p
