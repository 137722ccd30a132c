// The start of a process, in processes of its own: it says what it does, and can be ended.
#include "peer/node/start_watch.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "peer/ground/clock.hpp"
#include "peer/ground/exit_code.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

/// A process that does `act`, with its stderr; `on_text` is called with all that it has said so far whenever it says
/// more.
struct Child {
  int exit_code = -1;
  std::string text;
};

Child run(
    const std::function<void()>& act,
    const std::function<void(pid_t, const std::string&)>& on_text = [](pid_t, const std::string&) {}) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    act();
    ::_exit(99);
  }
  ::close(ends[1]);
  Child done;
  char block[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], block, sizeof block)) > 0;) {
    done.text.append(block, static_cast<std::size_t>(n));
    on_text(child, done.text);
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  done.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return done;
}

[[noreturn]] void never_get_ready() {
  for (;;) ::pause();
}

TEST_CASE("while a start lasts it gives signs of life", "[start]") {
  std::atomic<int> beats = 0;
  const StartWatch watch({.what = "hashing",
                          .progress = ProgressMode::none,
                          .deadline = {},
                          .heartbeat = Service::Heartbeat{[&] { ++beats; }, 1ms}});
  while (beats < 5) std::this_thread::yield();
}

TEST_CASE("a start that takes long says what it does, and a signal ends it", "[start]") {
  for (const int number : {SIGINT, SIGTERM}) {
    const Child child = run(
        [] {
          const StartWatch watch({.what = "preparing 5 pieces of a\xc2\x9b", .progress = ProgressMode::plain});
          never_get_ready();
        },
        [number](pid_t pid, const std::string& text) {
          if (text.ends_with('\n')) ::kill(pid, number);
        });
    CHECK(child.exit_code == static_cast<int>(ExitCode::interrupted));
    CHECK(child.text == "peerProcess: preparing 5 pieces of a\\xc2\\x9b\n");
  }
}

TEST_CASE("the time-out ends a start, and says what it was at", "[start]") {
  const Child child = run([] {
    const StartWatch watch({.what = "preparing", .progress = ProgressMode::none, .deadline = now() + 1ms});
    never_get_ready();
  });
  CHECK(child.exit_code == static_cast<int>(ExitCode::timeout));
  CHECK(child.text == "peerProcess: time-out: still preparing\n");
}

TEST_CASE("after a start signals do what they did before", "[start]") {
  const Child given_back = run([] {
    std::signal(SIGTERM, [](int) { ::_exit(50); });
    { const StartWatch watch({.what = "preparing"}); }
    ::raise(SIGTERM);
  });
  CHECK(given_back.exit_code == 50);
  const Child taken_over = run([] {
    {
      const StartWatch watch({.what = "preparing"});
      std::signal(SIGTERM, [](int) { ::_exit(51); });
    }
    ::raise(SIGTERM);
  });
  CHECK(taken_over.exit_code == 51);
}

TEST_CASE("what is shown is passed on, also when the start is over", "[start]") {
  std::uint64_t shown = 0;
  OnScan show;
  {
    const StartWatch watch({.what = "preparing", .progress = ProgressMode::none});
    show = watch.noting([&shown](const ScanProgress& scan) { shown = scan.done_bytes; });
  }
  show({7, 9});
  CHECK(shown == 7);
}

}  // namespace
}  // namespace p2p
