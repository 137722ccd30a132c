#include "peer/discovery/beacon.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "config/member_list.hpp"
#include "protocol/wire/big_endian.hpp"

namespace p2p {
namespace {

constexpr std::string_view kMagic = "p2pLAN\n";  // then the version
constexpr std::byte kVersion{1};
constexpr std::size_t kVersionAt = 7;
constexpr std::size_t kTagAt = 8;
constexpr std::size_t kKindAt = 16;
constexpr std::size_t kZeroAt = 17;
constexpr std::size_t kPortAt = 18;
constexpr std::size_t kPeerAt = 20;

bool is_node(const Beacon& beacon) { return beacon.port != 0 && beacon.peer.value <= config::Member::kMaxId; }

bool is_valid(const Beacon& beacon) {
  switch (beacon.kind) {
    case Beacon::Kind::here_i_am: return is_node(beacon);
    case Beacon::Kind::who_is_there: return beacon.port == 0 && beacon.peer.value == 0;
  }
  return false;
}

}  // namespace

NetworkTag network_tag(const Network& network) {
  const Sha256Digest digest = network.digest("peerProcess beacon\n" + network.name());
  NetworkTag tag;
  std::copy_n(digest.begin(), tag.size(), tag.begin());
  return tag;
}

std::array<std::byte, kBeaconBytes> encode(const Beacon& beacon) {
  std::array<std::byte, kBeaconBytes> bytes{};
  std::ranges::transform(kMagic, bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  bytes[kVersionAt] = kVersion;
  std::ranges::copy(beacon.network, bytes.begin() + kTagAt);
  bytes[kKindAt] = static_cast<std::byte>(beacon.kind);
  bytes[kPortAt] = static_cast<std::byte>(beacon.port >> 8);
  bytes[kPortAt + 1] = static_cast<std::byte>(beacon.port & 0xff);
  store_u32(beacon.peer.value, std::span(bytes).subspan<kPeerAt, 4>());
  return bytes;
}

std::optional<Beacon> decode_beacon(std::span<const std::byte> bytes) {
  if (bytes.size() != kBeaconBytes || bytes[kZeroAt] != std::byte{}) return std::nullopt;
  Beacon beacon;
  std::copy_n(bytes.begin() + kTagAt, beacon.network.size(), beacon.network.begin());
  beacon.kind = static_cast<Beacon::Kind>(bytes[kKindAt]);
  beacon.port = static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[kPortAt]) << 8 |
                                           std::to_integer<unsigned>(bytes[kPortAt + 1]));
  beacon.peer = PeerId{load_u32(bytes.subspan<kPeerAt, 4>())};
  if (!is_valid(beacon)) return std::nullopt;
  return std::ranges::equal(encode(beacon), bytes) ? std::optional(beacon) : std::nullopt;
}

}  // namespace p2p
