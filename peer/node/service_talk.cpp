#include "peer/node/service_talk.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace p2p {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0 ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string ServiceTalk::ready() { return std::exchange(ready_, true) || stopping_ ? "" : "READY=1"; }

std::string ServiceTalk::status(std::string_view text, Instant now) {
  if (!ready_ || stopping_ || text == told_ || (told_at_ != Instant::min() && now - told_at_ < kQuiet)) return {};
  told_ = text;
  told_at_ = now;
  // A line break would begin another assignment.
  std::string line = "STATUS=" + told_;
  std::ranges::replace_if(
      line, [](char c) { return c >= 0 && c < ' '; }, ' ');
  return line;
}

std::string ServiceTalk::reloading(Instant now) const {
  if (!ready_ || stopping_) return {};
  const auto usec = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  return "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(usec);
}

std::string ServiceTalk::reloaded() const { return ready_ && !stopping_ ? "READY=1" : ""; }

std::string ServiceTalk::stopping() { return std::exchange(stopping_, true) ? "" : "STOPPING=1"; }

std::optional<Duration> ServiceTalk::interval() const {
  return watchdog_ ? std::optional(*watchdog_ / 2) : std::nullopt;
}

std::optional<Duration> watchdog_of(const char* usec, const char* pid, long own_pid) {
  if (!usec || (pid && number(pid) != own_pid)) return std::nullopt;
  // Ten years are for ever; more could not be counted.
  constexpr std::int64_t kMost_us = 10LL * 365 * 86'400 * 1'000'000;
  const auto value = number(usec);
  if (!value) return std::nullopt;
  return std::chrono::microseconds(std::min(*value, kMost_us));
}

}  // namespace p2p
