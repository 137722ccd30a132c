// Values from the DHT: any bytes are refused, or are exactly one value within its limits.
#include <algorithm>
#include <string>
#include <vector>

#include "peer/discovery/announcement.hpp"
#include "protocol/assert.hpp"

namespace p2p {
namespace {

/// What the headers promise of an accepted announcement.
void check_limits(const Announcement& announcement) {
  const Node& node = announcement.node;
  P2P_ASSERT(node.peer.value <= kLargestPeerId && node.port != 0);
  P2P_ASSERT(!node.host.empty() && node.host.size() <= 253);
  P2P_ASSERT(
      std::ranges::all_of(node.host, [](char c) { return c > 0x20 && c < 0x7f && c != '/' && c != '[' && c != '$'; }));
  if (!announcement.holding) return;
  const std::string& name = announcement.holding->name;
  P2P_ASSERT(!name.empty() && name.size() <= 1'024 && name.front() != '/' && name.back() != '/');
  P2P_ASSERT(("/" + name + "/").find("/../") == std::string::npos);
  P2P_ASSERT(std::ranges::none_of(name, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }));
}

}  // namespace
}  // namespace p2p

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  // A copy of exactly the size, so that the address sanitizer sees reads behind the end.
  const auto input = std::as_bytes(std::span(data, size));
  const std::vector<std::byte> bytes(input.begin(), input.end());

  const auto value = decode_announcement(bytes);
  const auto number = announcement_number(bytes);
  P2P_ASSERT(number != 0);
  const auto* announcement = value ? std::get_if<Announcement>(&*value) : nullptr;
  P2P_ASSERT(may_store(bytes, number) == (announcement != nullptr));
  P2P_ASSERT(!may_replace(bytes, bytes));
  if (!value) return 0;
  P2P_ASSERT(bytes.size() <= kLongestAnnouncement);
  if (announcement) {
    check_limits(*announcement);
    P2P_ASSERT(encode(*announcement) == bytes);
    // Its secret takes it back, and another one does not.
    Announcement sealed = *announcement;
    const AnnouncementSecret secret{std::byte{7}};
    sealed.seal = seal_of(secret);
    P2P_ASSERT(may_replace(encode(sealed), encode(Withdrawal{secret})));
    P2P_ASSERT(!may_replace(encode(sealed), encode(Withdrawal{})));
  } else {
    P2P_ASSERT(encode(std::get<Withdrawal>(*value)) == bytes);
  }
  return 0;
}
