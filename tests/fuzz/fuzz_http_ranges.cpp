// Range headers: any text is ignored, or asks for parts that are inside of the file and do not meet.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "peer/http/byte_ranges.hpp"
#include "protocol/assert.hpp"
#include "tests/fuzz/byte_source.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  fuzz::ByteSource input(data, size);
  const std::uint64_t file = input.flag() ? input.byte() : std::uint64_t{input.byte()} << 56;
  const auto rest = input.rest();
  const std::string_view header(reinterpret_cast<const char*>(rest.data()), rest.size());
  const RangesAsked asked = parse_ranges(header, file);
  P2P_ASSERT((asked.answer == RangesAsked::Answer::parts) == !asked.parts.empty());
  P2P_ASSERT(asked.parts.size() <= kMostRanges);
  auto parts = asked.parts;
  std::ranges::sort(parts, {}, &ByteRange::first);
  std::uint64_t end = 0;
  for (const ByteRange& part : parts) {
    P2P_ASSERT(part.count > 0 && part.first >= end && part.count <= file - part.first);
    end = part.first + part.count;
  }
  return 0;
}
