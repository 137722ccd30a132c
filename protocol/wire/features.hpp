// What the handshake's ten reserved bytes say between peers that know more than the classic protocol
// (docs/PROTOCOL.md, "Extended handshake"). Ten zeros, and anything else that does not bear our mark, mean a classic
// peer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "protocol/wire/handshake.hpp"

namespace p2p {

/// The first 8 bytes of a content id (the SHA-256 of a manifest), or what stands for a chunk folder.
using ContentPrefix = std::array<std::byte, 8>;

/// Chunk folders have no id: who has as many chunks is taken at its word, and the announcements show the rest.
ContentPrefix chunk_folder_prefix(std::uint32_t chunks);

struct Features {
  /// The dialler wants the content's manifest and nothing else on this connection.
  bool fetch_manifest = false;
  /// The dialler wants a catalog and nothing else; `content` is then its question.
  bool fetch_catalog = false;
  /// The dialler wants to know the members of a network and nothing else; `content` says which network. Its
  /// introduction follows.
  bool fetch_members = false;
  /// It shares a chunk folder: what it has had from the start it announces behind its bitfield.
  bool chunks = false;
  /// It understands messages that name peers and suggest pieces, and may send them (open swarms alone).
  bool names_peers = false;
  ContentPrefix content{};

  friend bool operator==(const Features&, const Features&) = default;
};

using ReservedBytes = std::array<std::byte, kReservedBytes>;

ReservedBytes encode(const Features& features);
/// Empty for a classic peer.
std::optional<Features> decode_features(const ReservedBytes& reserved);

}  // namespace p2p
