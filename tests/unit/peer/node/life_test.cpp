// A process's life: what ends it, what is done before, and which reason counts.
#include "peer/node/life.hpp"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include "peer/ground/clock.hpp"
#include "peer/storage/store_error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/listening.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/variable.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

struct Process {
  asio::io_context io{1};
  Life life{io};
  std::vector<ExitCode> farewells;

  Life::Doing doing() {
    return {.farewell = [this](ExitCode code, std::function<void()> gone) {
      farewells.push_back(code);
      asio::post(io, std::move(gone));
    }};
  }
  ExitError failure() {
    try {
      life.run();
    } catch (const ExitError& error) {
      return error;
    }
    return {ExitCode::unexpected, "nothing was thrown"};
  }
};

TEST_CASE("a process leaves once, with a farewell, and the first reason counts", "[life]") {
  Process process;
  process.life.set_doing(process.doing());
  asio::post(process.io, [&] {
    CHECK_FALSE(process.life.leaving());
    process.life.leave(ExitCode::complete);
    process.life.leave(ExitCode::timeout);
    process.life.fail({ExitCode::io, "too late"});
    CHECK(process.life.leaving());
  });
  CHECK(process.life.run() == ExitCode::complete);
  CHECK(process.farewells == std::vector{ExitCode::complete});
}

TEST_CASE("a signal interrupts, or means what is being done says", "[life]") {
  for (const int signal : {SIGINT, SIGTERM}) {
    Process process;
    asio::post(process.io, [signal] { std::raise(signal); });
    CHECK(process.life.run() == ExitCode::interrupted);
  }
  Process sharer;
  Life::Doing doing = sharer.doing();
  doing.on_signal = [] { return ExitCode::complete; };
  sharer.life.set_doing(doing);
  asio::post(sharer.io, [] { std::raise(SIGTERM); });
  CHECK(sharer.life.run() == ExitCode::complete);
  CHECK(sharer.farewells.size() == 1);
}

TEST_CASE("the time-out says what is missing, and does not come once the process leaves", "[life]") {
  Process process;
  Life::Doing doing = process.doing();
  doing.missing = [] { return "two pieces"; };
  process.life.set_doing(doing);
  process.life.end_at(now());
  const ExitError error = process.failure();
  CHECK(error.code() == ExitCode::timeout);
  CHECK(std::string(error.what()) == "time-out: two pieces");
  CHECK(process.farewells == std::vector{ExitCode::timeout});

  Process done;
  done.life.end_at(now() + 24h);
  done.life.leave(ExitCode::complete);
  CHECK(done.life.run() == ExitCode::complete);
}

TEST_CASE("errors of the system and of stores end it, with their codes", "[life]") {
  const auto code_of = [](auto thrown) {
    Process process;
    process.life.set_doing(process.doing());
    asio::post(process.io, [thrown] { throw thrown; });
    const ExitError error = process.failure();
    CHECK(process.farewells.size() == 1);
    return error.code();
  };
  CHECK(code_of(std::system_error(ENOSPC, std::system_category(), "write x")) == ExitCode::disk_full);
  CHECK(code_of(std::system_error(EIO, std::system_category(), "write x")) == ExitCode::io);
  CHECK(code_of(StoreError(StoreFault::mismatch, "x")) == ExitCode::content_mismatch);
  CHECK(code_of(ExitError(ExitCode::network, "x")) == ExitCode::network);
}

TEST_CASE("an error while a complete process leaves counts; one while it leaves for another reason does not",
          "[life]") {
  const auto broken_while_leaving_with = [](Process& process, ExitCode code) {
    process.life.set_doing({.farewell = [&](ExitCode, std::function<void()> gone) {
      asio::post(process.io, [] { throw std::system_error(ENOSPC, std::system_category(), "write x"); });
      asio::post(process.io, std::move(gone));
    }});
    process.life.leave(code);
  };
  Process complete;
  broken_while_leaving_with(complete, ExitCode::complete);
  CHECK(complete.failure().code() == ExitCode::disk_full);
  Process interrupted;
  broken_while_leaving_with(interrupted, ExitCode::interrupted);
  CHECK(interrupted.life.run() == ExitCode::interrupted);
}

TEST_CASE("a process does one thing after the other, and a signal means what the latest says", "[life]") {
  Process process;
  process.life.set_doing({.on_signal = [] { return ExitCode::network; }});
  asio::post(process.io, [&] { process.life.next(); });
  CHECK_FALSE(process.life.run_on());
  Life::Doing doing = process.doing();
  doing.on_signal = [] { return ExitCode::complete; };
  process.life.set_doing(doing);
  asio::post(process.io, [] { std::raise(SIGINT); });
  CHECK(process.life.run_on() == ExitCode::complete);
  CHECK(process.farewells.size() == 1);
}

