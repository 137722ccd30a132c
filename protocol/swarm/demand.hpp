// Which pieces are wanted, where a content is fetched for readers alone and never as a whole: those that some reader
// has before it. The others stay closed.
//
// Absent: who reads what (the shell says which ranges there are), which piece comes first (windows.hpp), who is asked.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/ids.hpp"

namespace p2p {

/// Pieces from `first` on and before `end`.
struct PieceRange {
  std::uint32_t first;
  std::uint32_t end;
  friend bool operator==(const PieceRange&, const PieceRange&) = default;
};

/// Invariant: a piece is wanted exactly while it lies in one of the ranges that were set last.
class Demand {
 public:
  /// Nothing is wanted yet.
  explicit Demand(const Bitfield& stored);

  /// These are wanted, as far as there are so many pieces, and no others any more; they may overlap. Returns the pieces
  /// that are wanted now and were not, or were and are not any more, in ascending order. O(ranges * log ranges + pieces
  /// that are returned).
  std::vector<PieceIndex> set(std::vector<PieceRange> ranges);
  bool wants(PieceIndex piece) const { return wanted_.test(piece); }

  /// The pieces that we do not lack: stored, or wanted by nobody.
  const Bitfield& unwanted() const { return unwanted_; }

  /// Returns whether it was wanted.
  bool on_stored(PieceIndex piece) {
    stored_.set(piece);
    return unwanted_.set(piece);
  }
  void on_lost(PieceIndex piece);

 private:
  void change(PieceIndex piece);

  std::vector<PieceRange> ranges_;  ///< Ascending, apart from each other, none empty.
  Bitfield wanted_;
  Bitfield stored_;
  Bitfield unwanted_;
};

}  // namespace p2p
