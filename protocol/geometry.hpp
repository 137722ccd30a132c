// Sizes and places of pieces: the only arithmetic on FileSize and PieceSize in the project.
#pragma once

#include <cstdint>

#include "protocol/assert.hpp"
#include "protocol/ids.hpp"

namespace p2p {

/// One content cut into pieces of equal size, the last one being the remainder (a full piece when it divides
/// exactly). Immutable. Sizes in bytes.
///
/// Limits: at most 2^31 - 1 pieces (peers written in languages without unsigned integers must be able to count
/// them), pieces of at most 64 MiB (a whole piece is one message and one buffer).
class Geometry {
 public:
  static constexpr std::uint64_t kMaxPieces = 0x7fffffff;
  static constexpr std::uint64_t kMaxPieceSize = 64u << 20;

  /// True when the constructor's precondition holds.
  static constexpr bool valid(std::uint64_t file_size, std::uint64_t piece_size) {
    return file_size > 0 && piece_size > 0 && piece_size <= kMaxPieceSize &&
           (file_size - 1) / piece_size + 1 <= kMaxPieces;
  }

  constexpr Geometry(std::uint64_t file_size, std::uint64_t piece_size)
      : file_size_(file_size), piece_size_(static_cast<std::uint32_t>(piece_size)) {
    P2P_ASSERT(valid(file_size, piece_size));
  }

  constexpr std::uint64_t file_size() const { return file_size_; }
  constexpr std::uint32_t piece_size() const { return piece_size_; }
  constexpr std::uint32_t piece_count() const { return static_cast<std::uint32_t>((file_size_ - 1) / piece_size_ + 1); }
  constexpr std::uint32_t bitfield_bytes() const { return (piece_count() + 7) / 8; }
  constexpr bool contains(PieceIndex piece) const { return piece.value < piece_count(); }

  constexpr std::uint64_t offset_of(PieceIndex piece) const { return std::uint64_t{piece.value} * piece_size_; }

  constexpr std::uint32_t size_of(PieceIndex piece) const {
    const std::uint64_t left = file_size_ - offset_of(piece);
    return left < piece_size_ ? static_cast<std::uint32_t>(left) : piece_size_;
  }

 private:
  std::uint64_t file_size_;
  std::uint32_t piece_size_;
};

}  // namespace p2p
