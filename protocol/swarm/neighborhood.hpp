// The peers that PeerInfo.cfg lists, as seen from one of them: whom to dial and when, who is linked, who is complete.
// In an open swarm, which has no list, those that were found or came; in one of which everybody has only some as
// neighbors (NeighborGraph), also a few guests: peers of the list that are linked because one of the two needs it.
//
// Source: docs/PROTOCOL.md, "Start" and "End". Absent: connections (the shell dials when told so).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/clock.hpp"
#include "protocol/ids.hpp"
#include "protocol/origin.hpp"
#include "protocol/random.hpp"
#include "protocol/swarm/dial_fault.hpp"
#include "protocol/swarm/talk_budget.hpp"

namespace p2p {

/// A listed peer other than ourselves.
struct Neighbor {
  PeerId id;
  PeerId claims;                 ///< The ID that its handshake must show; another one than `id` only in an open swarm.
  bool dial = false;             ///< Ours to dial: listed before us, found, or once linked by our own dial.
  bool yields = false;           ///< Of two connections with it that cross, ours stays.
  bool guest = false;            ///< Not a neighbor by the graph: forgotten when it has no link.
  std::optional<LinkId> link{};  ///< The link in use, from handshake to end.
  bool complete = false;         ///< By its own bitfield and haves; a lost link does not change it.

  bool met = false;          ///< Was linked at least once.
  std::uint32_t pieces = 0;  ///< How many it had when its last link ended.
  bool told = false;         ///< Was sent, on some link, that we have everything.
  bool convicted =
      false;  ///< Sent a piece with a wrong hash where we dialled it: never linked again, and not waited for.
  std::vector<Origin> barred{};  ///< Whence somebody who showed its ID came and sent one; see bar().
  bool doubted = false;          ///< Somebody else may be using its ID: its listed address is to be asked.
  Instant doubted_at = kNever;   ///< When it last was.
  bool found = false;            ///< A dial of ours has made a link: it is where it is listed.
  bool absent = false;  ///< Barred somewhere, and not found where it is listed: not waited for until it is linked.
  std::vector<Origin> addresses{};  ///< Of its host, when it was last dialled in vain.

  Duration backoff{};          ///< Before the next dial but one.
  std::uint32_t offenses = 0;  ///< Links in a row that ended because it broke the protocol.
  bool low_bit_first = false;  ///< Was proven to number the bits of its bitfield from the low end;
  Bitfield had{};              ///< then: what it had when its last link ended. Else empty, of no size.
  TalkBudget talk{};
  Instant dial_at = kNever;  ///< kNever: dialing, linked, or not to be dialled.
  bool dialing = false;      ///< From take_due() to dial_ended().
  bool dial_held = false;    ///< Was due once, and put off.
  DialFault fault = DialFault::none;
  Instant seen{};       ///< When it was last linked, as far as anybody has looked.
  bool vacant = false;  ///< Nobody: the place of one that was removed.

  /// Nobody waits for it.
  bool out() const { return convicted || vacant || (absent && !link) || (guest && !link); }
  /// Whether it is not to be linked on a connection from there (none: that we dialled).
  bool bars(const std::optional<Origin>& from) const {
    return convicted || (from && std::ranges::find(barred, *from) != barred.end());
  }
};

using NeighborIndex = std::uint32_t;

class Neighborhood {
 public:
  /// How long a neighbor that is listed after us may take to come by itself before it is dialled, and again after each
  /// dial of ours that failed: it can be reached, and cannot reach us. Give or take a quarter.
  static constexpr Duration kTurnAbout = std::chrono::seconds(10);

  /// `listed`: every line of PeerInfo.cfg in order, `self` among them exactly once, no ID twice.
  Neighborhood(PeerId self, const std::vector<PeerId>& listed, Instant now);

  /// One that `listed` does not name. `dial`: it is ours to dial, from now on. Its index is a vacant one where there is
  /// one. Precondition: find(id) is empty. Its `claims` is its ID, unless it is set.
  NeighborIndex add(PeerId id, bool dial, bool guest, Instant now);
  /// `listed`, as before, is the list from now on: who is not known yet is added, and a guest that it names is a guest
  /// no more. Those whom it does not name stay until they are removed. Returns whether anybody is new.
  bool relist(const std::vector<PeerId>& listed, Instant now);
  /// The neighbor is as if it had never been. Precondition: it has no link.
  void remove(NeighborIndex index);

