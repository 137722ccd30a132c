// log_peer_<id>.log on disk.
#include "peer/report/event_log.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>

#include "peer/ground/exit_code.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/file_limit.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::TempDir;

TEST_CASE("a line is the time to the millisecond, a colon, the event", "[log]") {
  const TempDir dir;
  EventLog log(dir / "log_peer_1001.log", PeerId{1001});
  log.write(UnchokedBy{PeerId{1002}});
  log.write(InterestedReceived{PeerId{1003}});
  log.flush();
  const std::string time = "20\\d\\d-[01]\\d-[0-3]\\d [0-2]\\d:[0-5]\\d:[0-6]\\d\\.\\d\\d\\d: ";
  const std::regex expected(time + "Peer 1001 is unchoked by 1002\\.\n" + time +
                            "Peer 1001 received the ‘interested’ message from 1003\\.\n");
  const std::string text = dir.read("log_peer_1001.log");
  INFO(text);
  CHECK(std::regex_match(text, expected));
}

TEST_CASE("events that the course does not log leave nothing in the file", "[log]") {
  const TempDir dir;
  EventLog log(dir / "log", PeerId{1001});
  log.write(LinkClosed{PeerId{1002}, "why"});
  log.write(SwarmCompleted{});
  log.flush();
  CHECK(dir.has("log"));
  CHECK(dir.read("log") == "");
}

TEST_CASE("what was flushed is in the file though the peer may be killed next", "[log]") {
  const TempDir dir;
  EventLog log(dir / "log", PeerId{1001});
  log.write(FileCompleted{});
  log.flush();
  CHECK(dir.read("log").ends_with("Peer 1001 has downloaded the complete file.\n"));
}

TEST_CASE("a log that was renamed goes on in a file of its old name, and no line is lost or doubled", "[log]") {
  const TempDir dir;
  EventLog log(dir / "log", PeerId{1001});
  log.write(UnchokedBy{PeerId{1}});
  std::filesystem::rename(dir / "log", dir / "log.1");
  log.write(UnchokedBy{PeerId{2}});
  log.reopen();
  log.write(UnchokedBy{PeerId{3}});
  log.flush();
  const std::string old = dir.read("log.1");
  CHECK(std::ranges::count(old, '\n') == 2);
  CHECK(old.ends_with("unchoked by 2.\n"));
  const std::string fresh = dir.read("log");
  CHECK(std::ranges::count(fresh, '\n') == 1);
  CHECK(fresh.ends_with("unchoked by 3.\n"));
}

TEST_CASE("a log that was not renamed is appended to when it is opened anew", "[log]") {
  const TempDir dir;
  EventLog log(dir / "log", PeerId{1001});
  log.write(UnchokedBy{PeerId{1}});
  log.reopen();
  log.write(UnchokedBy{PeerId{2}});
  log.flush();
  CHECK(std::ranges::count(dir.read("log"), '\n') == 2);
}

TEST_CASE("a log that cannot be opened anew goes on where it was", "[log]") {
  const TempDir dir;
  std::filesystem::create_directory(dir / "d");
  EventLog log(dir / "d" / "log", PeerId{1001});
  std::filesystem::rename(dir / "d", dir / "moved");
  const auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  log.reopen();
  spdlog::set_level(level);
  log.write(UnchokedBy{PeerId{1}});
  log.flush();
  CHECK(dir.read("moved/log").ends_with("unchoked by 1.\n"));
}

TEST_CASE("a restarted peer appends to its log", "[log]") {
  const TempDir dir;
  dir.write("log", "what was there before\n");
  {
    EventLog log(dir / "log", PeerId{1001});
    log.write(FileCompleted{});
  }
  const std::string text = dir.read("log");
  CHECK(text.starts_with("what was there before\n20"));
  CHECK(text.ends_with("complete file.\n"));
}

TEST_CASE("a log that cannot be written ends the process with an input or output error", "[log]") {
  const TempDir dir;
  dir.write("file", "");
  try {
    EventLog log(dir / "file/log", PeerId{1001});
    FAIL("opened");
  } catch (const ExitError& error) {
    CHECK(error.code() == ExitCode::io);
    CHECK(std::string(error.what()).find("cannot write the log") != std::string::npos);
  }
}

TEST_CASE("lines that find the disk full wait, and come in their order when there is room", "[log]") {
  const auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  const TempDir dir;
  EventLog log(dir / "log", PeerId{1001});
  {
    // In the middle of the second line.
    const test::FileLimit limit(100);
    for (std::uint32_t i = 0; i < 5; ++i) log.write(HaveReceived{PeerId{1002}, PieceIndex{i}});
    log.flush();
    CHECK(dir.read("log").size() == 100);
    log.flush();
    CHECK(dir.read("log").size() == 100);
    log.write(HaveReceived{PeerId{1002}, PieceIndex{5}});
  }
  log.flush();
  std::string pieces;
  const std::string text = dir.read("log");
  for (std::size_t at = 0, end = 0; (end = text.find(".\n", at)) != std::string::npos; at = end + 2)
    pieces += text[end - 1];
  CHECK(pieces == "012345");
  CHECK(text.ends_with("for the piece 5.\n"));
  spdlog::set_level(level);
}

TEST_CASE("on a disk that stays full memory does not grow without end, and whole lines are left", "[log]") {
  const auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  const TempDir dir;
  EventLog log(dir / "log", PeerId{1001});
  constexpr std::uint32_t kLines = 300'000;
  {
    const test::FileLimit limit(0);
    for (std::uint32_t i = 0; i < kLines; ++i) {
      log.write(HaveReceived{PeerId{1002}, PieceIndex{i}});
      if (i % 1000 == 0) log.flush();
    }
  }
  log.flush();
  const std::string text = dir.read("log");
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(text, '\n'));
  CHECK(lines > 1000);
  CHECK(lines < kLines);
  // The first ones, without a gap.
  CHECK(text.ends_with("for the piece " + std::to_string(lines - 1) + ".\n"));
  spdlog::set_level(level);
}

}  // namespace
}  // namespace p2p
