#include "peer/discovery/key.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "peer/storage/digest.hpp"
#include "protocol/wire/big_endian.hpp"

namespace p2p {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// Each part but the last stands behind its length, so that no two lists of parts are the same bytes.
Sha256Digest digest(std::string_view kind, std::string_view network, std::span<const std::byte> subject) {
  std::vector<std::byte> bytes;
  for (const std::string_view part : {std::string_view("P2PFILESHARINGPROJ"), kind, network}) {
    std::array<std::byte, 4> length;
    store_u32(static_cast<std::uint32_t>(part.size()), length);
    bytes.insert(bytes.end(), length.begin(), length.end());
    bytes.insert(bytes.end(), bytes_of(part).begin(), bytes_of(part).end());
  }
  bytes.insert(bytes.end(), subject.begin(), subject.end());
  return sha256(bytes);
}

DhtKey key(std::string_view kind, std::string_view network, std::span<const std::byte> subject) {
  const Sha256Digest whole = digest(kind, network, subject);
  DhtKey first;
  std::copy_n(whole.begin(), first.size(), first.begin());
  return first;
}

}  // namespace

DhtKey node_key(std::string_view network) { return key("nodes", network, {}); }

DhtKey name_key(std::string_view network, std::string_view name) { return key("name", network, bytes_of(name)); }

DhtKey content_key(std::string_view network, const ContentId& id) { return key("content", network, id); }

std::uint32_t network_number(std::string_view network) {
  const Sha256Digest whole = digest("network", network, {});
  const std::uint32_t number = load_u32(std::span(whole).first<4>());
  return std::max<std::uint32_t>(number, 1);
}

}  // namespace p2p
