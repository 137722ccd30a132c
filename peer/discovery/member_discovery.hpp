// Discovery by members: every node knows the nodes of its network, and whoever
// looks for something asks them.
//
// A node that listens keeps what it knows true for as long as it runs: it asks
// members and hints what Members says, and introduces itself with each
// question. A visitor asks when it looks for something, and is gone without a
// trace. Absent: who is asked when and who is dropped (members.hpp), and the
// questions for what nodes have (holder_search.hpp).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "peer/discovery/discovery.hpp"
#include "peer/discovery/local_search.hpp"
#include "peer/discovery/member_link.hpp"
#include "peer/discovery/members.hpp"

namespace p2p {

class MemberDiscovery final : public Discovery {
 public:
  /// How long a node may take to answer a question for members.
  static constexpr std::chrono::milliseconds kPatience{2'000};
  /// How long a search waits for the first list; for the others when it has
  /// one; and for multicast when it has none.
  static constexpr std::chrono::milliseconds kSearchTime{1'000};
  static constexpr std::chrono::milliseconds kFurtherTime{300};
  static constexpr std::chrono::milliseconds kLocalTime{250};
  /// How many nodes a search asks for their lists, beside those that the user
  /// named.
  static constexpr std::size_t kMostLists = 8;
  static constexpr std::chrono::seconds kFarewellTime{1};
  static constexpr std::size_t kFarewellsAtATime = 64;

  /// `dht` may be null.
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
  void take(const MembersAnswer& answer, Duration took);
  void start(const std::optional<ContentId>& id, OnNode on_node, std::function<void()> on_done);
  void begin(const std::shared_ptr<Search>& search);
  void ask_list(const std::shared_ptr<Search>& search, const Address& address);
  void ask_more_lists(const std::shared_ptr<Search>& search);
  void ask_dht(const std::shared_ptr<Search>& search);
  void report(const std::shared_ptr<Search>& search);
  void end_in(const std::shared_ptr<Search>& search, Duration time);
  void finish_if_answered(const std::shared_ptr<Search>& search);
  void finish(const std::shared_ptr<Search>& search);
  void say_goodbye(const std::shared_ptr<Farewell>& farewell);

  /// `action`, or nothing after the end of this object.
  template <class Action>
  auto while_alive(Action action) {
    return [weak = std::weak_ptr(alive_), action = std::move(action)](auto&&... arguments) mutable {
      if (!weak.expired()) action(std::forward<decltype(arguments)>(arguments)...);
    };
  }

  asio::io_context& io_;
  DiscoveryOptions options_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Members members_;
  std::optional<LocalSearch> local_;
  asio::ip::tcp::resolver resolver_;
  asio::steady_timer resolve_timer_;
  asio::steady_timer timer_;  ///< At members_.next_deadline().
  std::set<std::shared_ptr<Search>> searches_;
  std::unique_ptr<Discovery> dht_;
};

}  // namespace p2p
