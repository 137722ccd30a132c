// Beacons: any datagram is none, or the one encoding of what it says; sealed, the same of what is in the box.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "peer/discovery/beacons.hpp"
#include "protocol/assert.hpp"
#include "protocol/wire/introduction.hpp"
#include "tests/support/networks.hpp"

namespace p2p {
namespace {

/// Bytes from the link, as they are and as a member has sealed them.
void hear(std::span<const std::byte> bytes) {
  static const Network open("lab");
  static const Network lab = test::private_network();
  const auto beacon = decode_beacon(bytes);
  const auto says = [&](const Network& network, std::span<const std::byte> datagram) {
    return Beacons(network).hear(datagram, Instant{});
  };
  const bool is_open = beacon && beacon->network == network_tag(open);
  P2P_ASSERT(says(open, bytes) == (is_open ? beacon : std::nullopt));
  P2P_ASSERT(!says(lab, bytes));
  const bool is_ours = beacon && beacon->network == network_tag(lab);
  const auto box = lab.seal(bytes);
  P2P_ASSERT(says(lab, box) == (is_ours ? beacon : std::nullopt));
  P2P_ASSERT(!says(open, box));
}

}  // namespace
}  // namespace p2p

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto beacon = decode_beacon(bytes)) {
    P2P_ASSERT((beacon->kind == Beacon::Kind::here_i_am) == (beacon->port != 0));
    P2P_ASSERT(std::ranges::equal(encode(*beacon), bytes));
  }
  hear(bytes);
  if (const auto introduction = decode_introduction(bytes)) {
    P2P_ASSERT(introduction_bytes(bytes.first<kIntroductionBytes>()) == size);
    P2P_ASSERT(introduction->port != 0 || !introduction->leaving);
    P2P_ASSERT(std::ranges::equal(encode(*introduction), bytes));
  }
  return 0;
}
