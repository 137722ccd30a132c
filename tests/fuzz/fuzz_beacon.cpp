// Beacons: any datagram is none, or the one encoding of what it says.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "peer/discovery/beacon.hpp"
#include "protocol/assert.hpp"
#include "protocol/wire/introduction.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto beacon = decode_beacon(bytes)) {
    P2P_ASSERT((beacon->kind == Beacon::Kind::here_i_am) == (beacon->port != 0));
    P2P_ASSERT(std::ranges::equal(encode(*beacon), bytes));
  }
  if (const auto introduction = decode_introduction(bytes)) {
    P2P_ASSERT(introduction_bytes(bytes.first<kIntroductionBytes>()) == size);
    P2P_ASSERT(introduction->port != 0 || !introduction->leaving);
    P2P_ASSERT(std::ranges::equal(encode(*introduction), bytes));
  }
  return 0;
}
