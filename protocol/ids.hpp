// The strong index types. Integers from the wire or from a configuration become one of these at one place
// (decoder, daemon start) and are trusted from there on.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace p2p {

/// An integer that does not mix with integers that mean something else.
template <class Tag>
struct StrongIndex {
  std::uint32_t value = 0;

  friend constexpr auto operator<=>(StrongIndex, StrongIndex) = default;
};

/// A piece's number, 0 <= value < Geometry::piece_count().
using PieceIndex = StrongIndex<struct PieceTag>;

/// Pieces that follow each other.
struct PieceRun {
  PieceIndex first;
  std::uint32_t count = 0;

  constexpr std::uint32_t end() const { return first.value + count; }
  constexpr bool contains(PieceIndex piece) const { return piece >= first && piece.value < end(); }

  friend constexpr bool operator==(const PieceRun&, const PieceRun&) = default;
};

/// The peer ID of PeerInfo.cfg and of the handshake, 0 to kLargestPeerId.
using PeerId = StrongIndex<struct PeerTag>;
constexpr std::uint32_t kLargestPeerId = 0x7fffffff;

/// A handle for one connection, given out by the swarm; reused after the shell has reported the connection's end.
using LinkId = StrongIndex<struct LinkTag>;

}  // namespace p2p

template <class Tag>
struct std::hash<p2p::StrongIndex<Tag>> {
  std::size_t operator()(p2p::StrongIndex<Tag> index) const noexcept { return std::hash<std::uint32_t>{}(index.value); }
};
