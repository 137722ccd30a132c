#include "peer/report/progress.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "peer/clock.hpp"
#include "peer/report/terminal.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPlainInterval = 3s;
constexpr Duration kRateWindow = 3s;

std::string formatted(const char* format, auto... values) {
  char text[96];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string megabytes(double bytes) { return formatted("%.1f MB", bytes / 1e6); }

std::string clock_time(double s) {
  if (s >= 100 * 3600) return "--:--";
  const int total = static_cast<int>(s + 0.5);
  return total >= 3600 ? formatted("%d:%02d:%02d", total / 3600, total / 60 % 60, total % 60) : formatted("%d:%02d", total / 60, total % 60);
}

}  // namespace

Progress::Progress(ProgressMode mode, const Geometry& geometry)
    : mode_(mode), geometry_(geometry), colour_(::isatty(STDERR_FILENO) == 1), started_(now()) {
  if (mode_ == ProgressMode::automatic) mode_ = ::isatty(STDERR_FILENO) == 1 ? ProgressMode::bar : ProgressMode::plain;
  // By the convention of no-color.org: set and not empty.
  if (const char* no_color = std::getenv("NO_COLOR"); no_color && *no_color) colour_ = false;
}

void Progress::sample(const Status& status, Instant now) {
  const bool complete = status.stored == geometry_.piece_count();
  samples_.emplace_back(now, complete ? status.sent_bytes : status.received_bytes);
  while (samples_.size() > 2 && now - samples_.front().first > kRateWindow) samples_.pop_front();
}

double Progress::rate() const {
  const double elapsed = seconds(samples_.back().first - samples_.front().first);
  return elapsed > 0 && samples_.back().second > samples_.front().second ? static_cast<double>(samples_.back().second - samples_.front().second) / elapsed : 0;
}

std::string Progress::describe(const Status& status) const {
  const double bytes_per_s = rate();
  const bool complete = status.stored == geometry_.piece_count();
  const double left = static_cast<double>(geometry_.piece_count() - status.stored) * geometry_.piece_size();
  std::string text = formatted("%5.1f%%  %u/%u pieces  ", 100.0 * status.stored / geometry_.piece_count(), status.stored, geometry_.piece_count());
  text += (complete ? "up " : "down ") + megabytes(bytes_per_s) + "/s";
  if (!complete) text += "  ETA " + (bytes_per_s > 0 ? clock_time(left / bytes_per_s) : "--:--");
  return text + formatted("  peers %u/%u, %u unchoke us", status.linked, status.listed, status.unchoking_us);
}

std::string Progress::bar(std::uint32_t stored) const {
  constexpr std::uint32_t kWidth = 20;
  const auto filled = static_cast<std::size_t>(std::uint64_t{kWidth} * stored / geometry_.piece_count());
  const std::string text = std::string(filled, '#') + std::string(kWidth - filled, '.');
  return colour_ ? "\x1b[32m" + text + "\x1b[0m" : text;
}

void Progress::show(const Status& status) {
  const Instant time = now();
  sample(status, time);
  if (mode_ == ProgressMode::bar) {
    std::fprintf(stderr, "\r\x1b[K[%s] %s", bar(status.stored).c_str(), describe(status).c_str());
    std::fflush(stderr);
    bar_drawn();
  } else if (mode_ == ProgressMode::plain && time >= next_plain_) {
    // The first line only after a while: a short run needs no more than its last line.
    if (next_plain_ != Instant{}) std::fprintf(stderr, "%s\n", describe(status).c_str());
    next_plain_ = time + kPlainInterval;
  }
}

void Progress::clear() { clear_bar(); }

void Progress::finish(const Status& status) {
  if (mode_ == ProgressMode::none) return;
  clear();
  const double elapsed = seconds(now() - started_);
  std::fprintf(stderr, "%s: %u/%u pieces after %.1f s, received %s, sent %s\n",
               status.stored == geometry_.piece_count() ? "complete" : "incomplete", status.stored, geometry_.piece_count(), elapsed,
               megabytes(static_cast<double>(status.received_bytes)).c_str(), megabytes(static_cast<double>(status.sent_bytes)).c_str());
}

}  // namespace p2p
