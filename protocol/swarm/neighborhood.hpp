// The peers that PeerInfo.cfg lists, as seen from one of them: whom to dial and when, who is linked, who is complete.
// In an open swarm, which has no list, those that were found or came.
//
// Source: docs/PROTOCOL.md, "Start" and "End". Absent: connections (the shell dials when told so).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/ids.hpp"
#include "protocol/random.hpp"
#include "protocol/swarm/talk_budget.hpp"

namespace p2p {

/// A listed peer other than ourselves.
struct Neighbor {
  PeerId id;
  bool dial = false;               ///< Listed before us, or found: ours to dial.
  std::optional<LinkId> link{};    ///< The link in use, from handshake to end.
  bool complete = false;           ///< By its own bitfield and haves; a lost link does not change it.

  bool met = false;                ///< Was linked at least once.
  std::uint32_t pieces = 0;        ///< How many it had when its last link ended.
  bool told = false;               ///< Was sent, on some link, that we have everything.
  bool convicted = false;          ///< Sent a piece with a wrong hash: never linked again, and not waited for.

  Duration backoff{};              ///< Before the next dial but one.
  std::uint32_t offenses = 0;      ///< Links in a row that ended because it broke the protocol.
  std::uint32_t taken_on_trust = 0;  ///< Pieces of it that nothing proved to be right (doubts.cpp).
  bool low_bit_first = false;      ///< Was proven to number the bits of its bitfield from the low end.
  TalkBudget talk{};
  Instant dial_at = kNever;        ///< kNever: dialing, linked, or not ours to dial.
  bool vacant = false;             ///< Nobody: the place of one that was removed.

  /// Nobody waits for it.
  bool out() const { return convicted || vacant; }
};

using NeighborIndex = std::uint32_t;

class Neighborhood {
 public:
  /// `listed`: every line of PeerInfo.cfg in order, `self` among them exactly once, no ID twice.
  Neighborhood(PeerId self, const std::vector<PeerId>& listed, Instant now);

  /// For an open swarm. `dial`: it is ours to dial, from now on. Its index is a vacant one where there is one.
  /// Precondition: find(id) is empty.
  NeighborIndex add(PeerId id, bool dial, Instant now);
  /// For an open swarm: the neighbor is as if it had never been. Precondition: it has no link.
  void remove(NeighborIndex index);

  /// The vacant places among them.
  std::size_t size() const { return neighbors_.size(); }
  /// Without them.
  std::size_t known() const { return index_.size(); }
  Neighbor& operator[](NeighborIndex index) { return neighbors_[index]; }
  const Neighbor& operator[](NeighborIndex index) const { return neighbors_[index]; }
  std::optional<NeighborIndex> find(PeerId id) const;

  /// The neighbors that are due to be dialled; each is "dialing" until dial_again() or a link.
  std::vector<NeighborIndex> take_due(Instant now);
  /// When to call take_due(); may be early, never late. O(1), because it is asked for all the time.
  Instant next_due() const { return next_due_; }

  /// A dial failed or a dialled link ended: due again after a back-off that doubles from 50 ms to 5 s, with jitter so
  /// that peers that lost the same neighbor do not come back in step. No effect on those that are not ours to dial.
  void dial_again(NeighborIndex index, Instant now, Random& random);

  /// The neighbor has a link now; nobody dials it.
  void on_linked(NeighborIndex index, LinkId link);

  /// The link proved useful: the next back-off is the shortest.
  void reset_backoff(NeighborIndex index);

  /// The neighbor broke the protocol and will probably do so again: the next back-off is 5 s, and after each such link that
  /// follows without a forgive() in between twice as long, up to 5 minutes.
  void lengthen_backoff(NeighborIndex index);
  /// It behaved.
  void forgive(NeighborIndex index) { neighbors_[index].offenses = 0; }

  /// Convicts the neighbor; nobody dials it again.
  void convict(NeighborIndex index);

  /// What neighbors were told of our completeness no longer holds.
  void forget_told();

  /// Of all but the convicted.
  bool all_complete() const;
  bool all_linked_or_told() const;

 private:
  std::vector<Neighbor> neighbors_;
  std::unordered_map<PeerId, NeighborIndex> index_;
  std::vector<NeighborIndex> vacant_;
  Instant next_due_ = kNever;  ///< Not later than the earliest dial_at.
};

}  // namespace p2p
