// Whom neighbors of an open swarm have named: which of them to dial, and how often (docs/PROTOCOL.md, "Naming peers").
//
// What is named is a claim of whoever names it. So the book is bounded, in all and by the origin of whoever named; a
// teller is drawn before one of those that it named, so that one who names many has no larger share than one who names
// few; nobody is drawn twice within kRetry; and so many dials a minute come of it, whatever is named.
//
// Drawing at random is what keeps a large swarm connected: when n peers are each linked with some at random over all of
// them, the graph is connected with overwhelming probability from ln(n) links each on, and an expander. Absent: links,
// and dialling.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/random.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {

class PeerBook {
 public:
  static constexpr std::size_t kMostTellers = 32;
  static constexpr std::size_t kMostByTeller = 100;
  static constexpr Duration kRetry = std::chrono::minutes(1);
  /// So many dials at once, and one each kDialInterval for ever.
  static constexpr std::uint32_t kDialBurst = 50;
  static constexpr Duration kDialInterval = std::chrono::seconds(1);

  explicit PeerBook(Instant now) : counted_(now) {}

  /// `teller`: where whoever names them is. Addresses that are no machine's, and those of the loopback from a teller
  /// that is not there itself, are left out. Of more than kMostByTeller some at random are kept; of more than
  /// kMostTellers the one that has told nothing for longest is forgotten.
  void add(std::span<const NamedPeer> named, const Endpoint& teller, Random& random, Instant now);

  /// One to dial, at random; none when there is none or it is too soon. `is_wanted`: not one that is linked, say.
  std::optional<NamedPeer> draw(const std::function<bool(const NamedPeer&)>& is_wanted, Random& random, Instant now);

  /// Nobody is dialled under this ID by the word of those before.
  void forget(PeerId peer);

  std::size_t size() const;

 private:
  struct Teller {
    std::vector<NamedPeer> named;
    Instant told{};
  };

  bool was_tried(const NamedPeer& named, Instant now) const;

  std::map<Origin, Teller> tellers_;
  std::map<NamedPeer, Instant> tried_;  ///< When those were drawn that were drawn within kRetry.
  double allowance_ = kDialBurst;
  Instant counted_;
};

}  // namespace p2p
