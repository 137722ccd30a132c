// An open swarm under random comings and goings: it links whom it may, forgets whom it can, and when all are gone
// nothing of them is left.
#include <algorithm>
#include <map>
#include <set>

#include "protocol/swarm/swarm.hpp"
#include "protocol/wire/features.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr ContentPrefix kContent{std::byte{7}};
constexpr PeerId kSelf{1};
constexpr std::uint32_t kMost = 5;

class Town {
 public:
  explicit Town(std::uint64_t seed) : random_(seed), swarm_(config(), Bitfield::full(3), seed, now_) {}

  void step() {
    switch (random_.below(8)) {
      case 0: return opened(swarm_.on_accepted({}, now_));
      case 1: return find();
      case 2: return answer_dial();
      case 3: return greet();
      case 4: return speak();
      case 5: return hang_up();
      default: now_ += std::chrono::milliseconds(random_.below(3000));
    }
    if (swarm_.next_deadline() <= now_) swarm_.on_timer(now_);
    settle();
  }

  void everybody_leaves() {
    // Some are due to be dialled once more.
    for (int i = 0; i < 10; ++i) {
      while (!links_.empty()) hang_up();
      while (!dials_.empty()) fail_dial();
      now_ += 10s;
      swarm_.on_timer(now_);
      settle();
    }
  }

  void check() const {
    const Standing standing = swarm_.standing();
    std::set<PeerId> ids;
    std::uint32_t linked = 0;
    for (const NeighborStanding& neighbor : standing.neighbors) {
      CHECK(ids.insert(neighbor.handle).second);
      CHECK(neighbor.id != kSelf);
      linked += neighbor.linked;
    }
    REQUIRE(linked == swarm_.linked_neighbors());
    REQUIRE(linked <= links_.size());
    REQUIRE_FALSE(swarm_.swarm_complete());
  }

  const Swarm& swarm() const { return swarm_; }

 private:
  static SwarmConfig config() {
    return {.self = kSelf,
            .listed = {kSelf},
            .geometry = Geometry(30, 10),
            .preferred_neighbors = 2,
            .unchoking_interval = 1s,
            .optimistic_interval = 3s,
            .content = kContent,
            .open = true,
            .most_neighbors = kMost};
  }

  /// Under its own ID, or as one of several who claim it.
  void find() {
    const PeerId claimed = any_peer();
    swarm_.add_neighbor(random_.below(2) == 0 ? claimed : PeerId{Swarm::kFirstHandle + claimed.value}, claimed, now_);
    settle();
  }

  PeerId any_peer() { return PeerId{1 + random_.below(8)}; }

  void opened(LinkId link) {
    links_.push_back(link);
    settle();
  }

  void answer_dial() {
    if (dials_.empty()) return;
    if (random_.below(2) == 0) return fail_dial();
    const PeerId peer = dials_.back();
    dials_.pop_back();
    const LinkId link = swarm_.on_dialed(peer, now_);
    if (random_.below(2) == 0) greeting_[link.value] = PeerId{peer.value % Swarm::kFirstHandle};
    opened(link);
  }

  void fail_dial() {
    const PeerId peer = dials_.back();
    dials_.pop_back();
    swarm_.on_dial_failed(peer, DialFault::refused, now_);
    settle();
  }

  void greet() {
    if (links_.empty()) return;
    const LinkId link = any_link();
    const auto expected = greeting_.find(link.value);
    const PeerId peer = expected == greeting_.end() ? any_peer() : expected->second;
    const Features features{.content = random_.below(8) == 0 ? ContentPrefix{} : kContent};
    swarm_.on_handshake(link, {peer, encode(features)}, now_);
    greeted_.insert(link.value);
    settle();
  }

  void speak() {
    if (links_.empty()) return;
    const LinkId link = any_link();
    // A decoder lets nothing through before a handshake.
    if (!greeted_.contains(link.value)) return;
    if (random_.below(2) == 0)
      swarm_.on_message(link, Interested{}, now_);
    else
      swarm_.on_message(link, Have{PieceIndex{random_.below(3)}}, now_);
    Bytes out;
    while (swarm_.poll_send(link, out)) out.clear();
    settle();
  }

  void hang_up() {
    if (!links_.empty()) ended(any_link());
  }

  void ended(LinkId link) {
    std::erase(links_, link);
    greeting_.erase(link.value);
    greeted_.erase(link.value);
    swarm_.on_closed(link, "the end", now_);
    settle();
  }

  LinkId any_link() { return links_[random_.below(static_cast<std::uint32_t>(links_.size()))]; }

  void settle() {
    std::vector<LinkId> to_end;
    while (const auto effect = swarm_.poll_effect()) {
      if (const auto* const dial = std::get_if<Dial>(&*effect)) dials_.push_back(dial->peer);
      if (const auto* const end = std::get_if<Disconnect>(&*effect)) to_end.push_back(end->link);
    }
    for (const LinkId link : to_end) ended(link);
  }

  Random random_;
  Instant now_{1h};
  Swarm swarm_;
  std::vector<LinkId> links_;
  std::vector<PeerId> dials_;
  std::map<std::uint32_t, PeerId> greeting_;  ///< By link: who answers the dial, when it is the right one.
  std::set<std::uint32_t> greeted_;
};

TEST_CASE("whoever comes and goes, an open swarm forgets all that are gone", "[open]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    Town town(seed);
    for (int i = 0; i < 300; ++i) {
      town.step();
      town.check();
    }
    town.everybody_leaves();
    REQUIRE(town.swarm().standing().neighbors.empty());
  }
}

}  // namespace
}  // namespace p2p
