// Which neighbors may ask us for pieces (docs/PROTOCOL.md, "Choking"): at most k preferred neighbors, chosen every
// interval by how fast they fed us, plus one optimistic neighbor chosen at random.
//
// Absent: when the intervals end, and telling anybody (swarm). Neighbors are opaque link ids.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/random.hpp"

namespace p2p {

/// What an interval's decision is made from: who ranks higher is served. By the course's policy the rank is the piece
/// bytes that the neighbor gave us in the interval that ends, or the same for all once we are complete.
struct Ranked {
  LinkId link;
  std::uint64_t rank;
};

/// Invariants: preferred() has at most k links and no link twice; unchoked links are preferred() and optimistic(),
/// nobody else; while a slot is free or held by a neighbor that is not interested, nobody interested waits. While
/// somebody waits who has wasted no slot, nobody who has wasted one holds a slot.
///
/// The last one is what the course leaves open: between two intervals an interested neighbor takes an idle slot at
/// once instead of waiting for the interval's end. The interval's own decision is exactly the course's.
class Choker {
 public:
  explicit Choker(std::uint32_t preferred_slots) : slots_(preferred_slots) {}

  /// Favored links come before all others whenever a slot is given, and take slots from others at once. The course's
  /// policy favors nobody; the cooperative one favors a fixed set, no more of them than there are slots.
  void favor(LinkId link);
  void unfavor(LinkId link, Random& random);
  /// These are favored, and no others.
  void favor_only(std::vector<LinkId> links, Random& random);

  /// The neighbor's interest changed. A new link is neither interested nor favored.
  void on_interested(LinkId link, Random& random);
  void on_not_interested(LinkId link, Random& random);
  /// The link is gone; its id may come again as another neighbor's.
  void on_gone(LinkId link, Random& random);

  /// The neighbor held a slot and asked for nothing. It loses the slot, and comes after all others whenever one is
  /// given, until on_used(); among its like who has waited longest comes first. Every second optimistic interval the
  /// first of them gets the slot as if it were new, so that nobody is kept out for ever for having been slow once. An
  /// exchange that never calls this has the course's choker.
  void on_wasted(LinkId link, Random& random);
  void on_used(LinkId link) { std::erase(wasters_, link); }

  /// Whether somebody interested has no slot.
  bool anybody_waits() const;

  /// The interested links, of which the next decision is made.
  std::span<const LinkId> interested() const { return interested_; }

  /// End of an unchoking interval: the k interested links of the highest rank are preferred, ties at random.
  /// Those who wasted a slot come last. `ranked` has one entry for each interested link.
  void choose_preferred(std::span<const Ranked> ranked, Random& random);

  /// End of an optimistic interval: one at random of the choked and interested, see on_wasted(); with no such link, or
  /// while a favored and interested one holds it, the slot stays.
  void choose_optimistic(Random& random);
  /// The same, by rank: of `ranked` the one that waits and has the highest, ties at random. `ranked` names those that
  /// may get the slot; when none of them waits, it stays.
  void choose_optimistic(std::span<const Ranked> ranked, Random& random);

  std::span<const LinkId> preferred() const { return preferred_; }
  std::optional<LinkId> optimistic() const { return optimistic_; }
  bool unchoked(LinkId link) const;

 private:
  bool is_preferred(LinkId link) const;
  bool is_interested(LinkId link) const;
  bool is_favored(LinkId link) const;
  bool is_waster(LinkId link) const;
  bool waits(LinkId link) const;
  bool yields_to(LinkId holder, LinkId waiting) const;
  std::optional<LinkId> random_waiting(Random& random) const;
  std::optional<LinkId> first_waiting_waster() const;
  bool give_second_chance(Random& random);
  void fill_idle_slots(Random& random);

  std::uint32_t slots_;
  std::vector<LinkId> favored_;
  std::vector<LinkId> interested_;
  std::vector<LinkId> preferred_;
  std::optional<LinkId> optimistic_;
  std::vector<LinkId> wasters_;  ///< Who held a slot in vain, the longest ago first.
  bool second_chance_due_ = false;
};

}  // namespace p2p
