#include "peer/report/progress_line.hpp"

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
  char text[64];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::size_t terminal_width() {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

}  // namespace

void RecentRate::sample(std::uint64_t bytes, Instant now) {
  samples_.emplace_back(now, bytes);
  while (samples_.size() > 2 && now - samples_.front().first > kRateWindow) samples_.pop_front();
}

double RecentRate::bytes_per_s() const {
  if (samples_.size() < 2) return 0;
  const auto [from, bytes_before] = samples_.front();
  const auto [to, bytes_after] = samples_.back();
  return to > from && bytes_after > bytes_before ? static_cast<double>(bytes_after - bytes_before) / seconds(to - from) : 0;
}

ProgressLine::ProgressLine(ProgressMode mode) : mode_(mode), colour_(::isatty(STDERR_FILENO) == 1), started_(now()) {
  if (mode_ == ProgressMode::automatic) mode_ = ::isatty(STDERR_FILENO) == 1 ? ProgressMode::bar : ProgressMode::plain;
  // By the convention of no-color.org: set and not empty.
  if (const char* no_color = std::getenv("NO_COLOR"); no_color && *no_color) colour_ = false;
}

void ProgressLine::draw_bar(std::uint64_t done, std::uint64_t total, std::string text) const {
  constexpr std::size_t kWidth = 20;
  constexpr std::size_t kFrame = kWidth + 3;  // brackets and a blank
  const auto filled = static_cast<std::size_t>(static_cast<double>(done) / static_cast<double>(total) * kWidth);
  std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
  if (colour_) bar = "\x1b[32m" + bar + "\x1b[0m";
  // A line that wraps could not be redrawn in place.
  if (const std::size_t width = terminal_width(); text.size() + kFrame > width) text.resize(width > kFrame ? width - kFrame : 0);
  std::fprintf(stderr, "\r\x1b[K[%s] %s", bar.c_str(), text.c_str());
  std::fflush(stderr);
  bar_drawn();
}

void ProgressLine::show(std::uint64_t done, std::uint64_t total, const std::string& text) {
  const Instant time = now();
  if (mode_ == ProgressMode::bar) {
    draw_bar(done, total, text);
  } else if (mode_ == ProgressMode::plain && time >= next_plain_) {
    // The first line only after a while: a short run needs no more than its last line.
    if (next_plain_ != Instant{}) std::fprintf(stderr, "%s\n", text.c_str());
    next_plain_ = time + kPlainInterval;
  }
}

void ProgressLine::clear() { clear_bar(); }

void ProgressLine::finish(const std::string& text) {
  if (mode_ == ProgressMode::none) return;
  clear();
  std::fprintf(stderr, "%s\n", text.c_str());
}

double ProgressLine::elapsed_s() const { return seconds(now() - started_); }

std::string megabytes(double bytes) { return formatted("%.1f MB", bytes / 1e6); }

std::string time_left(double bytes_left, double bytes_per_s) {
  const double s = bytes_per_s > 0 ? bytes_left / bytes_per_s : 1e9;
  if (s >= 100 * 3600) return "--:--";
  const int total = static_cast<int>(s + 0.5);
  return total >= 3600 ? formatted("%d:%02d:%02d", total / 3600, total / 60 % 60, total % 60) : formatted("%d:%02d", total / 60, total % 60);
}

}  // namespace p2p
