// Which pieces this node fetches from the upstream of its swarm, and when. An upstream is a source outside of the swarm
// that every node of it can ask for any piece, and that is to send each of them about once (docs/HTTP.md, "An
// upstream").
//
// Pieces are owned in groups. A group's owner is the one of the smallest hash of group and peer ID among this node and
// its neighbors (the rivals); each node computes that alone. Two things keep it from going wrong where neighbors want
// other pieces, know of other neighbors, or are slow:
// - Words. Whoever begins to fetch pieces says so, and again from time to time while bytes come. What somebody is at is
//   left to him. Of two who have begun at the same time the one with the larger hash stops.
// - Turns. A group that nobody has begun may be begun by the second of its rivals after one turn, by the third after
//   two, and so on; first by those who have nothing of their own to fetch. A rival that is silent is no owner, and one
//   whose last attempt failed comes after all others.
//
// Absent: what is missing (the swarm passes it), the bytes, and what their sources say (the shell).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/clock.hpp"
#include "protocol/ids.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {

/// Invariants: what is fetched here at a time are at most kMostOwn runs, which have no piece in common; each lies in
/// one group. Cost: next() is O(pieces + groups * rivals), and called a few times a second at most while nothing
/// happens.
class Upstream {
 public:
  static constexpr std::size_t kMostOwn = 2;
  /// A rival that says more than so many runs at a time is believed the latest.
  static constexpr std::size_t kMostWords = 4;
  /// A word is repeated after this, and holds for three times as long.
  static constexpr Duration kWordInterval = std::chrono::seconds(2);
  static constexpr Duration kWordHolds = 3 * kWordInterval;
  /// How long the next one waits for a group that nobody begins; and how long a rival that never spoke may be an owner.
  static constexpr Duration kTurn = std::chrono::milliseconds(500);

  /// `group`: pieces a group, at least 1.
  Upstream(PeerId self, std::uint32_t pieces, std::uint32_t group);

  /// Those who are linked, each once.
  void set_rivals(std::span<const PeerId> linked, Instant now);
  /// The rival, who is linked, is fetching these pieces; a count of 0: no longer those that begin there.
  void on_word(PeerId rival, const PieceRun& run, Instant now);

  /// What to begin now, if anything; it is ours from then on. `todo`: pieces that are wanted and that no neighbor has.
  /// `urgent`: those that readers wait for right now, the most urgent first; others are ignored that are not in `todo`.
  std::optional<PieceRun> next(const Bitfield& todo, std::span<const PieceIndex> urgent, Instant now);

  /// Bytes have come from there, of whatever.
  void on_bytes();
  /// A piece of ours has come. Its run ends with its last piece. No effect on one that is not ours.
  void on_got(PieceIndex piece);
  /// The rest of our run that began with `first` does not come; the next attempt waits, each time longer, until a piece
  /// comes.
  void on_failed(PieceIndex first, Instant now);
  /// Runs of ours that somebody else is at, who comes before us; they are not ours any more. Empties the list.
  std::vector<PieceRun> take_given_up();

  /// What is being fetched here, each run with its first piece, which may have come.
  std::vector<PieceRun> own() const;
  /// Runs of ours of which neighbors have not been told for kWordInterval, and of which something may have come since;
  /// they are taken as told now.
  std::vector<PieceRun> take_words_due(Instant now);
  /// When to call next() and take_words_due() again.
  Instant look_at() const { return look_at_; }
  /// What is to do may have changed.
  void wake(Instant now) { look_at_ = now; }

 private:
  struct Rival {
    PeerId peer;
    Instant since;           ///< When it was linked.
    Instant spoke = kNever;  ///< When it last said something.
    bool gave_up = false;    ///< Its last word was that.
    struct Word {
      PieceRun run;
      Instant said;
    };
    std::vector<Word> words{};  ///< The latest last.
  };
  struct Own {
    PieceRun run;
    std::uint32_t got = 0;  ///< From its first piece on.
    Instant said;
    bool moves = false;  ///< Since then.
  };

  std::uint32_t group_of(PieceIndex piece) const { return piece.value / group_; }
  std::optional<PieceRun> free_run(std::uint32_t group, const Bitfield& todo, Instant now) const;
  bool is_taken(PieceIndex piece, Instant now) const;
  bool counts(const Rival& rival, Instant now) const;
  std::uint32_t turn(std::uint32_t group, Instant now) const;
  PieceRun begin(const PieceRun& run, Instant now);

  PeerId self_;
  std::uint32_t group_;
  std::uint32_t groups_;
  std::vector<Rival> rivals_;  ///< By ID.
  std::vector<Own> own_;
  std::vector<PieceRun> given_up_;
  std::map<std::uint32_t, Instant> waiting_;  ///< Since when others leave a group alone that comes soon.
  Instant wanting_since_ = kNever;            ///< Something is to do.
  std::uint32_t failures_ = 0;                ///< In a row.
  Instant paused_until_{};
  Instant look_at_ = kNever;
};

/// What a swarm keeps of its upstream.
struct UpstreamSide {
  Upstream plan;
  std::vector<std::optional<PieceDigest>> digests;  ///< As far as they are known, by piece.
};

}  // namespace p2p