  /// The vacant places among them.
  std::size_t size() const { return neighbors_.size(); }
  /// Without them.
  std::size_t known() const { return index_.size(); }
  Neighbor& operator[](NeighborIndex index) { return neighbors_[index]; }
  const Neighbor& operator[](NeighborIndex index) const { return neighbors_[index]; }
  std::optional<NeighborIndex> find(PeerId id) const;

  /// The neighbors that are due to be dialled; each is `dialing` until dial_ended().
  std::vector<NeighborIndex> take_due(Instant now);
  /// When to call take_due(); may be early, never late. O(1), because it is asked for all the time.
  Instant next_due() const { return next_due_; }

  /// A dial led to a connection, or failed.
  void dial_ended(NeighborIndex index) { neighbors_[index].dialing = false; }

  /// A dial failed or a link ended: due again after a back-off that doubles from 50 ms to 5 s, with jitter so that
  /// peers that lost the same neighbor do not come back in step. One that is not ours to dial is due after kTurnAbout
  /// if it never was linked, else never: it has shown that it can come. No effect while it is being dialled.
  void dial_again(NeighborIndex index, Instant now, Random& random);

  /// A link ended of which nobody needs another one soon: it is due after kRest. For one that is ours to dial.
  void rest(NeighborIndex index, Instant now);
  static constexpr Duration kRest = std::chrono::seconds(30);

  /// Puts off the dial that take_due() gave. Precondition: no connection was made for it.
  void hold_dial(NeighborIndex index, Instant until);

  /// The neighbor has a link now; nobody dials it. `by_us`: our dial made it, so that it is ours to dial again.
  void on_linked(NeighborIndex index, LinkId link, bool by_us);

  /// The link has ended, and this is what the neighbor had then.
  void on_unlinked(NeighborIndex index, const Bitfield& pieces, Instant now);

  /// The link proved useful: the next back-off is the shortest.
  void reset_backoff(NeighborIndex index);

  /// The neighbor broke the protocol and will probably do so again: the next back-off is 5 s, and after each such link
  /// that follows without a forgive() in between twice as long, up to 5 minutes.
  void lengthen_backoff(NeighborIndex index);
  /// It behaved.
  void forgive(NeighborIndex index) { neighbors_[index].offenses = 0; }

  /// Convicts the neighbor; nobody dials it again.
  void convict(NeighborIndex index);

  /// Somebody who came from there has sent a wrong piece under its ID, and is not it again; whether the
  /// peer is complete is open again. Of more than kMostBarred
  /// origins the first is forgotten: he may cost another piece.
  void bar(NeighborIndex index, const Origin& from);
  static constexpr std::size_t kMostBarred = 64;

  /// It is dialled soon, linked or not, though at most every kTurnAbout.
  void doubt(NeighborIndex index, Instant now);
  /// A dial led to nobody, or not to it. One that was found there once will come back.
  void on_nobody_there(NeighborIndex index) {
    neighbors_[index].absent = !neighbors_[index].barred.empty() && !neighbors_[index].found;
  }
  /// Dials a guest of before. Precondition: it has no link, and is not being dialled.
  void dial_now(NeighborIndex index, Instant now);

  /// We are no longer complete, as neighbors were told that we are.
  void forget_told();

  /// Of all that are waited for.
  bool all_complete() const;
  bool all_linked_or_told() const;

  /// Since when all that are waited for have been out of sight, by `seen`; kNever while one of them was never linked.
  /// Empty: all are complete.
  std::optional<Instant> all_unseen_since() const;

 private:
  PeerId self_;
  std::vector<Neighbor> neighbors_;
  std::unordered_map<PeerId, NeighborIndex> index_;
  std::vector<NeighborIndex> vacant_;
  Instant next_due_ = kNever;  ///< Not later than the earliest dial_at.
};

}  // namespace p2p
