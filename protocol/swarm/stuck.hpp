// Why nothing goes on, as a value: which pieces, which peers, since when.
//
// Absent: the words (peer/report/stuck_text). Judged by a picture of the swarm, so that each case is tested by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/ids.hpp"
#include "protocol/swarm/standing.hpp"

namespace p2p {

class Swarm;

struct Stuck {
  enum class Why : std::uint8_t {
    nobody_linked,  ///< We lack pieces and have no link: `peers` are to come.
    nobody_holds,   ///< No linked neighbor has `pieces`; `peers` are not linked and could have them.
    choked,         ///< All `peers`, who have what we lack, choke us.
    unanswered,     ///< `peers` have what we lack and do not choke us, and yet send nothing.
    no_room,        ///< The disk takes no more `pieces`.
    no_quorum,      ///< Too few holders agree on `pieces`; `peers` are not linked and could vouch for them.
    withheld,       ///< Nothing but `pieces`, which cannot be stored under their names, is missing.
    others,         ///< We are complete and wait for `peers`.
  };

  struct Peer {
    enum class State : std::uint8_t { linked, lost, never_linked };
    PeerId id;
    State state;
    std::uint32_t pieces;  ///< How many it has, as far as we were told.
    bool ours_to_dial = false;
    DialFault fault =
        DialFault::none;  ///< Why our last dial came to nothing: we dial one that is to come, too, when it does not.
    friend bool operator==(const Peer&, const Peer&) = default;
  };

  /// How many are named; the rest is counted.
  static constexpr std::size_t kNamed = 3;

  Why why;
  std::vector<PieceIndex> pieces = {};  ///< The first kNamed.
  std::uint32_t piece_count = 0;        ///< Of all there are.
  std::vector<Peer> peers =
      {};  ///< The first kNamed; those that are linked come first, then those that are ours to dial.
  std::uint32_t peer_count = 0;
  std::uint32_t pieces_in_all = 0;  ///< Of the whole content.
  std::uint32_t agreeing = 0;       ///< With no_quorum: of how many holders of the first piece, at most,
  std::uint32_t quorum = 0;         ///< where so many must.
  Instant since{};                  ///< When something last went on.

  /// The same reason, however long it has held.
  bool same_as(const Stuck& other) const;
};

/// What is in the way; none when we and all neighbors are complete, or nobody wants what is missing. Does not know
/// whether anything goes on: StuckWatch.
std::optional<Stuck> why_stuck(const Standing& standing);

/// Watches one swarm, and knows when its standing still is worth a word: after kPatience without activity, again when
/// the reason changes, and never twice within kQuiet.
class StuckWatch {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(10);
  static constexpr Duration kQuiet = std::chrono::seconds(30);

  explicit StuckWatch(Instant start) : active_at_(start) {}

  /// Looks at the swarm; to be called a few times a second. True: current() is to be said now.
  bool observe(const Swarm& swarm, Instant now);

  /// Why nothing goes on; none while something does.
  const std::optional<Stuck>& current() const { return current_; }

  /// What is in the way now, for who leaves before kPatience is over; none while answers come in.
  std::optional<Stuck> explain(const Swarm& swarm, Instant now) const;

 private:
  std::uint64_t activity_ = 0;
  Instant active_at_;
  Instant look_at_{};
  std::optional<Stuck> current_;
  std::optional<Stuck> said_;
  std::optional<Instant> said_at_;
};

}  // namespace p2p
