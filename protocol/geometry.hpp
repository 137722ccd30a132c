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
/// Immutable. Sizes in bytes.
///
/// The pieces of a chunk folder have sizes of their own, which are learned one by one; all copies share what is known,
/// so that what the swarm learns its decoders know. One thread.
///
/// Limits: at most 2^31 - 1 pieces (peers written in languages without unsigned integers must be able to count
/// them), pieces of at most 64 MiB (a whole piece is one message and one buffer); chunks as large as a message can be.
class Geometry {
 public:
  static constexpr std::uint64_t kMaxPieces = 0x7fffffff;
  static constexpr std::uint64_t kMaxPieceSize = 64u << 20;
  /// With the type and the piece index, the largest value of a length field: just under 4 GiB.
  static constexpr std::uint32_t kMaxChunkSize = 0xffffffff - 5;

  /// How many pieces a file of this size is; an empty file has none.
  static constexpr std::uint64_t pieces_of(std::uint64_t file_size, std::uint64_t piece_size) {
    return file_size == 0 ? 0 : (file_size - 1) / piece_size + 1;
  }

  /// True when the constructor's precondition holds.
  static constexpr bool valid(std::uint64_t file_size, std::uint64_t piece_size) {
    return file_size > 0 && piece_size > 0 && piece_size <= kMaxPieceSize &&
           pieces_of(file_size, piece_size) <= kMaxPieces;
  }

  /// One file.
  Geometry(std::uint64_t file_size, std::uint64_t piece_size) : Geometry(std::span(&file_size, 1), piece_size) {}

  /// Files one after the other, each beginning with a piece of its own. Precondition: at least one of them is not
  /// empty, and all their pieces together keep to the limits.
  Geometry(std::span<const std::uint64_t> file_sizes, std::uint64_t piece_size)
      : piece_size_(static_cast<std::uint32_t>(piece_size)) {
    P2P_ASSERT(piece_size > 0 && piece_size <= kMaxPieceSize);
    std::uint64_t pieces = 0;
    std::vector<Short> shorts;
    for (const std::uint64_t size : file_sizes) {
      if (size == 0) continue;
      total_size_ += size;
      pieces += pieces_of(size, piece_size);
      P2P_ASSERT(pieces <= kMaxPieces);
      if (size % piece_size != 0)
        shorts.push_back({static_cast<std::uint32_t>(pieces - 1), static_cast<std::uint32_t>(size % piece_size)});
      largest_ = std::max(largest_, static_cast<std::uint32_t>(std::min(size, piece_size)));
    }
    P2P_ASSERT(pieces > 0);
    piece_count_ = static_cast<std::uint32_t>(pieces);
    if (!shorts.empty()) table_ = std::make_shared<Table>(Table{.shorts = std::move(shorts)});
  }

  /// Chunks of sizes that are not known yet. 0 < count <= kMaxPieces.
  static Geometry of_chunks(std::uint32_t count) { return Geometry(count); }

  /// Of all files together; of chunks those whose size is known.
  std::uint64_t total_size() const { return is_learned() ? table_->known_bytes : total_size_; }
  /// Of a full piece; of chunks the mean of what is known, at least 1.
  std::uint32_t piece_size() const {
    if (!is_learned()) return piece_size_;
    return table_->known_count == 0
               ? 1
               : static_cast<std::uint32_t>(std::max<std::uint64_t>(table_->known_bytes / table_->known_count, 1));
  }
  std::uint32_t piece_count() const { return piece_count_; }
  std::uint32_t bitfield_bytes() const { return (piece_count() + 7) / 8; }
  bool contains(PieceIndex piece) const { return piece.value < piece_count(); }

  /// The pieces are chunks, whose sizes have to be learned.
  bool is_learned() const { return table_ && !table_->sizes.empty(); }
  /// Whether the size is known; always when it need not be learned.
  bool knows(PieceIndex piece) const { return !is_learned() || table_->sizes[piece.value] != kUnknown; }
  /// For every copy of this geometry. Precondition: is_learned(), not known or the same.
  void learn(PieceIndex piece, std::uint32_t size) {
    P2P_ASSERT(is_learned() && contains(piece) && size <= kMaxChunkSize);
    if (knows(piece)) {
      P2P_ASSERT(table_->sizes[piece.value] == size);
      return;
    }
    table_->sizes[piece.value] = size;
    table_->known_bytes += size;
    ++table_->known_count;
  }

  /// O(log of the number of files). Precondition: it is known.
  std::uint32_t size_of(PieceIndex piece) const {
    P2P_ASSERT(contains(piece));
    if (!table_) return piece_size_;
    if (is_learned()) {
      P2P_ASSERT(knows(piece));
      return table_->sizes[piece.value];
    }
    const auto it = std::ranges::lower_bound(table_->shorts, piece.value, {}, &Short::piece);
    return it != table_->shorts.end() && it->piece == piece.value ? it->size : piece_size_;
  }
  /// The size of the largest piece: piece_size() unless every file is smaller; of chunks the largest that there can be.
  std::uint32_t largest_size() const { return largest_; }

 private:
  static constexpr std::uint32_t kUnknown = 0xffffffff;
  static_assert(kUnknown > kMaxChunkSize);

  explicit Geometry(std::uint32_t chunks)
      : piece_size_(1), piece_count_(chunks), largest_(kMaxChunkSize), table_(std::make_shared<Table>()) {
    P2P_ASSERT(chunks > 0 && chunks <= kMaxPieces);
    table_->sizes.assign(chunks, kUnknown);
  }

  /// A file's last piece that is not full.
  struct Short {
    std::uint32_t piece;
    std::uint32_t size;
  };
  /// Either shorts or sizes.
  struct Table {
    std::vector<Short> shorts{};         ///< Ascending.
    std::vector<std::uint32_t> sizes{};  ///< Of chunks, by index.
    std::uint64_t known_bytes = 0;
    std::uint32_t known_count = 0;
  };

  std::uint64_t total_size_ = 0;
  std::uint32_t piece_size_;
  std::uint32_t piece_count_ = 0;
  std::uint32_t largest_ = 0;
  std::shared_ptr<Table> table_;  ///< Null when every piece is full.
};

}  // namespace p2p
