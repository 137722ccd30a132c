// The progress line, by samples with made-up times.
#include "peer/report/progress.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

/// 100 pieces of 1 MB.
const Geometry kGeometry(100'000'000, 1'000'000);

constexpr Instant kStart{1h};

Progress plain() { return {ProgressMode::none, kGeometry}; }

TEST_CASE("without samples the rate is zero and the end is unknown", "[progress]") {
  CHECK(plain().describe({.stored = 0, .linked = 0, .listed = 3, .unchoking_us = 0}) ==
        "  0.0%  0/100 pieces  down 0.0 MB/s  ETA --:--  peers 0/3, 0 unchoke us");
}

using Lines = std::vector<std::string>;

TEST_CASE("a bar shrinks and goes before text is cut", "[progress]") {
  CHECK(bar_lines(0.5, "text", "", 79) == Lines{"[##########..........] text"});
  CHECK(bar_lines(0.5, "text", "", 15) == Lines{"[####....] text"});
  CHECK(bar_lines(0.5, "text", "", 12) == Lines{"text"});
  CHECK(bar_lines(0.5, "text", "", 3) == Lines{"tex"});
  CHECK(bar_lines(1, "日本", "", 3) == Lines{"日"});
}

TEST_CASE("the reason of a stall comes before bar and rates, on lines of its own where it must", "[progress]") {
  CHECK(bar_lines(0, "text", "choked", 79) == Lines{"[....................] text  choked"});
  CHECK(bar_lines(0, "text", "choked", 12) == Lines{"text  choked"});
  CHECK(bar_lines(0, "text", "choked", 11) == Lines{"choked", "text"});
  CHECK(bar_lines(0, " 1.0%  down 0.0 MB/s", "no live peer holds pieces 17, 203", 24) ==
        Lines{"no live peer holds", "pieces 17, 203", " 1.0%  down 0.0 MB/s"});
  CHECK(bar_lines(0, "t", "aaaa bbbb cccc dddd eeee", 5) == Lines{"aaaa", "bbbb", "cccc ", "t"});
  CHECK(bar_lines(0, "t", "no blank in this one", 0) == Lines{""});
}

TEST_CASE("the rate is what came over the last seconds, the end by what is left", "[progress]") {
  Progress progress = plain();
  progress.sample({.stored = 10, .received_bytes = 10'000'000}, kStart);
  progress.sample({.stored = 15, .received_bytes = 15'000'000}, kStart + 1s);
  progress.sample({.stored = 20, .received_bytes = 20'000'000}, kStart + 2s);
  CHECK(progress.describe({.stored = 20, .received_bytes = 20'000'000, .linked = 2, .listed = 3, .unchoking_us = 1}) ==
        " 20.0%  20/100 pieces  down 5.0 MB/s  ETA 0:16  peers 2/3, 1 unchoke us");
}

TEST_CASE("old samples are forgotten", "[progress]") {
  Progress progress = plain();
  progress.sample({.received_bytes = 0}, kStart);
  for (int s = 1; s <= 10; ++s) progress.sample({.stored = 50, .received_bytes = 50'000'000}, kStart + s * 1s);
  CHECK(progress.describe({.stored = 50}).find("down 0.0 MB/s  ETA --:--") != std::string::npos);
}

TEST_CASE("a long time to go is shown in hours, a longer one not at all", "[progress]") {
  const auto eta = [](std::uint64_t bytes_per_s) {
    Progress progress = plain();
    progress.sample({.received_bytes = 0}, kStart);
    progress.sample({.received_bytes = bytes_per_s}, kStart + 1s);
    const std::string text = progress.describe({.stored = 0});
    const auto at = text.find("ETA ") + 4;
    return text.substr(at, text.find("  ", at) - at);
  };
  CHECK(eta(100'000'000) == "0:01");
  CHECK(eta(1'000'000) == "1:40");
  CHECK(eta(27'777) == "1:00:00");
  CHECK(eta(10'000) == "2:46:40");
  CHECK(eta(277) == "--:--");
}

TEST_CASE("a complete peer shows what it sends and no end", "[progress]") {
  Progress progress = plain();
  progress.sample({.stored = 100, .received_bytes = 100'000'000, .sent_bytes = 1'000'000}, kStart);
  progress.sample({.stored = 100, .received_bytes = 100'000'000, .sent_bytes = 9'000'000}, kStart + 2s);
  CHECK(progress.describe({.stored = 100, .linked = 5, .listed = 5, .unchoking_us = 0}) ==
        "100.0%  100/100 pieces  up 4.0 MB/s  peers 5/5, 0 unchoke us");
}

TEST_CASE("the moment of completion shows no absurd rate", "[progress]") {
  Progress progress = plain();
  progress.sample({.stored = 99, .received_bytes = 99'000'000}, kStart);
  progress.sample({.stored = 100, .received_bytes = 100'000'000, .sent_bytes = 5'000}, kStart + 1s);
  CHECK(progress.describe({.stored = 100}).find("up 0.0 MB/s") != std::string::npos);
}

}  // namespace
}  // namespace p2p
