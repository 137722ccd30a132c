#include "protocol/wire/encoder.hpp"

#include <array>
#include <span>

#include "protocol/assert.hpp"
#include "protocol/wire/big_endian.hpp"

namespace p2p {
namespace {

void append_u32(std::uint32_t v, Bytes& out) {
  std::array<std::byte, 4> bytes{};
  store_u32(v, bytes);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_u16(std::uint16_t v, Bytes& out) {
  out.push_back(static_cast<std::byte>(v >> 8));
  out.push_back(static_cast<std::byte>(v));
}

/// The length field counts the type and the payload, not itself.
void append_frame_start(MessageType type, std::uint32_t payload_bytes, Bytes& out) {
  append_u32(1 + payload_bytes, out);
  out.push_back(static_cast<std::byte>(type));
}

}  // namespace

void append_handshake(const Handshake& handshake, Bytes& out) {
  const auto bytes = encode(handshake);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_signal(MessageType type, Bytes& out) {
  P2P_ASSERT(type <= MessageType::not_interested);
  append_frame_start(type, 0, out);
}

void append_indexed(MessageType type, PieceIndex piece, Bytes& out) {
  P2P_ASSERT(type == MessageType::have || type == MessageType::request);
  append_frame_start(type, 4, out);
  append_u32(piece.value, out);
}

void append_bitfield(const Bitfield& pieces, Bytes& out) {
  append_frame_start(MessageType::bitfield, (pieces.size() + 7) / 8, out);
  pieces.append_wire(out);
}

void append_piece_head(const PieceHead& head, Bytes& out) {
  append_frame_start(MessageType::piece, 4 + head.length, out);
  append_u32(head.piece.value, out);
}

void append_announcement(PieceIndex piece, const ChunkClaim& claim, Bytes& out) {
  P2P_ASSERT(!claim.name.empty() && claim.name.size() <= kLongestChunkName);
  const auto name = std::as_bytes(std::span(claim.name));
  append_u32(static_cast<std::uint32_t>(1 + kAnnouncementHeadBytes + name.size()), out);
  out.push_back(std::byte{kAnnouncementType});
  append_u32(piece.value, out);
  append_u32(claim.size, out);
  out.insert(out.end(), claim.sha256.begin(), claim.sha256.end());
  out.insert(out.end(), name.begin(), name.end());
}

void append_peers(std::uint16_t port, std::span<const NamedPeer> peers, Bytes& out) {
  P2P_ASSERT(peers.size() <= kMostNamedPeers);
  append_u32(static_cast<std::uint32_t>(1 + kPeersHeadBytes + peers.size() * kNamedPeerBytes), out);
  out.push_back(std::byte{kPeersType});
  append_u16(port, out);
  for (const NamedPeer& each : peers) {
    P2P_ASSERT(each.place.port >= kSmallestNamedPort);
    out.insert(out.end(), each.place.ip.begin(), each.place.ip.end());
    append_u16(each.place.port, out);
    append_u32(each.peer.value, out);
  }
}

void append_suggestion(PieceIndex piece, Bytes& out) {
  append_u32(5, out);
  out.push_back(std::byte{kSuggestionType});
  append_u32(piece.value, out);
}

void append_digest_have(const DigestHave& have, Bytes& out) {
  append_u32(static_cast<std::uint32_t>(1 + 4 + have.sha256.size()), out);
  out.push_back(std::byte{kDigestHaveType});
  append_u32(have.piece.value, out);
  out.insert(out.end(), have.sha256.begin(), have.sha256.end());
}

void append_fetching(const PieceRun& run, Bytes& out) {
  append_u32(9, out);
  out.push_back(std::byte{kFetchingType});
  append_u32(run.first.value, out);
  append_u32(run.count, out);
}

}  // namespace p2p
