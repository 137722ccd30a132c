// What readers at this node wait for. A reader takes the content in order from some place on, while it comes: the
// pieces behind its place, its window, go before all that the picker would choose, the nearest to its place first.
// Outside of windows the picker decides as if nobody read.
//
// Three things would go wrong if each link simply asked for the nearest piece:
// - Lock-step. Where all nodes read from the start, all want the same piece next, and the one that has it sends a copy
//   to each, while without readers it sends one to them all. So a piece that only complete neighbors have is fetched
//   from there by one of those that lack it, its owner: the one of the smallest hash of piece and peer ID. Each
//   computes that alone, leaves the piece to its owner, and gets it from there; likewise what an incomplete neighbor
//   has. That is so while complete neighbors are fewer than those that lack pieces: where they are many, copies cost
//   nothing.
// - An owner that does not read, or reads elsewhere, does not come for the piece. It does not say so, but it shows: an
//   owner that has brought none of its pieces for a while (patience) does not count any more, until it brings some
//   again. Without that, one reader among 16 nodes that do not read would stand still for half a minute.
// - A first byte that comes late, because many pieces share the downlink with the first. So while a reader opens, that
//   is, from when it comes or jumps to another place until its first piece is there, nothing else is asked for. And its
//   first piece is worth a copy: nobody waits for an owner before anything is there.
//
// Absent: what a window costs in bytes, and which link is slow (the swarm passes it, swarm_windows.cpp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/clock.hpp"
#include "protocol/ids.hpp"
#include "protocol/swarm/picker.hpp"

namespace p2p {

/// A reader's number, given by the shell. Of two readers the one that came later has the larger one.
using ReaderId = StrongIndex<struct ReaderTag>;

/// Invariants: only open pieces come out of next(), and none that the source lacks; at most kMostWanted pieces are
/// wanted at a time. Cost: next() is O(wanted pieces), a change of a window or of the neighbors O(wanted pieces *
/// neighbors that lack pieces); nothing where nobody reads.
class Windows {
 public:
  /// Of more readers than this the first ones count; the others do as soon as these are gone.
  static constexpr std::uint32_t kMostReaders = 256;
  /// All readers together; each has an equal share. Looking at so many takes some microseconds, as often as a piece is
  /// asked for.
  static constexpr std::uint32_t kMostWanted = 1024;

  /// A link on which one more piece may be asked for.
  struct Source {
    const Bitfield& pieces;       ///< That its neighbor has.
    bool complete;                ///< It has all.
    Duration response;            ///< How long an answer takes on it; zero when that is not known yet.
    std::uint32_t overtaken = 0;  ///< How many pieces other links bring while this one brings one: what lies nearer
                                  ///< than that is left to `quicker`, where one of them has it.
    std::span<const Bitfield* const> quicker = {};
  };

  Windows(PeerId self, std::uint32_t piece_count);

  /// Nobody reads.
  bool empty() const { return wanted_.empty(); }

  /// The reader waits for the `count` pieces from `first` on, as far as there are so many; at least 1. One whose window
  /// begins neither in its last one nor right after it opens anew.
  void set(ReaderId reader, PieceIndex first, std::uint32_t count, const Picker& picker);
  /// It is gone.
  void clear(ReaderId reader);

  /// Some neighbor came, went, or became complete: set_neighbors() before the next call of next().
  void forget_neighbors() { neighbors_known_ = false; }
  bool neighbors_known() const { return neighbors_known_; }
  /// The linked ones: how many are complete, and who is not; who is linked twice may be named twice.
  void set_neighbors(std::uint32_t complete, const std::vector<PeerId>& lacking);
  /// An incomplete neighbor has this piece now.
  void on_brought(PeerId peer, PieceIndex piece, Instant now);

  /// What to ask this source for; none: nothing that is wanted, or for the time being (look_at()).
  std::optional<PieceIndex> next(const Source& source, const Picker& picker, Instant now);
  /// The wanted pieces that the source of the last next(), if it gave none, is not to be asked for by others either.
  const Bitfield& withheld() const { return withheld_; }
  /// Whether a reader's first piece is on its way, so that nothing else is to be asked for.
  bool opening(const Picker& picker, Instant now);
  /// Whether complete neighbors are to be spared copies.
  bool rationed() const { return complete_ <= lacking_.size(); }
  /// Of the readers that are nearest to it, the pieces that they wait for right now and that a neighbor or two are
  /// asked for.
  std::vector<PieceIndex> awaited(const Picker& picker) const;

  /// Of each reader the nearest piece that is missing, the most urgent first.
  std::vector<PieceIndex> fronts(const Picker& picker) const;

  /// When links are to be filled again although nothing has come: a patience ends.
  Instant look_at() const { return look_at_; }
  void looked() { look_at_ = kNever; }

 private:
  struct Reader {
    PieceIndex first;
    std::uint32_t count;
    std::optional<PieceIndex> front{};  ///< While it opens: its first piece.
    Instant asked = kNever;             ///< When that was asked for.
    std::uint64_t served = 0;           ///< In which turn it last was given a piece.
  };
  /// A neighbor that lacks pieces.
  struct Rival {
    PeerId peer;
    Instant brought = Instant::min();  ///< When it last brought a piece that it owned.
    bool counts = true;
    std::uint32_t proofs = 0;  ///< How many it brought, soon one after the other, since it does not count.
  };
  struct Wanted {
    PieceIndex piece;
    std::uint32_t distance;  ///< From its reader's place.
    ReaderId reader;
    std::optional<PeerId> called{};  ///< Would own it if all counted; none: we.
    std::optional<PeerId> owner{};   ///< None: we.
    std::uint32_t turn = 0;          ///< How many that count would take it before us.
    Instant since = kNever;          ///< When it was first left to another one.
  };

  void gather();
  void find_owner(Wanted& wanted) const;
  Rival* rival(PeerId peer);
  Instant free_at(Wanted& wanted, const Source& source, const Picker& picker, Instant now);
  bool left_to_quicker(const Wanted& wanted, const Source& source) const;

  PeerId self_;
  std::map<ReaderId, Reader> readers_;
  std::vector<Wanted> wanted_;  ///< The nearest first; among equals, of the reader who was served longest ago, when
                                ///< a window changed last.
  std::uint32_t complete_ = 0;
  std::vector<Rival> lacking_;  ///< By ID, each once.
  bool neighbors_known_ = false;
  Duration patience_;  ///< The last one, for a piece of an owner's.
  Bitfield withheld_;
  std::vector<PieceIndex> withheld_list_;  ///< What is in withheld_.
  std::uint64_t turns_ = 0;
  Instant look_at_ = kNever;
};

}  // namespace p2p
