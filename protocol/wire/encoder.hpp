// Values to bytes. Each function appends one whole frame: 4-byte length, type, payload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/wire/handshake.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {

using Bytes = std::vector<std::byte>;

/// Length field, type and piece index of a piece message; the payload follows from elsewhere.
constexpr std::size_t kPieceHeadBytes = 9;

void append_handshake(const Handshake& handshake, Bytes& out);

/// choke, unchoke, interested or not interested.
void append_signal(MessageType type, Bytes& out);

/// have or request.
void append_indexed(MessageType type, PieceIndex piece, Bytes& out);

void append_bitfield(const Bitfield& pieces, Bytes& out);

/// The first kPieceHeadBytes of a piece message whose payload has head.length bytes.
void append_piece_head(const PieceHead& head, Bytes& out);

/// Precondition: the name has 1 to kLongestChunkName bytes, the size is at most Geometry::kMaxChunkSize.
void append_announcement(PieceIndex piece, const ChunkClaim& claim, Bytes& out);

/// Precondition: there are at most kMostNamedPeers, and each keeps its invariants.
void append_peers(std::uint16_t port, std::span<const NamedPeer> peers, Bytes& out);

void append_suggestion(PieceIndex piece, Bytes& out);

void append_digest_have(const DigestHave& have, Bytes& out);

void append_fetching(const PieceRun& run, Bytes& out);

}  // namespace p2p
