// The time in which a process makes itself ready: long calls on the main thread, before or between the turns of its
// loop.
//
// While it lasts the process says what it does, and a signal or the time-out ends it at once. That is safe because a
// process may be killed between any two system calls, and what is on disk then is what the next start goes on from.
#pragma once

#include <csignal>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "peer/node/service.hpp"
#include "peer/report/progress_line.hpp"
#include "peer/storage/scan.hpp"
#include "protocol/clock.hpp"

namespace p2p {

class StartWatch {
 public:
  struct Options {
    std::string what;  ///< What is being done, such as "preparing 5 pieces of X".
    ProgressMode progress = ProgressMode::automatic;
    std::optional<Instant> deadline = {};  ///< --timeout.
    std::optional<Service::Heartbeat> heartbeat = {};
  };

  /// From here on SIGINT and SIGTERM end the process with ExitCode::interrupted, the deadline with ExitCode::timeout.
  /// A service manager gets signs of life. Once nothing has been shown for a second, `what` goes to stderr, if progress
  /// is wanted. One at a time.
  explicit StartWatch(Options options);
  /// Signals do what they did before, unless somebody else has taken them over meanwhile.
  ~StartWatch();
  StartWatch(const StartWatch&) = delete;
  StartWatch& operator=(const StartWatch&) = delete;

  /// `show`, which shows something whenever it is called. May outlive this.
  OnScan noting(OnScan show) const;

 private:
  void wait();

  Options options_;
  struct sigaction old_int_ {};
  struct sigaction old_term_ {};
  std::shared_ptr<std::atomic<Instant>> shown_;  ///< When something was last shown, or the start.
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace p2p
