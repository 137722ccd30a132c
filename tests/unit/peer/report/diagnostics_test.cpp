// What a person reads on stderr of the life of a swarm, and that nobody far away writes on the terminal.
#include "peer/report/diagnostics.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <string>

#include "peer/report/terminal.hpp"
#include "tests/support/captured_stderr.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

/// Diagnostics of this level, and what comes of them without its time.
class Diagnostics {
 public:
  explicit Diagnostics(const std::string& level) : old_(spdlog::default_logger()) {
    start_diagnostics("peer 1001", level);
  }
  ~Diagnostics() { spdlog::set_default_logger(old_); }

  std::string told(const Event& event, const PieceWords& words = {}) {
    log_diagnostic(event, words);
    return without_time(captured.take());
  }
  static std::string without_time(const std::string& line) {
    return line.substr(std::min(line.size(), std::string("00:00:00.000 ").size()));
  }

  test::CapturedStderr captured;

 private:
  std::shared_ptr<spdlog::logger> old_;
};

constexpr PeerId kPeer{1002};

TEST_CASE("the life of links is told to who asks for it, and what is wrong to everybody", "[diagnostics]") {
  Diagnostics info("info");
  CHECK(info.told(LinkEstablished{kPeer, Direction::dialed}) == "peer 1001 info: linked with 1002 (dialed)\n");
  CHECK(info.told(LinkClosed{kPeer, "it is over", EndKind::remote}) ==
        "peer 1001 info: link with 1002 ended: it is over\n");
  CHECK(info.told(LinkClosed{kPeer, "it lies", EndKind::violation}) ==
        "peer 1001 warning: link with 1002 ended: it lies\n");
  CHECK(info.told(RequestsStalled{kPeer, 1}) == "peer 1001 info: 1002 left 1 request unanswered; asking again\n");
  CHECK(info.told(RequestsStalled{kPeer, 2}) == "peer 1001 info: 1002 left 2 requests unanswered; asking again\n");
  CHECK(info.told(PieceRejected{{6}, kPeer}) ==
        "peer 1001 warning: piece 6 from 1002 has a wrong hash; peer 1002 is cut off\n");
  CHECK(info.told(PieceRejected{{6}, kPeer}, kChunkWords) ==
        "peer 1001 warning: chunk 7 from 1002 has a wrong hash; peer 1002 is cut off\n");
  CHECK(info.told(PiecesLost{1}).find("error: 1 piece is no longer right on disk") != std::string::npos);
  CHECK(info.told(PiecesLost{2}, kChunkWords).find("error: 2 chunks are no longer right on disk") != std::string::npos);
  CHECK(info.told(TrustWithdrawn{1, true}).ends_with("fetched again, and the file is not complete any more\n"));
  CHECK(info.told(TrustWithdrawn{1, false}).ends_with("fetched again\n"));
  CHECK(info.told(ChunkSettled{{6}, 2, std::make_shared<ChunkClaim>(ChunkClaim{5, {}, "a"})}, kChunkWords) ==
        "peer 1001 info: chunk 7 is settled, 2 holders agree: 5 bytes, SHA-256 000000000000, \"a\"\n");
  // The course's log has these.
  CHECK(info.told(UnchokedBy{kPeer}).empty());
  CHECK(info.told(PieceStored{{6}, kPeer, 1}).empty());
}

TEST_CASE("a level leaves out what is below it", "[diagnostics]") {
  {
    Diagnostics warn("warn");
    CHECK(warn.told(LinkEstablished{kPeer, Direction::accepted}).empty());
    CHECK_FALSE(warn.told(PieceRejected{{6}, kPeer}).empty());
  }
  Diagnostics off("off");
  CHECK(off.told(PiecesLost{1}).empty());
}

TEST_CASE("nothing that a remote says steers the terminal", "[diagnostics]") {
  Diagnostics info("info");
  const std::string line = info.told(StrangerClosed{"it says \"\x1b[2J\x07\r\nroot# \xff\x7f\"", EndKind::refused});
  for (const char c : line.substr(0, line.size() - 1)) CHECK((static_cast<unsigned char>(c) >= 0x20 || c == '\n'));
  CHECK(line.find("\\x1b[2J") != std::string::npos);
  CHECK(line.find('\xff') == std::string::npos);
  CHECK(line.find('\x7f') == std::string::npos);
  say("name \x1b]0;title\x07");
  CHECK(info.captured.take() == "name \\x1b]0;title\\x07\n");
}

TEST_CASE("a remote that causes warnings without end fills no terminal", "[diagnostics]") {
  Diagnostics info("info");
  for (int i = 0; i < 10'000; ++i) log_diagnostic(StrangerClosed{"again", EndKind::refused});
  const std::string text = info.captured.take();
  const auto lines = std::ranges::count(text, '\n');
  CHECK(lines >= 1);
  // A hundred at once, and one a second that this has taken.
  CHECK(lines < 200);
  // What is not a remote's doing is told all the same.
  CHECK_FALSE(info.told(PiecesLost{1}).empty());
}

TEST_CASE("a bar makes room for a line, however many lines it has", "[terminal]") {
  test::CapturedStderr captured;
  bar_drawn(1);
  say("text");
  CHECK(captured.take() == "\r\x1b[Ktext\n");
  say("text");
  CHECK(captured.take() == "text\n");
  bar_drawn(3);
  clear_bar();
  CHECK(captured.take() == "\r\x1b[K\x1b[1A\r\x1b[K\x1b[1A\r\x1b[K");
  clear_bar();
  CHECK(captured.take().empty());
}

}  // namespace
}  // namespace p2p
