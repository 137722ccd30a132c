#include "peer/discovery/key.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "peer/keys/network.hpp"
#include "protocol/wire/big_endian.hpp"

namespace p2p {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// Each part but the last stands behind its length, so that no two lists of parts are the same bytes.
Sha256Digest digest_of(std::string_view kind, const Network& network, std::span<const std::byte> subject) {
  std::vector<std::byte> bytes;
  for (const std::string_view part : {std::string_view("P2PFILESHARINGPROJ"), kind, std::string_view(network.name())}) {
    std::array<std::byte, 4> length;
    store_u32(static_cast<std::uint32_t>(part.size()), length);
    bytes.insert(bytes.end(), length.begin(), length.end());
    bytes.insert(bytes.end(), bytes_of(part).begin(), bytes_of(part).end());
  }
  bytes.insert(bytes.end(), subject.begin(), subject.end());
  return network.digest(bytes);
}

DhtKey key(std::string_view kind, const Network& network, std::span<const std::byte> subject) {
  const Sha256Digest whole = digest_of(kind, network, subject);
  DhtKey first;
  std::copy_n(whole.begin(), first.size(), first.begin());
  return first;
}

}  // namespace

DhtKey node_key(const Network& network) { return key("nodes", network, {}); }

DhtKey name_key(const Network& network, std::string_view name) { return key("name", network, bytes_of(name)); }

DhtKey content_key(const Network& network, const ContentId& id) { return key("content", network, id); }

std::uint32_t network_number(const Network& network) {
  const Sha256Digest whole = digest_of("network", network, {});
  const std::uint32_t number = load_u32(std::span(whole).first<4>());
  return std::max<std::uint32_t>(number, 1);
}

}  // namespace p2p
