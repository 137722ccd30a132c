// Values from the DHT: any bytes are refused, or are exactly one value within its limits; sealed, the same of what is
// in the box.
#include <algorithm>
#include <string>
#include <vector>

#include "peer/discovery/announcement.hpp"
#include "protocol/assert.hpp"
#include "tests/support/networks.hpp"

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

/// Any bytes from the DHT of a private network, and any that a member has sealed.
void check_sealed(const std::vector<std::byte>& bytes) {
  static const Network lab = test::private_network();
  P2P_ASSERT(!read_value(bytes, lab));
  P2P_ASSERT(!may_store(bytes, announcement_number(bytes), lab));
  if (bytes.size() > kLongestAnnouncement) return;
  const auto value = to_value(bytes, lab);
  P2P_ASSERT(value.size() <= longest_value(lab));
  P2P_ASSERT(read_value(value, lab) == decode_announcement(bytes));
  const auto box = lab.seal(bytes);
  if (const auto read = read_value(box, lab)) {
    // There is one way to fill up.
    const auto encoding = std::visit([](const auto& each) { return encode(each); }, *read);
    P2P_ASSERT(lab.open(to_value(encoding, lab)) == bytes);
    P2P_ASSERT(may_store(box, announcement_number(box), lab) == std::holds_alternative<Announcement>(*read));
  }
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
  static const Network open;
  P2P_ASSERT(may_store(bytes, number, open) == (announcement != nullptr));
  P2P_ASSERT(!may_replace(bytes, bytes, open));
  check_sealed(bytes);
  if (!value) return 0;
  P2P_ASSERT(bytes.size() <= kLongestAnnouncement);
  if (announcement) {
    check_limits(*announcement);
    P2P_ASSERT(encode(*announcement) == bytes);
    // Its secret takes it back, and another one does not.
    Announcement sealed = *announcement;
    const AnnouncementSecret secret{std::byte{7}};
    sealed.seal = seal_of(secret);
    P2P_ASSERT(may_replace(encode(sealed), encode(Withdrawal{secret}), open));
    P2P_ASSERT(!may_replace(encode(sealed), encode(Withdrawal{}), open));
  } else {
    P2P_ASSERT(encode(std::get<Withdrawal>(*value)) == bytes);
  }
  return 0;
}
