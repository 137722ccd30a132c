// Rates: any word is refused, or is a rate within its limits that is the same when written as a number.
#include <cstddef>
#include <cstdint>
#include <string>

#include "config/rate.hpp"
#include "protocol/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p::config;
  const auto rate = parse_rate(std::string(data, data + size));
  if (!rate) return 0;
  P2P_ASSERT(*rate >= 1 && *rate <= kMostRate);
  P2P_ASSERT(parse_rate(std::to_string(*rate)) == rate);
  return 0;
}
