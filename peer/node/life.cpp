#include "peer/node/life.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <system_error>
#include <utility>

#include "config/text.hpp"
#include "peer/ground/clock.hpp"
#include "peer/net/descriptors.hpp"
#include "peer/node/exit_error.hpp"
#include "peer/storage/file.hpp"

namespace p2p {
namespace {

bool has_terminal() {
  const int terminal = ::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (terminal >= 0) ::close(terminal);
  return terminal >= 0;
}

bool is_ignored(int signal) {
  struct sigaction current {};
  return ::sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

}  // namespace

Life::Life(asio::io_context& io)
    : io_(io), service_(io), signals_(io, SIGINT, SIGTERM), hangups_(io), timeout_(io), tick_(io) {
  raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  wait_for_signal();
}

void Life::wait_for_signal() {
  signals_.async_wait([this](const std::error_code& error, int signal) {
    if (error) return;
    spdlog::warn("signal {}: leaving", signal);
    signals_.async_wait([](const std::error_code& again, int) {
      if (!again) ::_exit(static_cast<int>(ExitCode::interrupted));
    });
    be_interrupted();
  });
}

void Life::be_interrupted() { leave(doing_.on_signal ? doing_.on_signal() : ExitCode::interrupted); }

void Life::end_with_stdin(std::chrono::seconds silence) {
  tether_.emplace(io_, STDIN_FILENO, silence, [this](const std::string& why) {
    spdlog::warn("{}: leaving", why);
    be_interrupted();
  });
}

void Life::on_reload(std::function<void()> reload) {
  if (reloads_.empty()) {
    hangs_on_terminal_ = !is_ignored(SIGHUP) && has_terminal();  // ignored: nohup
    hangups_.add(SIGHUP);
    wait_for_hangup();
  }
  reloads_.push_back(std::move(reload));
}

void Life::wait_for_hangup() {
  hangups_.async_wait([this](const std::error_code& error, int) {
    if (error) return;
    wait_for_hangup();
    on_hangup();
  });
}

void Life::on_hangup() {
  if (leaving_) return;
  if (hangs_on_terminal_ && !has_terminal()) {
    spdlog::warn("the terminal is gone: leaving");
    return be_interrupted();
  }
  spdlog::info("SIGHUP: reading the configuration anew");
  service_.reload([this] {
    for (const auto& reload : reloads_) reload();
    if (doing_.reloaded) doing_.reloaded();
  });
}

void Life::end_at(std::optional<Instant> deadline) {
  timeout_.cancel();
  if (!deadline) return;
  timeout_.expires_at(to_steady(*deadline));
  timeout_.async_wait([this](const std::error_code& error) {
    if (error) return;
    fail(ExitError(ExitCode::timeout, "time-out: " + (doing_.missing ? doing_.missing() : "not done yet")));
  });
}

void Life::every(std::chrono::milliseconds interval, std::function<void()> tick) { run_tick(interval, tick); }

void Life::run_tick(std::chrono::milliseconds interval, const std::function<void()>& tick) {
  if (leaving_) return;
  tick();
  tick_.expires_after(interval);
  tick_.async_wait([this, interval, tick](const std::error_code& error) {
    if (!error) run_tick(interval, tick);
  });
}

void Life::leave(ExitCode code) {
  if (std::exchange(leaving_, true)) return;
  code_ = code;
  service_.stopping();
  timeout_.cancel();
  tick_.cancel();
  if (doing_.farewell)
    doing_.farewell(code, [this] { io_.stop(); });
  else
    io_.stop();
}

void Life::amend(ExitCode code) {
  if (leaving_ && !failure_ && code_ != ExitCode::interrupted) code_ = code;
}

void Life::fail(const ExitError& error) {
  if (!leaving_) failure_ = error;
  leave(error.code());
}

void Life::next() {
  if (!leaving_) io_.stop();
}

/// A process that leaves as complete, and cannot write its last lines, is not complete.
void Life::break_down(const ExitError& error) {
  if (leaving_ && code_ == ExitCode::complete && !failure_) failure_ = error;
  fail(error);
}

std::optional<ExitCode> Life::run_on() {
  service_.ready();
  for (bool over = false; !over;) {
    try {
      io_.run();
      over = true;
    } catch (const ExitError& error) {
      break_down(error);
    } catch (const StoreError& error) {
      break_down(ExitError(exit_code(error.fault()), error.what()));
    } catch (const std::system_error& error) {
      break_down(
          ExitError(is_disk_full(error.code()) ? ExitCode::disk_full : ExitCode::io, config::printable(error.what())));
    }
  }
  io_.restart();
  if (!leaving_) return std::nullopt;
  signals_.clear();
  hangups_.clear();
  if (failure_) throw *std::exchange(failure_, std::nullopt);
  return code_;
}

}  // namespace p2p
