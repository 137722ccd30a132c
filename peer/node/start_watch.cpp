#include "peer/node/start_watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "config/text.hpp"
#include "peer/ground/clock.hpp"
#include "peer/ground/exit_code.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr Duration kQuiet = 1s;

void leave_at_once(int) { ::_exit(static_cast<int>(ExitCode::interrupted)); }

void give_back(int signal, const struct sigaction& old) {
  struct sigaction current {};
  ::sigaction(signal, nullptr, &current);
  if (current.sa_handler == leave_at_once) ::sigaction(signal, &old, nullptr);
}

}  // namespace

StartWatch::StartWatch(Options options)
    : options_(std::move(options)), shown_(std::make_shared<std::atomic<Instant>>(now())) {
  struct sigaction action {};
  action.sa_handler = leave_at_once;
  ::sigaction(SIGINT, &action, &old_int_);
  ::sigaction(SIGTERM, &action, &old_term_);
  thread_ = std::thread([this] { wait(); });
}

StartWatch::~StartWatch() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  ended_.notify_one();
  thread_.join();
  give_back(SIGINT, old_int_);
  give_back(SIGTERM, old_term_);
}

OnScan StartWatch::noting(OnScan show) const {
  return [shown = shown_, show = std::move(show)](const ScanProgress& progress) {
    *shown = now();
    show(progress);
  };
}

void StartWatch::wait() {
  // One write each: the main thread may write, too.
  const auto say = [this](const std::string& text) {
    std::fprintf(stderr, "peerProcess: %s\n", config::printable(text + options_.what).c_str());
  };
  Instant beat_at = options_.heartbeat ? now() : kNever;
  bool told = options_.progress == ProgressMode::none;
  std::unique_lock lock(mutex_);
  while (!over_) {
    const Instant tell_at = told ? kNever : shown_->load() + kQuiet;
    if (now() >= beat_at) {
      options_.heartbeat->beat();
      beat_at = now() + options_.heartbeat->interval;
    }
    const Instant next = std::min({tell_at, beat_at, options_.deadline.value_or(kNever)});
    if (next == kNever) {
      ended_.wait(lock, [this] { return over_; });
      return;
    }
    if (ended_.wait_until(lock, to_steady(next), [this] { return over_; })) return;
    if (options_.deadline && now() >= *options_.deadline) {
      say("time-out: still ");
      ::_exit(static_cast<int>(ExitCode::timeout));
    }
    if (told || now() < shown_->load() + kQuiet) continue;
    say("");
    told = true;
  }
}

}  // namespace p2p
