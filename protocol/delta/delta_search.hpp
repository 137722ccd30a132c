// Which pieces of a new content to ask for first, so that the old file gives as many of the others as it can.
//
// A manifest knows pieces by their SHA-256 alone, which does not roll, so that a piece cannot be looked for at every
// offset of the old file before anything of it is known. But what is fetched is known byte by byte: a rolling hash
// finds where its end lies in the old file, and the pieces that follow lie behind that, up to the next edit, and prove
// themselves by their SHA-256. So in each gap one piece is asked for, the one beside what we have: an edit begins
// there, so it is needed in any case. It is scanned, what follows is checked, and the gap has become smaller. While
// pieces tell nothing, more of them are asked for at a time, so that what is wholly new comes at full speed: a quarter
// as many as told nothing.
//
// Pure: inputs are on_*() calls, outputs are effects to be pulled after each of them. Answers may come in any order.
// Absent: bytes, files, who gives a piece. The pieces are those of one file.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/delta/block_index.hpp"
#include "protocol/geometry.hpp"

namespace p2p {

/// Invariant: each piece is in exactly one state, and only a closed piece becomes open or checked.
class DeltaSearch {
 public:
  /// Look where the bytes of this stored piece come from, and answer with on_scanned().
  struct Scan {
    PieceIndex piece;
  };
  /// Compare bytes of the old file with these pieces, from the first on, until one is not there, and answer with
  /// on_checked(). Piece i lies at the offset that it has in the new file, plus the shift.
  struct Check {
    PieceIndex first;
    bool backwards;
    Shift shift;
    std::uint32_t count;
  };
  /// Ask for this piece, and call on_stored() when it has come.
  struct Open {
    PieceIndex piece;
  };
  using Effect = std::variant<Scan, Check, Open>;

  /// `batch`: how many pieces a Check has at most, at least 1.
  DeltaSearch(const Geometry& geometry, std::uint64_t old_size, const Bitfield& stored, std::uint32_t batch);

  void on_stored(PieceIndex piece);
  void on_scanned(PieceIndex piece, const Shifts& shifts);
  /// The first `found` of them are there, and stored now.
  void on_checked(const Check& check, std::uint32_t found);

  std::optional<Effect> poll_effect();

 private:
  enum class State : std::uint8_t {
    closed,    ///< Not asked for.
    checking,  ///< Compared with the old file.
    open,      ///< Asked for.
    scanning,  ///< Stored, and to be looked for in the old file.
    settled,   ///< Stored.
  };
  /// A run of pieces that are not settled.
  struct Gap {
    std::uint32_t begin, end;
  };

  bool contains(std::uint32_t piece) const {
    return piece < states_.size();
  }  // what comes before the first is very large
  bool lies_in_old_file(std::uint32_t piece, Shift shift) const;
  std::vector<Gap> gaps() const;
  bool any_closed(Gap gap) const;
  bool is_between_small(Gap gap) const;
  std::uint32_t unresolved(Gap gap) const;
  std::optional<std::uint32_t> next_to_open(Gap gap) const;
  void scan(std::uint32_t piece);
  void go_on();
  void check_next();
  void open_more();
  void open(std::uint32_t piece);

  Geometry geometry_;
  std::uint64_t old_size_;
  std::uint32_t batch_;
  std::vector<State> states_;
  std::deque<Check> supposed_;                         ///< To be checked, one after the other; no counts yet.
  std::set<std::pair<std::uint32_t, Shift>> refuted_;  ///< Pieces that are not where they were supposed to be.
  bool checking_ = false;
  std::uint32_t misses_ = 0;  ///< Pieces that came since one was last found.
  std::deque<Effect> effects_;
};

}  // namespace p2p
