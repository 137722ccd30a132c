// Rates as people write them.
#include "config/rate.hpp"

#include "tests/support/catch.hpp"

namespace p2p::config {
namespace {

TEST_CASE("A rate is a number with a unit or without") {
  CHECK(parse_rate("250000") == 250'000u);
  CHECK(parse_rate("10M") == 10'000'000u);
  CHECK(parse_rate("500K") == 500'000u);
  CHECK(parse_rate("1.5G") == 1'500'000'000u);
  CHECK(parse_rate("10m") == 10'000'000u);
  CHECK(parse_rate("10MB") == 10'000'000u);
  CHECK(parse_rate("64KiB") == 65'536u);
  CHECK(parse_rate("0.5MiB") == 524'288u);
  CHECK(parse_rate("2gib") == 2'147'483'648u);
  CHECK(parse_rate("1000G") == kMostRate);
  CHECK(parse_rate("1.0001") == 1u);
  CHECK(parse_rate("0.33333333333333333333K") == 333u);
}

TEST_CASE("Whatever else it is, it is no rate") {
  for (const char* const word : {"",
                                 "M",
                                 ".",
                                 "1.",
                                 ".5M",
                                 "-1",
                                 "+1",
                                 "1,5M",
                                 "1.5.2M",
                                 "1 M",
                                 " 1M",
                                 "1M ",
                                 "10Mbit",
                                 "10MBit",
                                 "10M/s",
                                 "0",
                                 "0.0001",
                                 "1001G",
                                 "99999999999999999999",
                                 "1e6",
                                 "0x10",
                                 "1.-5",
                                 "unlimited"}) {
    INFO(word);
    CHECK_FALSE(parse_rate(word));
  }
}

TEST_CASE("sizes are written as rates are, and may be larger") {
  CHECK(parse_size("50G") == 50'000'000'000u);
  CHECK(parse_size("2T") == 2'000'000'000'000u);
  CHECK(parse_size("1.123456789T") == 1'123'456'789'000u);
  CHECK(parse_size("1.999999999TiB") == (1ull << 40) + 1'099'511'626'676u);
  CHECK(parse_size("1000000T") == kMostSize);
  for (const std::string_view word : {"", "0", "50 G", "1000001T", "1.000001.2T", "all"}) {
    INFO(word);
    CHECK_FALSE(parse_size(word));
  }
}

}  // namespace
}  // namespace p2p::config
