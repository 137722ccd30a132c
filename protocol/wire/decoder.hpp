// Bytes to values, incrementally: handshake first, then messages, whatever the boundaries of the reads.
//
// Absent on purpose: piece payloads. After a PieceHead the decoder steps aside and the caller takes payload_left()
// bytes from the stream itself, straight to where they belong, telling the decoder with payload_taken().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/geometry.hpp"
#include "protocol/violation.hpp"
#include "protocol/wire/encoder.hpp"
#include "protocol/wire/handshake.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {

/// All input was consumed and no item is complete.
struct NeedInput {};

/// A message whose type does not go with its length, in words: its length is that of `other`.
std::string explain_numbering(MessageType other);

/// What one step of decoding gives.
using Decoded = std::variant<NeedInput, Handshake, Message, Violation>;

/// One direction of one connection.
///
/// Every length and index is checked here against the geometry, so that no caller checks again:
/// - a length that is wrong for its type, or an index out of range, is a violation;
/// - a zero length (keep-alive in other dialects) is a KeepAlive, which everybody ignores;
/// - an unknown type is skipped and reported when it is not longer than the longest legal message, else a violation.
/// - a few well-formed haves before the handshake are skipped;
/// - where a wrong length is that of another message, the reason says that the types seem to be numbered in another
/// way. Of chunks, a piece message whose size is not settled is a violation: nobody asked for it. Only where pieces are
/// chunks are announcements known, and an unknown type may be as long as one of 64 KiB. Only in an open swarm is the
/// message known that names peers. Only in the swarm of an upstream are haves with digests and words of what is fetched
/// known, and there a have without a digest, or a bitfield that is not empty, is a violation. Memory: at most one
/// bitfield, announcement, list of peers or digest, allocated only after its length proved right. After a Violation the
/// decoder must not be called again.
class Decoder {
 public:
  /// `names_peers`: the swarm is one in which peers name each other. `has_upstream`: it is that of an upstream.
  explicit Decoder(const Geometry& geometry, bool names_peers = false, bool has_upstream = false);

  /// Takes bytes from the front of `input` (advancing it) up to the end of the next item.
  /// Precondition: payload_left() == 0.
  Decoded next(std::span<const std::byte>& input);

  /// Payload bytes of the last PieceHead that are still on the stream.
  std::uint32_t payload_left() const { return payload_left_; }
  void payload_taken(std::uint32_t bytes);

 private:
  enum class Expect : std::uint8_t {
    handshake,
    length,
    type,
    index,
    bitfield,
    announcement,
    peers,
    suggestion,
    digest_have,
    fetching,
    skip
  };

  std::optional<std::span<const std::byte>> collect(std::size_t bytes, std::span<const std::byte>& input);
  Decoded take_handshake(std::span<const std::byte>& input);
  Decoded on_type(std::uint8_t raw_type);
  Decoded on_index(PieceIndex piece);
  Decoded on_bitfield();
  Decoded on_announcement();
  Decoded on_peers();
  Decoded on_suggestion(PieceIndex piece);
  Decoded on_digest_have();
  Decoded on_fetching();
  bool collect_body(std::span<const std::byte>& input);
  Violation bad_length(std::string_view what, std::uint32_t expected) const;
  std::optional<MessageType> resembled(std::uint8_t type) const;
  std::string numbering_hint(std::uint8_t type) const;
  Decoded unknown_type(std::uint8_t type);
  Decoded upstream_type(std::uint8_t type);

  Geometry geometry_;
  bool names_peers_;
  bool has_upstream_;
  std::uint32_t longest_;  ///< The largest legal value of the length field, pieces of chunks left out.
  Expect expect_ = Expect::handshake;
  MessageType type_ = MessageType::choke;
  std::uint32_t length_ = 0;  ///< The current frame's length field.
  std::uint32_t payload_left_ = 0;
  std::uint32_t skip_left_ = 0;
  std::uint32_t early_haves_ = 0;
  std::uint32_t head_filled_ = 0;
  std::array<std::byte, kHandshakeBytes> head_{};  ///< Collects a handshake, length or index that comes in parts.
  Bytes body_;                                     ///< Of a bitfield and other messages, while it comes.
};

}  // namespace p2p
