// The life of a process, whatever it does: signals, time-out, a tick for whoever shows progress, the farewell, and the
// exit code.
//
// A process does one thing after the other (it waits for a manifest, then it exchanges), and each says what its end is
// like (Doing). It ends once: the first reason decides the exit code, the farewell may take its time, and a second
// signal ends it at once. A remote that closes, and a file that may not grow, give an error code and no signal.
// SIGHUP has it read its configuration anew, where there is some. A service manager is told of all of it.
//
// Everything on the network thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "peer/ground/exit_code.hpp"
#include "peer/net/asio.hpp"
#include "peer/node/service.hpp"
#include "peer/node/tether.hpp"
#include "protocol/clock.hpp"

namespace p2p {

class Life {
 public:
  /// How the work that the process does now ends.
  struct Doing {
    /// Ends what is under way and calls `gone` once, within seconds. Null: there is nothing to end.
    std::function<void(ExitCode code, std::function<void()> gone)> farewell = {};
    /// The exit code after a signal. Null: it is interrupted.
    std::function<ExitCode()> on_signal = {};
    /// At the time-out: what is missing, as the end of a sentence.
    std::function<std::string()> missing = {};
    /// After a SIGHUP, when all of on_reload() have been called. May be null.
    std::function<void()> reloaded = {};
  };

  /// Takes over SIGINT and SIGTERM, ignores SIGPIPE and SIGXFSZ, and takes as many descriptors as the process may have.
  /// One a process; `io` outlives it.
  explicit Life(asio::io_context& io);

  void set_doing(Doing doing) { doing_ = std::move(doing); }
  /// Leaves with ExitCode::timeout then.
  void end_at(std::optional<Instant> deadline);
  /// Leaves as after a signal when stdin has ended, or when nothing has come from it for so long. Throws ExitError
  /// (usage).
  void end_with_stdin(std::chrono::seconds silence);
  /// From now on SIGHUP does not end the process, but has this called, and all that were given before. When it comes
  /// because the terminal of the process is gone, and would have ended it, it still does.
  void on_reload(std::function<void()> reload);

  /// The process does what it was started for: it listens, and knows its configuration. The first run_on() says so,
  /// too.
  void ready() { service_.ready(); }
  Service& service() { return service_; }

  /// Calls `tick` now and again after each interval, until the process leaves.
  void every(std::chrono::milliseconds interval, std::function<void()> tick);

  /// The first call decides, also among fail()'s.
  void leave(ExitCode code);
  /// Leaves, and lets run() throw this.
  void fail(const ExitError& error);
  /// We left for something that turns out to be untrue: the code becomes this one, unless it tells of an interruption
  /// or a failure.
  void amend(ExitCode code);
  bool leaving() const { return leaving_; }

  /// The work that the process does now is over, and other work follows: run_on() returns. Nothing while it leaves.
  void next();

  /// Runs the io_context until the farewell is over: the code; or until next(): none. Errors of the system and of
  /// stores that come out of it are fail()'s, and count also when they keep a process from leaving as complete. Throws
  /// what the process failed with. What else is thrown comes out as it is; then it may be called again. After the end
  /// signals do what they did before there was a life.
  std::optional<ExitCode> run_on();
  /// The same where nothing follows.
  ExitCode run() { return run_on().value_or(ExitCode::unexpected); }

 private:
  void wait_for_signal();
  void wait_for_hangup();
  void on_hangup();
  void be_interrupted();
  void break_down(const ExitError& error);
  void run_tick(std::chrono::milliseconds interval, const std::function<void()>& tick);

  asio::io_context& io_;
  Doing doing_;
  Service service_;
  asio::signal_set signals_;
  asio::signal_set hangups_;
  std::vector<std::function<void()>> reloads_;
  bool hangs_on_terminal_ = false;  ///< The end of its terminal would end the process.
  asio::steady_timer timeout_;
  asio::steady_timer tick_;
  std::optional<Tether> tether_;
  bool leaving_ = false;
  ExitCode code_ = ExitCode::unexpected;
  std::optional<ExitError> failure_;
};

}  // namespace p2p
