// Events on a descriptor whose reader may be slow, or gone.
#include "peer/status/event_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/secret_files.hpp"

namespace p2p {
namespace {

/// A pipe whose reading end never waits.
struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    close_reader();
    ::close(ends[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void close_reader() {
    if (ends[0] >= 0) ::close(ends[0]);
    ends[0] = -1;
  }
  std::string read_some() {
    std::string text(1 << 16, '\0');
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    const ssize_t n = ::read(ends[0], text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }

  std::array<int, 2> ends{-1, -1};
};

EventRecord record(std::uint64_t seq, std::string reason = "") {
  return {.seq = seq, .time = 1, .content = nullptr, .what = Event(LinkClosed{PeerId{1}, std::move(reason)})};
}

TEST_CASE("each event is a line", "[status]") {
  Pipe pipe;
  EventWriter writer(pipe.ends[1]);
  writer.write(record(1));
  writer.write(record(2));
  writer.flush();
  std::istringstream lines(pipe.read_some());
  std::string line;
  for (int seq = 1; seq <= 2; ++seq) {
    REQUIRE(std::getline(lines, line));
    CHECK(nlohmann::json::parse(line)["seq"] == seq);
  }
  CHECK_FALSE(std::getline(lines, line));
}

TEST_CASE("a reader that does not read holds nobody up, and is told what it missed", "[status]") {
  Pipe pipe;
  std::string all;
  {
    EventWriter writer(pipe.ends[1]);
    const std::string long_reason(1 << 16, 'x');
    std::uint64_t seq = 0;
    while (seq < 2 * EventWriter::kMostWaiting / long_reason.size()) {
      writer.write(record(++seq, long_reason));
      writer.flush();
    }
    const auto read_all = [&] {
      for (std::string part; !(part = pipe.read_some()).empty();) all += part;
    };
    do {
      read_all();
      writer.flush();
    } while (writer.is_behind());
    read_all();
    writer.write(record(++seq));
    writer.flush();
    read_all();
    std::istringstream lines(all);
    std::uint64_t expected = 1, missed = 0;
    for (std::string line; std::getline(lines, line);) {
      const auto object = nlohmann::json::parse(line);
      if (object["event"] == "gap") {
        missed = object["missed"].get<std::uint64_t>();
        expected += missed;
        CHECK(object["seq"] == expected - 1);
        continue;
      }
      CHECK(object["seq"] == expected++);
    }
    CHECK(missed > 0);
    CHECK(expected == seq + 1);
  }
}

TEST_CASE("nobody reads any more: it is given up", "[status]") {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  EventWriter writer(pipe.ends[1]);
  pipe.close_reader();
  writer.write(record(1));
  writer.flush();
  writer.write(record(2));
  writer.flush();
  SUCCEED("it neither ended the process nor waits");
}

TEST_CASE("a descriptor that is closed, or for reading, is refused with what to do", "[status]") {
  Pipe pipe;
  const std::string end = " is not open for writing; open it, as in --json-events=3 3>FILE";
  CHECK(test::ending_of([&] { EventWriter writer(pipe.ends[0]); }) ==
        "28: --json-events: descriptor " + std::to_string(pipe.ends[0]) + end);
  CHECK(test::ending_of([&] { EventWriter writer(12345); }) == "28: --json-events: descriptor 12345" + end);
}

}  // namespace
}  // namespace p2p
