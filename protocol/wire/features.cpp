#include "protocol/wire/features.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "protocol/wire/big_endian.hpp"

namespace p2p {
namespace {

// Byte 0 is the mark, byte 1 features, bytes 2 to 9 the content. Who sets a feature that we do not know may mean
// anything by these bytes: with that one we speak the classic protocol.
constexpr std::byte kMark{0x80};
constexpr std::byte kFetchManifest{0x01};
constexpr std::byte kFetchCatalog{0x02};
constexpr std::byte kChunks{0x04};
constexpr std::byte kFetchMembers{0x08};
constexpr std::byte kNamesPeers{0x10};
constexpr std::size_t kContentAt = 2;

}  // namespace

ContentPrefix chunk_folder_prefix(std::uint32_t chunks) {
  constexpr std::string_view kKind = "CHNK";
  ContentPrefix prefix{};
  std::memcpy(prefix.data(), kKind.data(), kKind.size());
  store_u32(chunks, std::span(prefix).last<4>());
  return prefix;
}

ReservedBytes encode(const Features& features) {
  ReservedBytes reserved{};
  reserved[0] = kMark;
  if (features.fetch_manifest) reserved[1] |= kFetchManifest;
  if (features.fetch_catalog) reserved[1] |= kFetchCatalog;
  if (features.fetch_members) reserved[1] |= kFetchMembers;
  if (features.chunks) reserved[1] |= kChunks;
  if (features.names_peers) reserved[1] |= kNamesPeers;
  std::ranges::copy(features.content, reserved.begin() + kContentAt);
  return reserved;
}

std::optional<Features> decode_features(const ReservedBytes& reserved) {
  const std::byte feature = reserved[1];
  const bool is_known = feature == std::byte{} || feature == kFetchManifest || feature == kFetchCatalog ||
                        feature == kFetchMembers || feature == kChunks || feature == kNamesPeers;
  if (reserved[0] != kMark || !is_known) return std::nullopt;
  Features features{.fetch_manifest = feature == kFetchManifest,
                    .fetch_catalog = feature == kFetchCatalog,
                    .fetch_members = feature == kFetchMembers,
                    .chunks = feature == kChunks,
                    .names_peers = feature == kNamesPeers};
  std::copy_n(reserved.begin() + kContentAt, features.content.size(), features.content.begin());
  return features;
}

}  // namespace p2p
