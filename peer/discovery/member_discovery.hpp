// Discovery by members: every node knows the nodes of its network, and whoever looks for something asks them.
//
// A node that listens keeps what it knows true for as long as it runs: it asks members and hints what Members says, and
// introduces itself with each question. A visitor asks when it looks for something, and is gone without a trace. With a
// DHT a node looks for members there, too, and for the contents that visitors look for. Absent: who is asked when and
// who is dropped (members.hpp), and the questions for what nodes have (holder_search.hpp).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "peer/discovery/discovery.hpp"
#include "peer/discovery/lifetime.hpp"
#include "peer/discovery/local_search.hpp"
#include "peer/discovery/member_link.hpp"
#include "peer/discovery/members.hpp"
#include "protocol/random.hpp"

namespace p2p {

class MemberDiscovery final : public Discovery, private Lifetime {
 public:
  /// How long a node may take to answer a question for members.
  static constexpr std::chrono::milliseconds kPatience{2'000};
  /// How long a search waits for the first list; for the others when it has one; and for multicast when it has none.
  static constexpr std::chrono::milliseconds kSearchTime{1'000};
  static constexpr std::chrono::milliseconds kFurtherTime{300};
  static constexpr std::chrono::milliseconds kLocalTime{250};
  /// How long the nodes that the user named are asked again while they look for a content in the DHT, and how often.
  static constexpr std::chrono::milliseconds kLookTime{2'000};
  static constexpr std::chrono::milliseconds kLookInterval{250};
  /// How many contents a node looks for in the DHT because others say so: at once, and in a minute.
  static constexpr std::uint32_t kLookBurst = 20;
  static constexpr std::uint32_t kLooksAMinute = 60;
  /// How many nodes a search asks for their lists, beside those that the user named: so many that tell nothing new, and
  /// so many in all. Where all know all a few are enough; soon after many have started each list has others.
  static constexpr std::size_t kIdleLists = 8;
  static constexpr std::size_t kMostLists = 64;
  static constexpr std::chrono::seconds kFarewellTime{1};
  static constexpr std::size_t kFarewellsAtATime = 64;

  /// `dht` may be null, and is for a visitor.
  MemberDiscovery(asio::io_context& io, DiscoveryOptions options, std::unique_ptr<Discovery> dht);
  ~MemberDiscovery() override;

  void announce(const Holding& holding) override;
  void withdraw(const Holding& holding) override;
  void find_name(const std::string& name, std::function<void(const Found&)> on_found,
                 std::function<void()> on_done) override;
  void find_content(const ContentId& id, std::function<void(const Found&)> on_found,
                    std::function<void()> on_done) override;
  void find_nodes(std::function<void(const Node&)> on_found, std::function<void()> on_done) override;
  void note_answer(const std::string& host, std::uint16_t port, std::optional<PeerId> peer, Duration took) override;
  void leave(std::function<void()> gone) override;

  /// A visitor becomes a node, which others find from now on. Its ID is the one that it has shown. Precondition: the
  /// options had no `self`.
  void settle(const Node& self);
  /// Somebody at this address asks for members and introduces himself so: the text for him; null when he leaves.
  std::shared_ptr<const std::string> answer(const asio::ip::address& from, const Introduction& introduction);

 private:
  struct Search;
  struct Farewell;
  using OnNode = std::function<void(const Node&)>;

  PeerId self() const { return options_.self ? options_.self->peer : options_.visitor; }
  bool listens() const { return options_.self.has_value(); }

  void begin_listening();
  void resolve_seeds();
  void go_on();
  void ask(const MemberAddress& address);
  void take(MembersAnswer answer, Duration took);
  void start(const std::optional<ContentId>& id, OnNode on_node, std::function<void()> on_done);
  void begin(const std::shared_ptr<Search>& search);
  void ask_list(const std::shared_ptr<Search>& search, const Address& address);
  void ask_more_lists(const std::shared_ptr<Search>& search);
  void ask_again(const std::shared_ptr<Search>& search);
  void look_for_members();
  void look_for(const ContentId& id);
  OnNode in_dht();
  void report(const std::shared_ptr<Search>& search);
  void end_in(const std::shared_ptr<Search>& search, Duration time);
  void finish_if_answered(const std::shared_ptr<Search>& search);
  void finish(const std::shared_ptr<Search>& search);
  void say_goodbye(const std::shared_ptr<Farewell>& farewell);

  asio::io_context& io_;
  DiscoveryOptions options_;
  Random random_;
  Members members_;
  std::optional<LocalSearch> local_;
  asio::ip::tcp::resolver resolver_;
  asio::steady_timer resolve_timer_;
  asio::steady_timer timer_;  ///< At members_.next_deadline().
  std::set<std::shared_ptr<Search>> searches_;
  std::unique_ptr<Discovery> dht_;
  std::set<ContentId> looked_for_;  ///< In the DHT, at the moment.
  DialBudget looks_{kLookBurst, kLooksAMinute};
};

}  // namespace p2p
