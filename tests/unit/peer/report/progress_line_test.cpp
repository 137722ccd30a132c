// Progress on stderr: a bar that is redrawn, plain lines, or nothing.
#include "peer/report/progress_line.hpp"

#include <string>

#include "peer/report/scan_progress.hpp"
#include "tests/support/captured_stderr.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/variable.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Variable;

TEST_CASE("a bar is drawn, drawn again in its place, and gives way to the last word", "[progress_line]") {
  const Variable dumb("TERM", "dumb");
  test::CapturedStderr captured;
  ProgressLine line(ProgressMode::bar);
  line.show(1, 2, "text");
  CHECK(captured.take() == "[##########..........] text");
  line.show(2, 2, "text");
  CHECK(captured.take() == "\r\x1b[K[####################] text");
  line.show(2, 2, "text", std::string(100, 'x'));
  const std::string stuck = captured.take();
  CHECK(stuck.starts_with("\r\x1b[K" + std::string(79, 'x') + "\n" + std::string(21, 'x') + "\n["));
  line.clear();
  CHECK(captured.take() == "\r\x1b[K\x1b[1A\r\x1b[K\x1b[1A\r\x1b[K");
  line.show(2, 2, "text");
  captured.take();
  line.finish("the last word");
  CHECK(captured.take() == "\r\x1b[Kthe last word\n");
}

TEST_CASE("what is not a terminal has no bar, and a short run its last line alone", "[progress_line]") {
  const Variable term("TERM", "xterm");
  test::CapturedStderr captured;
  for (const ProgressMode mode : {ProgressMode::automatic, ProgressMode::plain}) {
    ProgressLine line(mode);
    for (int i = 0; i < 100; ++i) line.show(1, 2, "text");
    line.clear();
    CHECK(captured.take().empty());
    line.finish("the last word");
    CHECK(captured.take() == "the last word\n");
  }
}

TEST_CASE("who wants no progress has none, not even its last word", "[progress_line]") {
  test::CapturedStderr captured;
  ProgressLine line(ProgressMode::none);
  line.show(1, 2, "text", "stuck");
  line.finish("the last word");
  CHECK(captured.take().empty());
  CHECK(line.elapsed_s() >= 0);
}

TEST_CASE("names of others in a line of progress steer nothing", "[progress_line]") {
  test::CapturedStderr captured;
  ProgressLine line(ProgressMode::bar);
  line.show(1, 2, "a\x1b[2J", "b\nc");
  const std::string text = captured.take();
  CHECK(text.find("\x1b[2J") == std::string::npos);
  CHECK(text.find('\n') == std::string::npos);
  line.finish("a\rb");
  CHECK(captured.take().ends_with("a\\x0db\n"));
}

TEST_CASE("a rate needs two samples and time between them", "[progress_line]") {
  RecentRate rate;
  CHECK(rate.bytes_per_s() == 0);
  const Instant start{1h};
  rate.sample(0, start);
  CHECK(rate.bytes_per_s() == 0);
  rate.sample(10, start);
  CHECK(rate.bytes_per_s() == 0);
  rate.sample(1'000, start + 2s);
  CHECK(rate.bytes_per_s() == 500);
  // Fewer than before: it has begun anew.
  rate.sample(5, start + 3s);
  CHECK(rate.bytes_per_s() == 0);
  rate.sample(25, start + 4s);
  CHECK(rate.bytes_per_s() == 20);
}

TEST_CASE("bytes and times are worded for people", "[progress_line]") {
  CHECK(megabytes(0) == "0.0 MB");
  CHECK(megabytes(1'250'000) == "1.2 MB");
  CHECK(megabytes(1e12) == "1000000.0 MB");
  CHECK(time_left(100, 10) == "0:10");
  CHECK(time_left(0, 10) == "0:00");
  CHECK(time_left(599, 10) == "1:00");
  CHECK(time_left(36'000, 10) == "1:00:00");
  CHECK(time_left(10.0 * 359'999, 10) == "99:59:59");
  CHECK(time_left(10.0 * 360'000, 10) == "--:--");
  CHECK(time_left(10, 0) == "--:--");
}

TEST_CASE("a check of the disk shows how far it is, and its line goes with its end", "[scan_progress]") {
  test::CapturedStderr captured;
  const OnScan first = scan_progress(ProgressMode::bar);
  const OnScan copy = first;
  first({0, 100'000'000});
  // What is no terminal is taken for one of 80 columns.
  CHECK(captured.take() ==
        bar_lines(0, "checking what is on disk: 0.0 MB of 100.0 MB, 0.0 MB/s, --:-- left", "", 79).front());
  copy({50'000'000, 100'000'000});
  const std::string half = captured.take();
  CHECK(half.starts_with("\r\x1b[K"));
  CHECK(half.find("checking what is on disk: 50.0 MB of 100.0 MB, ") != std::string::npos);
  first({100'000'000, 100'000'000});
  CHECK(captured.take() == "\r\x1b[K");
  // The next one begins anew; one that is over at once shows nothing.
  first({0, 0});
  CHECK(captured.take().empty());
  first({0, 2'000'000});
  CHECK(captured.take() ==
        bar_lines(0, "checking what is on disk: 0.0 MB of 2.0 MB, 0.0 MB/s, --:-- left", "", 79).front());
  first({2'000'000, 2'000'000});
}

}  // namespace
}  // namespace p2p
