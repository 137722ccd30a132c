#include "protocol/wire/features.hpp"

#include <algorithm>

namespace p2p {
namespace {

// Bit 7 of byte 0 is the mark; the other bits of bytes 0 and 1 are features, those that we do not know are ignored.
constexpr std::byte kMark{0x80};
constexpr std::byte kFetchManifest{0x01};
constexpr std::size_t kContentAt = 2;

}  // namespace

ReservedBytes encode(const Features& features) {
  ReservedBytes reserved{};
  reserved[0] = kMark;
  if (features.fetch_manifest) reserved[1] |= kFetchManifest;
  std::ranges::copy(features.content, reserved.begin() + kContentAt);
  return reserved;
}

std::optional<Features> decode_features(const ReservedBytes& reserved) {
  if ((reserved[0] & kMark) == std::byte{}) return std::nullopt;
  Features features{.fetch_manifest = (reserved[1] & kFetchManifest) != std::byte{}};
  std::copy_n(reserved.begin() + kContentAt, features.content.size(), features.content.begin());
  return features;
}

}  // namespace p2p
