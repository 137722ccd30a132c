// Who is served: the choker's decisions, when they are made, and what neighbors and listeners were told of them
// (docs/PROTOCOL.md, "Choking").
//
// Invariant: told_unchoked() are exactly the links whose neighbor was told last that it is not choked.
// Absent: links, what was asked of them (Link::uploads), and frames; whoever owns the links carries out Changes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/ids.hpp"
#include "protocol/random.hpp"
#include "protocol/swarm/choker.hpp"

namespace p2p {

class Uploads {
 public:
  struct Plan {
    std::uint32_t preferred_neighbors;
    Duration unchoking_interval;
    Duration optimistic_interval;
  };

  /// What is new since the last take_changes().
  struct Changes {
    std::vector<LinkId> choke;    ///< To be told that they are choked; what they asked for is forgotten.
    std::vector<LinkId> unchoke;  ///< To be told that they are not.
    std::optional<std::vector<PeerId>> preferred;  ///< Ascending, when others are preferred than before; never empty.
    std::optional<PeerId> optimistic;              ///< When another neighbor is.
  };

  Uploads(const Plan& plan, Instant now);

  /// The link has a neighbor now. `favored`: as Choker::favor().
  void on_linked(LinkId link, bool favored);
  /// From now on these links are favored, and no others.
  void favor_only(std::vector<LinkId> links, Random& random) { choker_.favor_only(std::move(links), random); }
  void on_interested(LinkId link, Random& random) { choker_.on_interested(link, random); }
  void on_not_interested(LinkId link, Random& random) { choker_.on_not_interested(link, random); }
  /// Its neighbor has everything, and will not be interested again.
  void on_complete(LinkId link, Random& random) { choker_.unfavor(link, random); }
  void on_gone(LinkId link, Random& random);
  /// It asked for something, or had a slot and did not.
  void on_used(LinkId link) { choker_.on_used(link); }
  void on_wasted(LinkId link, Random& random);
  bool anybody_waits() const { return choker_.anybody_waits(); }

  /// Whether an unchoking interval ends now: then it is decided on with choose_preferred(), and the next one begins.
  bool interval_ends(Instant now) const { return now >= unchoking_at_; }
  std::span<const LinkId> interested() const { return choker_.interested(); }
  void choose_preferred(std::span<const Ranked> ranked, Instant now, Random& random);
  /// Likewise, for the optimistic interval and choose_optimistic(). `ranked`: as Choker's.
  bool optimistic_interval_ends(Instant now) const { return now >= optimistic_at_; }
  void choose_optimistic(Instant now, Random& random);
  void choose_optimistic(std::span<const Ranked> ranked, Instant now, Random& random);
  std::optional<LinkId> optimistic() const { return choker_.optimistic(); }
  Instant next_deadline() const { return std::min(unchoking_at_, optimistic_at_); }

  /// `peer_of`: whose link that is.
  Changes take_changes(const std::function<PeerId(LinkId)>& peer_of);
  std::span<const LinkId> told_unchoked() const { return told_unchoked_; }

 private:
  Choker choker_;
  Plan plan_;
  Instant unchoking_at_;
  Instant optimistic_at_;
  std::vector<LinkId> told_unchoked_;
  std::vector<PeerId> told_preferred_;
  std::optional<PeerId> told_optimistic_;
};

}  // namespace p2p
