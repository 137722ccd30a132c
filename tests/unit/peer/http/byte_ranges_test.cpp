// Which bytes a Range header asks for.
#include "peer/http/byte_ranges.hpp"

#include <string>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using Answer = RangesAsked::Answer;

std::string shown(const std::string& header, std::uint64_t size) {
  const RangesAsked asked = parse_ranges(header, size);
  if (asked.answer == Answer::unsatisfiable) return "none";
  if (asked.answer == Answer::whole) return std::string("whole") + (*asked.why ? ": " : "") + asked.why;
  std::string text;
  for (const ByteRange& part : asked.parts)
    text += (text.empty() ? "" : " ") + std::to_string(part.first) + '+' + std::to_string(part.count);
  return text;
}

TEST_CASE("one range, with both ends, with one, and of the end", "[http]") {
  CHECK(shown("bytes=0-0", 10) == "0+1");
  CHECK(shown("bytes=2-4", 10) == "2+3");
  CHECK(shown("bytes=2-", 10) == "2+8");
  CHECK(shown("bytes=-3", 10) == "7+3");
  CHECK(shown("bytes=-30", 10) == "0+10");
  CHECK(shown("bytes=2-99999999999999999999999999", 10) == "2+8");
  CHECK(shown("BYTES=2-4", 10) == "2+3");
}

TEST_CASE("several ranges, as they were asked for", "[http]") {
  CHECK(shown("bytes=0-0,4-5", 10) == "0+1 4+2");
  CHECK(shown("bytes=8- ,\t0-1,,", 10) == "8+2 0+2");
  CHECK(shown("bytes=0-0,10-,-1", 10) == "0+1 9+1");
  CHECK(shown("bytes=0-4,5-9", 10) == "0+5 5+5");
}

TEST_CASE("what is behind the end is nothing", "[http]") {
  CHECK(shown("bytes=10-", 10) == "none");
  CHECK(shown("bytes=10-20,99-", 10) == "none");
  CHECK(shown("bytes=-0", 10) == "none");
  CHECK(shown("bytes=99999999999999999999999999-", 10) == "none");
}

TEST_CASE("of an empty file nothing can be pointed at, and its end is all of it", "[http]") {
  CHECK(shown("bytes=0-", 0) == "none");
  CHECK(shown("bytes=0-0", 0) == "none");
  CHECK(shown("bytes=-0", 0) == "none");
  CHECK(shown("bytes=-5", 0) == "whole");
}

TEST_CASE("what is malformed, and other units, are as if they were not there", "[http]") {
  for (const char* const header : {"",
                                   "bytes",
                                   "bytes=",
                                   "bytes=,",
                                   "bytes=-",
                                   "bytes=1",
                                   "bytes=5-3",
                                   "bytes=a-b",
                                   "bytes=0-1;2-3",
                                   "bytes=0-1 2",
                                   "bytes= = ",
                                   "bytes=+1-2",
                                   "bytes=1-+2",
                                   "bytes=--1",
                                   "bytes=1-2-3",
                                   "bytes=0x1-2",
                                   "lines=0-1",
                                   "bytes =0-1",
                                   "bytes=0-1,x",
                                   "bytes=0-0, bytes=2-2"})
    CHECK(shown(header, 10) == "whole");
}

TEST_CASE("ranges that meet, and too many, get all of it, with a word on why", "[http]") {
  CHECK(shown("bytes=0-4,4-5", 10) == "whole: ranges that meet");
  CHECK(shown("bytes=0-,0-", 10) == "whole: ranges that meet");
  CHECK(shown("bytes=5-6,0-9", 10) == "whole: ranges that meet");
  std::string header = "bytes=0-0";
  for (int i = 1; i < 64; ++i) header += ',' + std::to_string(2 * i) + '-' + std::to_string(2 * i);
  CHECK(parse_ranges(header, 1000).parts.size() == 64);
  CHECK(shown(header + ",200-200", 1000) == "whole: more than 64 ranges");
  CHECK(parse_ranges(header + ",2000-2000", 1000).parts.size() == 64);
}

}  // namespace
}  // namespace p2p
