// What a process tells the service manager that started it, and when: sd_notify(3), the protocol of systemd.
//
// Pure: time is a parameter; each call returns the message to send, empty when there is nothing to say. Absent: the
// socket (peer/net/notify_socket), and what the status says.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/clock.hpp"

namespace p2p {

/// Invariants: nothing but signs of life is said before ready(), and no status after stopping(). A status is one line,
/// is said when it has changed, and at most once in kQuiet.
class ServiceTalk {
 public:
  static constexpr Duration kQuiet = std::chrono::seconds(1);

  /// `watchdog`: how long we may give no sign of life; none: nobody waits for one.
  explicit ServiceTalk(std::optional<Duration> watchdog) : watchdog_(watchdog) {}

  /// The process does from now on what it was started for. Once.
  std::string ready();
  std::string status(std::string_view text, Instant now);
  /// What is configured is being read anew, and has been. `now` counts from the origin of CLOCK_MONOTONIC.
  std::string reloading(Instant now) const;
  std::string reloaded() const;
  /// Once.
  std::string stopping();

  /// How often alive() is to be said: twice within the watchdog's time; none: never.
  std::optional<Duration> interval() const;
  static std::string alive() { return "WATCHDOG=1"; }

 private:
  std::optional<Duration> watchdog_;
  bool ready_ = false;
  bool stopping_ = false;
  std::string told_;
  Instant told_at_ = Instant::min();
};

/// The watchdog's time by the variables WATCHDOG_USEC and WATCHDOG_PID (null: they are not there), for the process
/// `pid`.
std::optional<Duration> watchdog_of(const char* usec, const char* pid, long own_pid);

}  // namespace p2p
