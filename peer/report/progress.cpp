#include "peer/report/progress.hpp"

#include <cstdio>

#include "peer/ground/clock.hpp"

namespace p2p {
namespace {

std::string formatted(const char* format, auto... values) {
  char text[160];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

}  // namespace

Progress::Progress(ProgressMode mode, const Geometry& geometry, const char* several)
    : line_(mode), geometry_(geometry), several_(several) {}

void Progress::sample(const Status& status, Instant now) {
  const bool complete = status.stored == geometry_.piece_count();
  // Other things are counted when the file becomes complete; for a moment there is no rate.
  rate_.sample(complete ? status.sent_bytes : status.received_bytes, now);
}

std::string Progress::describe(const Status& status) const {
  const double bytes_per_s = rate_.bytes_per_s();
  const bool complete = status.stored == geometry_.piece_count();
  const double left = static_cast<double>(geometry_.piece_count() - status.stored) * geometry_.piece_size();
  std::string text = formatted("%5.1f%%  %u/%u %s  ", 100.0 * status.stored / geometry_.piece_count(), status.stored,
                               geometry_.piece_count(), several_);
  text += (complete ? "up " : "down ") + megabytes(bytes_per_s) + "/s";
  if (!complete) text += "  ETA " + time_left(left, bytes_per_s);
  text += formatted("  peers %u/%u, %u unchoke us", status.linked, status.listed, status.unchoking_us);
  if (!status.trust.empty()) text += "  " + status.trust;
  return text;
}

void Progress::show(const Status& status) {
  sample(status, now());
  line_.show(status.stored, geometry_.piece_count(), describe(status), status.stuck);
}

void Progress::clear() { line_.clear(); }

void Progress::finish(const Status& status) {
  const std::string received = megabytes(static_cast<double>(status.received_bytes));
  const std::string sent = megabytes(static_cast<double>(status.sent_bytes));
  line_.finish(formatted("%s: %u/%u %s after %.1f s, received %s, sent %s",
                         status.stored == geometry_.piece_count() ? "complete" : "incomplete", status.stored,
                         geometry_.piece_count(), several_, line_.elapsed_s(), received.c_str(), sent.c_str()) +
               (status.trust.empty() ? "" : ", " + status.trust));
}

}  // namespace p2p
