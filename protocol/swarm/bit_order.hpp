// Which end of a byte a neighbor numbers the bits of its bitfield from, when the bitfield alone does not tell.
//
// The high bit of the first byte is piece 0. Peers exist that put piece 0 into the low bit. Their bitfield looks legal
// unless it sets a spare bit, and names wrong pieces: p where they mean p ^ 7. Asked for pieces that they do not have,
// some answer with zeros. So a bitfield that names p without p ^ 7, and could have been meant the other way, leaves
// open what its sender had: D are the pieces that it has only if it counts from the high end, E those that it has only
// if it counts from the low end (both of the same size; p is in D exactly when p ^ 7 is in E).
//
// The haves that follow decide, because nobody announces what he had:
// - A have for a piece of E speaks for the high end, one for a piece of D for the low end.
// - A have for a piece that was there in both readings shows that this neighbor repeats itself. Honest peers do that: a
//   piece that they store between making their bitfield and sending it is in both, and some announce again all that
//   they have.
// - A have for a piece that was there in neither reading says that this is a neighbor that has progress to tell.
// The low end is proven by 8 pieces of D (all of them where D is smaller, never less than two), against which stands
// less than one have for a piece of E or of both readings in 32, and which are not more than twice as many as they
// should be beside the haves for pieces of neither. So an honest peer is misjudged only if it repeats 8 pieces that all
// lie in D, none there in both readings, and then makes progress outside of D and E alone. For one with a random half
// of the pieces that is 1 in 256 for the repeats, if it makes them at all, times 1 in 16 for the progress; with a fifth
// of them, 1 in 6 times 1 in
// 35. The high end is proven by two pieces of E, or the only one, and four more for each of D.
//
// Nothing can be proven of a neighbor that announces nothing. Absent: what follows from a verdict (swarm_doubts.cpp).
// Memory: two bitfields, while the question is open.
#pragma once

#include <cstdint>
#include <memory>

#include "protocol/bitfield.hpp"

namespace p2p {

class BitOrder {
 public:
  enum class Verdict : std::uint8_t { open, high_bit_first, low_bit_first };

  /// `read`: a bitfield, read from the high end. `told`: what its sender has announced before it. Null when the order
  /// makes no difference, or the other one would set spare bits.
  static std::unique_ptr<BitOrder> of(const Bitfield& read, const Bitfield& told);

  /// The neighbor announced the piece, behind its bitfield.
  void on_have(PieceIndex piece);

  Verdict verdict() const;
  /// It has the piece only if it counts from the high end: one of D that it has not announced.
  bool doubts(PieceIndex piece) const { return read_.test(piece) && !in_low(piece) && !told_.test(piece); }

  /// What it has in each reading, and in both. The announced pieces are always among them.
  Bitfield high_reading() const;
  Bitfield low_reading() const;
  Bitfield certain() const;

 private:
  BitOrder(const Bitfield& read, const Bitfield& told, std::uint32_t ambiguous)
      : read_(read), told_(told), ambiguous_(ambiguous) {}

  bool in_low(PieceIndex piece) const;

  Bitfield read_;
  Bitfield told_;
  std::uint32_t ambiguous_;     ///< The size of D.
  std::uint32_t for_low_ = 0;   ///< Announced: pieces of D,
  std::uint32_t for_high_ = 0;  ///< of E,
  std::uint32_t repeated_ = 0;  ///< there in both readings,
  std::uint32_t progress_ = 0;  ///< there in neither.
};

/// The pieces whose bits these are when counted from the other end of each byte; `read` has none whose bit would be a
/// spare one.
Bitfield read_from_low_end(const Bitfield& read);
/// Whether there is such a reading.
bool readable_from_low_end(const Bitfield& read);

}  // namespace p2p
