// When a peer looks for others than its neighbors (MaxConnections), and for whom: the graph connects everybody only
// while everybody is there.
//
// Absent: links. The swarm says whether it is fed, and dials who is named.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/ids.hpp"

namespace p2p {

class Seeker {
 public:
  /// How long nobody linked may have what we lack.
  static constexpr Duration kHunger = std::chrono::seconds(10);
  static constexpr Duration kInterval = std::chrono::seconds(1);
  /// How many are dialled, or linked after that, at once.
  static constexpr std::uint32_t kMostSought = 4;
  /// How long one of them may be linked and have nothing for us before another takes its place.
  static constexpr Duration kTrial = std::chrono::seconds(30);

  using List = std::shared_ptr<const std::vector<PeerId>>;

  /// `list`: every peer of the swarm; null or empty where there are none but neighbors. `start` decides who is named
  /// first, so that not all who are hungry ask the same.
  Seeker(List list, std::uint64_t start, Instant now);

  bool lists(PeerId peer) const;

  /// When to call look().
  Instant look_at() const { return look_at_; }
  /// `fed`: somebody linked has what we lack. True: one more should be dialled.
  bool look(bool fed, Instant now);
  /// Nothing is lacking any more, or something is again.
  void rest() { look_at_ = kNever; }
  void wake(Instant now);

  /// The next of the list that is not `known`; each has its turn. Empty: all are.
  template <class Known>
  std::optional<PeerId> next(Known&& known) {
    for (std::size_t tries = 0; list_ && tries < list_->size(); ++tries) {
      const PeerId peer = (*list_)[next_++ % list_->size()];
      if (!known(peer)) return peer;
    }
    return std::nullopt;
  }

 private:
  List list_;
  std::size_t next_ = 0;
  Instant look_at_ = kNever;
  Instant fed_at_;
};

}  // namespace p2p
