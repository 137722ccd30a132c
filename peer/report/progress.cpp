#include "peer/report/progress.hpp"

#include <sys/ioctl.h>
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

std::size_t terminal_width() {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
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
  if (samples_.size() < 2) return 0;
  const auto [from, bytes_before] = samples_.front();
  const auto [to, bytes_after] = samples_.back();
  // What is counted changes when the file becomes complete; for a moment there is no rate.
  return to > from && bytes_after > bytes_before ? static_cast<double>(bytes_after - bytes_before) / seconds(to - from) : 0;
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

void Progress::draw_bar(const Status& status) const {
  constexpr std::uint32_t kWidth = 20;
  constexpr std::size_t kFrame = kWidth + 3;  // brackets and a blank
  const auto filled = static_cast<std::size_t>(std::uint64_t{kWidth} * status.stored / geometry_.piece_count());
  std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
  if (colour_) bar = "\x1b[32m" + bar + "\x1b[0m";
  // A line that wraps could not be redrawn in place.
  std::string text = describe(status);
  if (const std::size_t width = terminal_width(); text.size() + kFrame > width) text.resize(width > kFrame ? width - kFrame : 0);
  std::fprintf(stderr, "\r\x1b[K[%s] %s", bar.c_str(), text.c_str());
  std::fflush(stderr);
  bar_drawn();
}

void Progress::show(const Status& status) {
  const Instant time = now();
  sample(status, time);
  if (mode_ == ProgressMode::bar) {
    draw_bar(status);
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
