// Callers at a door: what they send, when, and when they go is the input (tests/support/door_street.hpp has the rules).
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/byte_source.hpp"
#include "tests/support/door_street.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  p2p::fuzz::ByteSource input(data, size);
  p2p::test::Street street(input);
  while (!input.empty()) street.step();
  return 0;
}
