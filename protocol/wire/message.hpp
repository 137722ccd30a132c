// The messages as values (docs/PROTOCOL.md, "Messages"). A piece's bytes are never part of a value: PieceHead says
// what follows, and the shell moves the bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"

namespace p2p {

enum class MessageType : std::uint8_t {
  choke = 0,
  unchoke = 1,
  interested = 2,
  not_interested = 3,
  have = 4,
  bitfield = 5,
  request = 6,
  piece = 7,
};

constexpr std::string_view name_of(MessageType type) {
  constexpr std::string_view kNames[] = {"choke", "unchoke",  "interested", "not interested",
                                         "have",  "bitfield", "request",    "piece"};
  return kNames[static_cast<std::size_t>(type)];
}

/// These travel on connections of their own, never between two sessions (docs/PROTOCOL.md, "Fetching a manifest",
/// "Asking for a catalog").
constexpr std::uint8_t kManifestType = 8;
constexpr std::uint8_t kCatalogType = 9;
// A list of members, and the message by which whoever asks for it says who it is.
constexpr std::uint8_t kMembersType = 10;
constexpr std::uint8_t kIntroductionType = 11;

/// Between peers that share a chunk folder (docs/PROTOCOL.md, "Announcements"); unknown to all others.
constexpr std::uint8_t kAnnouncementType = 16;
constexpr std::uint32_t kLongestChunkName = 255;
/// Its index, size and SHA-256; the name follows.
constexpr std::uint32_t kAnnouncementHeadBytes = 4 + 4 + 32;

/// Between peers of an open swarm that have both shown Features::names_peers (docs/PROTOCOL.md, "Naming peers").
constexpr std::uint8_t kPeersType = 17;
constexpr std::uint32_t kMostNamedPeers = 50;
/// The sender's port; entries of an address, a port and an ID follow.
constexpr std::uint32_t kPeersHeadBytes = 2;
constexpr std::uint32_t kNamedPeerBytes = 16 + 2 + 4;
/// Ports below are those of a machine's own services: nobody is sent there by the word of others.
constexpr std::uint16_t kSmallestNamedPort = 1024;

/// Likewise (docs/PROTOCOL.md, "Suggesting pieces").
constexpr std::uint8_t kSuggestionType = 18;

/// In the swarm of an upstream, whose pieces nobody knows beforehand (docs/PROTOCOL.md, "The swarm of an upstream"): a
/// have with a digest, and the word that its sender fetches pieces.
constexpr std::uint8_t kDigestHaveType = 19;
constexpr std::uint8_t kFetchingType = 20;

using ChunkDigest = std::array<std::byte, 32>;
/// SHA-256.
using PieceDigest = std::array<std::byte, 32>;

/// What somebody says that a chunk is.
struct ChunkClaim {
  std::uint32_t size = 0;
  ChunkDigest sha256{};
  std::string name{};  ///< 1 to kLongestChunkName bytes.

  friend bool operator==(const ChunkClaim&, const ChunkClaim&) = default;
};

struct Choke {};
struct Unchoke {};
struct Interested {};
struct NotInterested {};
struct Have {
  PieceIndex piece;
};
struct BitfieldMessage {
  Bitfield pieces;
};
struct Request {
  PieceIndex piece;
};
/// The head of a piece message; `length` payload bytes follow it on the stream, always the piece's whole size.
struct PieceHead {
  PieceIndex piece;
  std::uint32_t length = 0;
};
/// A type that this protocol does not define. Its payload was or will be skipped.
struct UnknownMessage {
  std::uint8_t type = 0;
  std::uint32_t length = 0;
  std::optional<MessageType> resembles{};  ///< The length is that of this one, or of one as long.
};
/// A length of zero, which has no type. It means nothing, not even that the remote has spoken.
struct KeepAlive {};
/// The sender has held this chunk from the start. Elsewhere in memory, so that a Message stays small.
struct ChunkAnnouncement {
  PieceIndex piece;
  std::shared_ptr<const ChunkClaim> claim;  ///< Never null.
};

/// Somebody who exchanges the same content, by the word of whoever names it.
struct NamedPeer {
  Endpoint place;  ///< Its port is kSmallestNamedPort or larger.
  PeerId peer;     ///< At most 2^31 - 1.

  friend auto operator<=>(const NamedPeer&, const NamedPeer&) = default;
};
struct PeersMessage {
  std::uint16_t port = 0;                               ///< Where the sender listens; 0: nowhere.
  std::shared_ptr<const std::vector<NamedPeer>> peers;  ///< At most kMostNamedPeers. Never null.
};

/// The sender has this piece, and suggests that it is asked for before others: nobody else is given it now.
struct Suggestion {
  PieceIndex piece;
};

/// The sender has this piece, and says what it is.
struct DigestHave {
  PieceIndex piece;
  PieceDigest sha256{};
};
/// The sender is fetching these pieces from the upstream; a count of 0: not any more, where it began with that piece.
struct Fetching {
  PieceRun run;  ///< Of pieces that there are.
};

using Message =
    std::variant<Choke, Unchoke, Interested, NotInterested, Have, BitfieldMessage, Request, PieceHead, UnknownMessage,
                 ChunkAnnouncement, PeersMessage, Suggestion, DigestHave, Fetching, KeepAlive>;

}  // namespace p2p
