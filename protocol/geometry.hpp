// How a content is cut into pieces: the only arithmetic on sizes and piece numbers in the project.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/ids.hpp"

namespace p2p {

/// One content cut into pieces. The classic content is one file: pieces of equal size, the last one being the remainder
/// (a full piece when it divides exactly). A set of files is cut file by file, so that each piece lies in one file.
/// Immutable; copies share what they know. Sizes in bytes.
///
/// Limits: at most 2^31 - 1 pieces (peers written in languages without unsigned integers must be able to count
/// them), pieces of at most 64 MiB (a whole piece is one message and one buffer).
class Geometry {
 public:
  static constexpr std::uint64_t kMaxPieces = 0x7fffffff;
  static constexpr std::uint64_t kMaxPieceSize = 64u << 20;

  /// How many pieces a file of this size is; an empty file has none.
  static constexpr std::uint64_t pieces_of(std::uint64_t file_size, std::uint64_t piece_size) {
    return file_size == 0 ? 0 : (file_size - 1) / piece_size + 1;
  }

  /// True when the constructor's precondition holds.
  static constexpr bool valid(std::uint64_t file_size, std::uint64_t piece_size) {
    return file_size > 0 && piece_size > 0 && piece_size <= kMaxPieceSize && pieces_of(file_size, piece_size) <= kMaxPieces;
  }

  /// One file.
  Geometry(std::uint64_t file_size, std::uint64_t piece_size) : Geometry(std::span(&file_size, 1), piece_size) {}

  /// Files one after the other, each beginning with a piece of its own. Precondition: at least one of them is not empty,
  /// and all their pieces together keep to the limits.
  Geometry(std::span<const std::uint64_t> file_sizes, std::uint64_t piece_size) : piece_size_(static_cast<std::uint32_t>(piece_size)) {
    P2P_ASSERT(piece_size > 0 && piece_size <= kMaxPieceSize);
    std::uint64_t pieces = 0;
    std::vector<Short> shorts;
    for (const std::uint64_t size : file_sizes) {
      if (size == 0) continue;
      total_size_ += size;
      pieces += pieces_of(size, piece_size);
      P2P_ASSERT(pieces <= kMaxPieces);
      if (size % piece_size != 0) shorts.push_back({static_cast<std::uint32_t>(pieces - 1), static_cast<std::uint32_t>(size % piece_size)});
      largest_ = std::max(largest_, static_cast<std::uint32_t>(std::min(size, piece_size)));
    }
    P2P_ASSERT(pieces > 0);
    piece_count_ = static_cast<std::uint32_t>(pieces);
    if (!shorts.empty()) shorts_ = std::make_shared<const std::vector<Short>>(std::move(shorts));
  }

  /// Of all files together.
  std::uint64_t total_size() const { return total_size_; }
  std::uint32_t piece_size() const { return piece_size_; }
  std::uint32_t piece_count() const { return piece_count_; }
  std::uint32_t bitfield_bytes() const { return (piece_count() + 7) / 8; }
  bool contains(PieceIndex piece) const { return piece.value < piece_count(); }

  /// O(log of the number of files).
  std::uint32_t size_of(PieceIndex piece) const {
    P2P_ASSERT(contains(piece));
    if (!shorts_) return piece_size_;
    const auto it = std::ranges::lower_bound(*shorts_, piece.value, {}, &Short::piece);
    return it != shorts_->end() && it->piece == piece.value ? it->size : piece_size_;
  }
  /// The size of the largest piece: piece_size() unless every file is smaller.
  std::uint32_t largest_size() const { return largest_; }

 private:
  /// A file's last piece that is not full.
  struct Short {
    std::uint32_t piece;
    std::uint32_t size;
  };

  std::uint64_t total_size_ = 0;
  std::uint32_t piece_size_;
  std::uint32_t piece_count_ = 0;
  std::uint32_t largest_ = 0;
  std::shared_ptr<const std::vector<Short>> shorts_;  ///< Ascending; null when every piece is full.
};

}  // namespace p2p
