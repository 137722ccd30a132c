// A network of Members on virtual time, as their shell runs them (peer/discovery/member_discovery.cpp): with
// connections that take round trips and work, silence that takes patience, partitions, and visitors who look for a
// name.
//
// Two decisions of the shells are played here, too: whom a search asks for lists (MemberDiscovery), and how many nodes
// it asks at a time and how long for (HolderSearch); their figures are parameters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <vector>

#include "peer/discovery/members.hpp"
#include "protocol/random.hpp"

namespace p2p::sim {

struct MembersScenario {
  std::size_t nodes = 1'000;
  std::uint64_t seed = 1;
  Duration least_latency = std::chrono::microseconds(200);  ///< One way between two nodes.
  Duration most_latency = std::chrono::milliseconds(1);
  Duration work = std::chrono::microseconds(200);  ///< Of a visitor for each question, one after the other.
  Duration patience = std::chrono::seconds(2);     ///< MemberDiscovery::kPatience.
  std::size_t at_a_time = 64;                      ///< HolderSearch::kMostAtATime.
  Duration slot_time = std::chrono::milliseconds(250);
  std::size_t idle_lists = 8;   ///< MemberDiscovery::kIdleLists.
  std::size_t most_lists = 64;  ///< MemberDiscovery::kMostLists.
};

class MembersNetwork {
 public:
  /// All start within a second, and each was told of the first one.
  explicit MembersNetwork(const MembersScenario& scenario);

  void run_for(Duration time);
  /// Nodes before `first` and the others do not reach each other; 0: an end to that.
  void cut_at(std::size_t first) { cut_ = first; }
  /// It accepts connections and says nothing from now on.
  void falls_silent(std::size_t node) { silent_[node] = true; }

  /// How many others the node that knows fewest of them knows, as it tells others.
  std::size_t fewest_known() const;
  /// Whether each node knows one of the other side of `first`.
  bool each_knows_one_beyond(std::size_t first) const;

  /// How long until a visitor who has come now, and was told of one node, has the answer of the holder; empty: it never
  /// asks the holder. Changes nothing here.
  std::optional<Duration> visit(std::size_t way_in, std::size_t holder);

  Duration age() const { return now_ - kStart; }
  std::uint64_t questions() const { return questions_; }

 private:
  struct Event {
    Instant at;
    std::uint64_t order;
    std::function<void()> action;
    bool operator>(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
  };

  void at(Instant time, std::function<void()> action) { agenda_.push({time, order_++, std::move(action)}); }
  void go_on(std::size_t node);
  void ask(std::size_t node, const MemberAddress& address);
  bool reaches(std::size_t a, std::size_t b) const;
  Duration latency();
  /// Connect, and a question with its answer.
  Duration exchange() { return 4 * latency(); }

  MembersScenario scenario_;
  Random random_;
  static constexpr Instant kStart{std::chrono::seconds(1'000)};

  Instant now_ = kStart;
  std::vector<Members> nodes_;
  std::vector<std::uint64_t> timers_;  ///< Of each node the latest, which alone counts.
  std::vector<bool> silent_;
  std::size_t cut_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> agenda_;
  std::uint64_t order_ = 0;
  std::uint64_t questions_ = 0;
};

}  // namespace p2p::sim
