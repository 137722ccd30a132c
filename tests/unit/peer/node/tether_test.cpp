// A process notices that whoever started it is gone.
#include "peer/node/tether.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "peer/ground/exit_code.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    close_writer();
    ::close(ends[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void close_writer() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }

  std::array<int, 2> ends{-1, -1};
};

TEST_CASE("the end of what it reads is told once, whatever came before", "[life]") {
  Pipe pipe;
  REQUIRE(::write(pipe.ends[1], "beat\nbeat\n", 10) == 10);
  pipe.close_writer();
  asio::io_context io;
  std::vector<std::string> reasons;
  const Tether tether(io, pipe.ends[0], 1h, [&](const std::string& why) { reasons.push_back(why); });
  io.run();
  CHECK(reasons == std::vector<std::string>{"stdin has ended"});
}

TEST_CASE("silence is told, and a beat begins the time anew", "[life]") {
  Pipe pipe;
  asio::io_context io;
  std::string reason;
  const Tether tether(io, pipe.ends[0], 1s, [&](const std::string& why) { reason = why; });
  asio::steady_timer beat(io, 500ms);
  auto beaten = asio::steady_timer::clock_type::time_point::max();
  beat.async_wait([&](const std::error_code&) {
    beaten = asio::steady_timer::clock_type::now();
    CHECK(reason.empty());
    CHECK(::write(pipe.ends[1], ".", 1) == 1);
  });
  io.run();
  CHECK(reason == "nothing came from stdin for 1 s");
  CHECK(asio::steady_timer::clock_type::now() - beaten >= 1s);
}

TEST_CASE("what cannot be waited for is refused, and stays as it was", "[life]") {
  const test::TempDir dir;
  dir.write("file", "text");
  const int file = ::open((dir / "file").c_str(), O_RDONLY | O_CLOEXEC);
  asio::io_context io;
  try {
    const Tether tether(io, file, 1s, [](const std::string&) {});
    FAIL("nothing was thrown");
  } catch (const ExitError& error) {
    CHECK(error.code() == ExitCode::usage);
  }
  CHECK(::fcntl(file, F_GETFD) >= 0);
  ::close(file);
}

TEST_CASE("the descriptor is afterwards as it was, for others who have it", "[life]") {
  Pipe pipe;
  asio::io_context io;
  {
    const Tether tether(io, pipe.ends[0], 1h, [](const std::string&) {});
    io.poll();
  }
  CHECK((::fcntl(pipe.ends[0], F_GETFL) & O_NONBLOCK) == 0);
  io.run();
  CHECK(::fcntl(pipe.ends[0], F_GETFD) >= 0);
}

}  // namespace
}  // namespace p2p
