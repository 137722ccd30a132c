// The messages as values (docs/PROTOCOL.md, "Messages"). A piece's bytes are never part of a value: PieceHead says
// what follows, and the shell moves the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "protocol/bitfield.hpp"
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
  constexpr std::string_view kNames[] = {"choke", "unchoke", "interested", "not interested", "have", "bitfield", "request", "piece"};
  return kNames[static_cast<std::size_t>(type)];
}

/// These travel on connections of their own, never between two sessions (docs/PROTOCOL.md, "Fetching a manifest", "Asking
/// for a catalog").
constexpr std::uint8_t kManifestType = 8;
constexpr std::uint8_t kCatalogType = 9;

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
};

using Message = std::variant<Choke, Unchoke, Interested, NotInterested, Have, BitfieldMessage, Request, PieceHead, UnknownMessage>;

}  // namespace p2p