TEST_CASE("a process that leaves has nothing next", "[life]") {
  Process process;
  process.life.set_doing(process.doing());
  asio::post(process.io, [&] {
    process.life.leave(ExitCode::timeout);
    process.life.next();
  });
  CHECK(process.life.run_on() == ExitCode::timeout);
}

TEST_CASE("SIGHUP has the configuration read anew, then what is being done go on from it", "[life]") {
  Process process;
  std::string order;
  process.life.on_reload([&] { order += "first "; });
  process.life.on_reload([&] { order += "second "; });
  Life::Doing doing = process.doing();
  doing.reloaded = [&] {
    order += "reloaded";
    process.life.leave(ExitCode::complete);
  };
  process.life.set_doing(doing);
  asio::post(process.io, [] { std::raise(SIGHUP); });
  CHECK(process.life.run() == ExitCode::complete);
  CHECK(order == "first second reloaded");
}

TEST_CASE("the end of its terminal ends a process, but not one that was told not to hear of it", "[life]") {
  for (const bool nohup : {false, true}) {
    CAPTURE(nohup);
    int master = -1;
    const pid_t child = ::forkpty(&master, nullptr, nullptr, nullptr);
    REQUIRE(child >= 0);
    if (child == 0) {
      std::signal(SIGHUP, nohup ? SIG_IGN : SIG_DFL);
      Process process;
      process.life.on_reload([&] { process.life.leave(ExitCode::complete); });
      asio::post(process.io, [] { (void)!::write(STDOUT_FILENO, "x", 1); });
      ::_exit(static_cast<int>(process.life.run()));
    }
    char ready = 0;
    CHECK(::read(master, &ready, 1) == 1);
    ::close(master);  // the kernel sends SIGHUP
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == static_cast<int>(nohup ? ExitCode::complete : ExitCode::interrupted));
  }
}

TEST_CASE("a service manager hears of a process's whole life, and its children speak to nobody", "[life]") {
  const test::TempDir dir;
  const test::Listening manager((dir / "notify").string());
  const test::Variable place("NOTIFY_SOCKET", (dir / "notify").c_str());
  const test::Variable watchdog("WATCHDOG_USEC", "3600000000");
  Process process;
  CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
  CHECK(std::getenv("WATCHDOG_USEC") == nullptr);
  CHECK(manager.hears() == "WATCHDOG=1");
  process.life.on_reload([&] { CHECK(manager.hears().starts_with("RELOADING=1\nMONOTONIC_USEC=")); });
  process.life.set_doing({.reloaded = [&] { process.life.leave(ExitCode::complete); }});
  asio::post(process.io, [&] {
    CHECK(manager.hears() == "READY=1");
    process.life.service().status("half of it");
    CHECK(manager.hears() == "STATUS=half of it");
    std::raise(SIGHUP);
  });
  CHECK(process.life.run() == ExitCode::complete);
  CHECK(manager.hears() == "STOPPING=1");
  CHECK(manager.hears().empty());
}

TEST_CASE("signs of life go on while the loop turns", "[life]") {
  const test::TempDir dir;
  const test::Listening manager((dir / "notify").string());
  const test::Variable place("NOTIFY_SOCKET", (dir / "notify").c_str());
  const test::Variable watchdog("WATCHDOG_USEC", "2000");
  Process process;
  int signs = 0;
  process.life.every(1ms, [&] {
    signs += manager.hears() == "WATCHDOG=1";
    if (signs == 5) process.life.leave(ExitCode::complete);
  });
  CHECK(process.life.run() == ExitCode::complete);
}

TEST_CASE("after the end signals do what they did before", "[life]") {
  Process process;
  process.life.leave(ExitCode::complete);
  process.life.run();
  struct sigaction action {};
  ::sigaction(SIGTERM, nullptr, &action);
  CHECK(action.sa_handler == SIG_DFL);
}

TEST_CASE("another exception comes out, and the life goes on", "[life]") {
  Process process;
  asio::post(process.io, [] { throw std::runtime_error("ours"); });
  asio::post(process.io, [&] { process.life.leave(ExitCode::complete); });
  CHECK_THROWS_WITH(process.life.run(), "ours");
  CHECK(process.life.run() == ExitCode::complete);
}

TEST_CASE("ticks come at once and again, and end with the life", "[life]") {
  Process process;
  int ticks = 0;
  process.life.every(1ms, [&] {
    if (++ticks == 3) process.life.leave(ExitCode::complete);
  });
  CHECK(ticks == 1);
  CHECK(process.life.run() == ExitCode::complete);
  CHECK(ticks == 3);
}

}  // namespace
}  // namespace p2p
