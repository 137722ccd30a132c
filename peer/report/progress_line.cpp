#include "peer/report/progress_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "config/characters.hpp"
#include "config/text.hpp"
#include "peer/ground/clock.hpp"
#include "peer/report/terminal.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBar = 20;
constexpr std::size_t kSmallestBar = 6;
constexpr std::size_t kFrame = 3;  // brackets and a blank
constexpr std::string_view kGap = "  ";

constexpr Duration kFirstPlain = 1s;
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

/// Whether stderr is a terminal that can do more than print lines.
bool can_redraw() {
  const char* const term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && term && *term && std::string_view(term) != "dumb";
}

/// `text` in lines of at most `width` columns, cut at blanks where that is possible; at most three, the last one cut.
std::vector<std::string> folded(std::string_view text, std::size_t width) {
  constexpr std::size_t kMostLines = 3;
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < kMostLines) {
    std::string_view line = config::first_columns(text, width);
    if (line.empty()) break;
    const std::size_t blank = line.size() < text.size() && lines.size() + 1 < kMostLines ? text.rfind(' ', line.size())
                                                                                         : std::string_view::npos;
    if (blank != std::string_view::npos && blank > 0) line = line.substr(0, blank);
    text.remove_prefix(line.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    lines.emplace_back(line);
  }
  return lines;
}

}  // namespace

void RecentRate::sample(std::uint64_t bytes, Instant now) {
  if (!samples_.empty() && bytes < samples_.back().second) samples_.clear();
  samples_.emplace_back(now, bytes);
  while (samples_.size() > 2 && now - samples_.front().first > kRateWindow) samples_.pop_front();
}

double RecentRate::bytes_per_s() const {
  if (samples_.size() < 2) return 0;
  const auto [from, bytes_before] = samples_.front();
  const auto [to, bytes_after] = samples_.back();
  return to > from ? static_cast<double>(bytes_after - bytes_before) / seconds(to - from) : 0;
}

ProgressLine::ProgressLine(ProgressMode mode) : mode_(mode), colour_(can_redraw()), started_(now()) {
  if (mode_ == ProgressMode::automatic) mode_ = can_redraw() ? ProgressMode::bar : ProgressMode::plain;
  // By the convention of no-color.org: set and not empty.
  if (const char* no_color = std::getenv("NO_COLOR"); no_color && *no_color) colour_ = false;
}

std::vector<std::string> bar_lines(double share, const std::string& text, const std::string& stuck, std::size_t width) {
  const std::size_t text_columns = config::columns(text);
  const auto with_bar = [&](std::size_t room) {
    const std::size_t left = room > text_columns + kFrame ? std::min(kBar, room - text_columns - kFrame) : 0;
    if (left < kSmallestBar) return std::string(config::first_columns(text, room));
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(left));
    return '[' + std::string(filled, '#') + std::string(left - filled, '.') + "] " + text;
  };
  if (stuck.empty()) return {with_bar(width)};
  const std::size_t reason = config::columns(stuck) + kGap.size();
  if (text_columns + reason <= width) return {with_bar(width - reason).append(kGap).append(stuck)};
  std::vector<std::string> lines = folded(stuck, width);
  lines.push_back(with_bar(width));
  return lines;
}

void ProgressLine::draw_bar(double share, const std::string& text, const std::string& stuck) const {
  // A line that wraps could not be redrawn in place, and some terminals wrap when the last column is taken.
  const std::vector<std::string> lines = bar_lines(share, text, stuck, std::max<std::size_t>(terminal_width(), 2) - 1);
  clear_bar();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    const std::size_t end = colour_ && line.starts_with('[') ? line.find(']') : 0;
    const std::string bar = end > 0 ? "[\x1b[32m" + line.substr(1, end - 1) + "\x1b[0m" : "";
    std::fprintf(stderr, "%s%s%s", i == 0 ? "" : "\n", bar.c_str(), line.c_str() + end);
  }
  std::fflush(stderr);
  bar_drawn(lines.size());
}

void ProgressLine::show(std::uint64_t done, std::uint64_t total, const std::string& text, const std::string& stuck) {
  const Instant time = now();
  if (mode_ == ProgressMode::bar) {
    draw_bar(static_cast<double>(done) / static_cast<double>(total), config::printable(text), config::printable(stuck));
  } else if (mode_ == ProgressMode::plain && next_plain_ == Instant{}) {
    // The first line only after a while: a short run needs no more than its last line.
    next_plain_ = time + kFirstPlain;
  } else if (mode_ == ProgressMode::plain && time >= next_plain_) {
    const std::string line = stuck.empty() ? text : text + std::string(kGap) + stuck;
    std::fprintf(stderr, "%s\n", config::printable(line).c_str());
    next_plain_ = time + kPlainInterval;
  }
}

void ProgressLine::clear() { clear_bar(); }

void ProgressLine::finish(const std::string& text) {
  if (mode_ == ProgressMode::none) return;
  clear();
  std::fprintf(stderr, "%s\n", config::printable(text).c_str());
}

double ProgressLine::elapsed_s() const { return seconds(now() - started_); }

std::string megabytes(double bytes) { return formatted("%.1f MB", bytes / 1e6); }

std::string time_left(double bytes_left, double bytes_per_s) {
  const double s = bytes_per_s > 0 ? bytes_left / bytes_per_s : 1e9;
  if (s >= 100 * 3600) return "--:--";
  const int total = static_cast<int>(s + 0.5);
  return total >= 3600 ? formatted("%d:%02d:%02d", total / 3600, total / 60 % 60, total % 60)
                       : formatted("%d:%02d", total / 60, total % 60);
}

}  // namespace p2p
