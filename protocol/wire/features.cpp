#include "protocol/wire/features.hpp"

#include <algorithm>

namespace p2p {
namespace {

// Byte 0 is the mark, byte 1 features, bytes 2 to 9 the content. Who sets a feature that we do not know may mean anything
// by these bytes: with that one we speak the classic protocol.
constexpr std::byte kMark{0x80};
constexpr std::byte kFetchManifest{0x01};
constexpr std::byte kFetchCatalog{0x02};
constexpr std::size_t kContentAt = 2;

}  // namespace

ReservedBytes encode(const Features& features) {
  ReservedBytes reserved{};
  reserved[0] = kMark;
  if (features.fetch_manifest) reserved[1] |= kFetchManifest;
  if (features.fetch_catalog) reserved[1] |= kFetchCatalog;
  std::ranges::copy(features.content, reserved.begin() + kContentAt);
  return reserved;
}

std::optional<Features> decode_features(const ReservedBytes& reserved) {
  const std::byte wish = reserved[1];
  if (reserved[0] != kMark || (wish != std::byte{} && wish != kFetchManifest && wish != kFetchCatalog)) return std::nullopt;
  Features features{.fetch_manifest = wish == kFetchManifest, .fetch_catalog = wish == kFetchCatalog};
  std::copy_n(reserved.begin() + kContentAt, features.content.size(), features.content.begin());
  return features;
}

}  // namespace p2p
