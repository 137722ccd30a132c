// Which piece to ask for: a random one among the rarest that the neighbor has and nobody was asked for.
//
// Random, but in runs: all peers know the same random order of the pieces, a link starts at a random place in it and
// goes on from there while it can. Peers that ask the same seed at the same time then walk through different parts
// of the order, instead of asking by accident for what another was just given and has had no time to announce. (With
// a choice at random each time, accidents grow as the pieces that nobody was given become few: 14 % of what a seed
// sends in a swarm of 1,000.)
//
// Absent: neighbors and links (the caller passes what a neighbor has), how many to ask for (request window), and
// duplicates at the end (endgame).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/ids.hpp"
#include "protocol/random.hpp"
#include "protocol/swarm/shortlist.hpp"

namespace p2p {

/// Invariants: a piece is in exactly one state at any time; it lies in the level of its availability exactly while it
/// is open; a missing piece is open or closed exactly while no neighbor is asked for it and it is not being stored.
///
/// Cost: each state or availability change is O(1). pick() is O(expected probes) for a neighbor that has much of what
/// is open and is rare, else O(its length) with a shortlist that tells, and never more than O(pieces / 64 + pieces that
/// fit).
class Picker {
 public:
  enum class State : std::uint8_t {
    closed,     ///< Missing, and not to be asked for.
    open,       ///< Missing, asked of nobody.
    requested,  ///< Missing, asked of one or more neighbors.
    storing,    ///< Received, not yet stored.
    stored,
  };

  /// Missing pieces are open at first, or, with `all_closed`, closed.
  explicit Picker(const Bitfield& stored, bool all_closed = false);

  State state(PieceIndex piece) const { return pieces_[piece.value].state; }
  /// How many linked neighbors have the piece.
  std::uint32_t availability(PieceIndex piece) const { return pieces_[piece.value].availability; }
  /// How many neighbors are asked for the piece and not released.
  std::uint32_t requesters(PieceIndex piece) const { return pieces_[piece.value].requesters; }
  std::uint32_t open_count() const { return open_.count(); }
  const Bitfield& stored() const { return stored_; }

  /// A neighbor came, has got one more, or went.
  void add_holder(const Bitfield& pieces);
  void add_holder(PieceIndex piece);
  void remove_holder(const Bitfield& pieces);
  void remove_holder(PieceIndex piece);

  /// An open piece of `neighbor`, of the smallest availability among those; among equals the one that follows `last` in
  /// the common order, if it is one of them, else one at random. `last`: what was picked for this neighbor before.
  /// `shortlist`: of this neighbor; where it tells, only what is on it is looked at, and where it does not and would
  /// help, it is made. `except`: pieces that are not to be picked now; of all pieces.
  std::optional<PieceIndex> pick(const Bitfield& neighbor, std::optional<PieceIndex> last, Random& random,
                                 Shortlist* shortlist = nullptr, const Bitfield* except = nullptr) const;

  /// One more neighbor is asked for the piece: open or requested -> requested.
  void request(PieceIndex piece);
  /// A neighbor that was asked has answered or will not; the last one makes a requested piece open again, or closed.
  void release(PieceIndex piece);
  /// open or requested -> storing.
  void receive(PieceIndex piece);
  /// storing -> stored.
  void store(PieceIndex piece);
  /// The piece could not be stored or was false: storing -> requested where neighbors are still asked, else open or
  /// closed.
  void reject(PieceIndex piece);
  /// A stored piece is gone: it is open again, or closed, or requested if somebody was asked for it.
  void lose(PieceIndex piece);
  /// closed -> open.
  void unlock(PieceIndex piece);
  /// Whether the piece may be asked for while it is missing: open -> closed, or closed -> open. In any other state it
  /// is said for the time when that has come to nothing. Who is asked for it stays asked.
  void set_closed(PieceIndex piece, bool closed);
  /// A stored piece is gone, and is not to be asked for: stored -> closed.
  void forfeit(PieceIndex piece);

 private:
  struct Piece {
    std::uint32_t availability = 0;
    std::uint32_t position = 0;  ///< In its level, while open.
    PieceIndex next;             ///< In the common order, which is a cycle.
    State state = State::open;
    std::uint16_t requesters = 0;  ///< Neighbors asked and not released, in any state.
  };

  void enter_level(PieceIndex piece);
  void leave_level(PieceIndex piece);
  void miss(PieceIndex piece);
  void rest(PieceIndex piece);
  std::optional<PieceIndex> pick_listed(Shortlist& shortlist, std::optional<PieceIndex> following, Random& random,
                                        const Bitfield* except) const;
  std::optional<PieceIndex> pick_by_scan(const Bitfield& neighbor, Random& random, Shortlist* shortlist,
                                         const Bitfield* except) const;
  std::optional<PieceIndex> open_after(std::optional<PieceIndex> last, const Bitfield& neighbor,
                                       const Bitfield* except) const;

  std::vector<Piece> pieces_;
  std::vector<std::vector<PieceIndex>> levels_;  ///< Open pieces by availability.
  std::vector<std::uint64_t> occupied_;          ///< Which levels are not empty.
  std::uint64_t epoch_ = 0;                      ///< Grows when a piece is opened again or becomes rarer.
  Bitfield open_;
  Bitfield closed_;  ///< What is closed while it is missing and asked of nobody.
  Bitfield stored_;
};

}  // namespace p2p
