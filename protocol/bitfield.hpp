// A set of pieces, and its form on the wire (docs/PROTOCOL.md, "bitfield").
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/ids.hpp"
#include "protocol/violation.hpp"

namespace p2p {

/// A fixed-size set of piece indexes with a running count.
///
/// Invariant: bits at size() and above are zero, count() is the number of set bits. test/set/reset are O(1), set
/// algebra is O(size / 64). An index out of range is our bug.
class Bitfield {
 public:
  explicit Bitfield(std::uint32_t size = 0) : size_(size), words_((std::size_t{size} + 63) / 64) {}

  /// All pieces present.
  static Bitfield full(std::uint32_t size);

  /// From a message's payload. The high bit of the first byte is piece 0. A payload of zero bytes is an empty set
  /// (peers exist that send it). Any other length than ceil(size / 8), or set spare bits, is a violation.
  static std::variant<Bitfield, Violation> from_wire(std::span<const std::byte> payload, std::uint32_t size);

  /// The payload that from_wire() reads, ceil(size / 8) bytes, spare bits zero.
  void append_wire(std::vector<std::byte>& out) const;

  std::uint32_t size() const { return size_; }
  std::uint32_t count() const { return count_; }
  bool complete() const { return count_ == size_; }

  bool test(PieceIndex piece) const {
    P2P_ASSERT(piece.value < size_);
    return (words_[piece.value / 64] >> (piece.value % 64)) & 1u;
  }

  /// Returns whether the piece is new.
  bool set(PieceIndex piece) {
    if (test(piece)) return false;
    words_[piece.value / 64] |= std::uint64_t{1} << (piece.value % 64);
    ++count_;
    return true;
  }

  /// Returns whether the piece was there.
  bool reset(PieceIndex piece) {
    if (!test(piece)) return false;
    words_[piece.value / 64] &= ~(std::uint64_t{1} << (piece.value % 64));
    --count_;
    return true;
  }

  /// How many pieces are here and not in `other`, which has the same size.
  std::uint32_t count_without(const Bitfield& other) const;

  /// Calls `visit(PieceIndex)` for each piece that is here, in ascending order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t w = 0; w < words_.size(); ++w) visit_word(w, words_[w], visit);
  }

  /// Calls `visit(PieceIndex)` for each piece that is both here and in `other`, which has the same size.
  template <class Visit>
  void for_each_common(const Bitfield& other, Visit&& visit) const {
    P2P_ASSERT(other.size_ == size_);
    for (std::size_t w = 0; w < words_.size(); ++w) visit_word(w, words_[w] & other.words_[w], visit);
  }

  /// Calls `visit(PieceIndex)` for each piece that is here and not in `other`, which has the same size.
  template <class Visit>
  void for_each_without(const Bitfield& other, Visit&& visit) const {
    P2P_ASSERT(other.size_ == size_);
    for (std::size_t w = 0; w < words_.size(); ++w) visit_word(w, words_[w] & ~other.words_[w], visit);
  }

  friend bool operator==(const Bitfield&, const Bitfield&) = default;

 private:
  template <class Visit>
  static void visit_word(std::size_t w, std::uint64_t word, Visit& visit) {
    for (; word != 0; word &= word - 1)
      visit(PieceIndex{static_cast<std::uint32_t>(w * 64 + static_cast<unsigned>(std::countr_zero(word)))});
  }

  std::uint32_t size_ = 0;
  std::uint32_t count_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace p2p
