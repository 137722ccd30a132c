// Finding who has a file, by its name or its content id; or everything that anybody has.
//
// Discovery and --join say who might know; each of those is then asked itself, and its word is what counts: so a node
// that is gone, or that has something else by now, does not appear. Many are asked at a time, and who keeps silent soon
// stands in nobody's way: a crowd of silent ones costs a second or two, whoever they are.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "peer/discovery/catalog_link.hpp"
#include "peer/discovery/discovery.hpp"
#include "peer/discovery/holder.hpp"
#include "peer/net/asio.hpp"

namespace p2p {

/// Everything on the network thread, at most one round at a time.
class HolderSearch {
 public:
  struct Options {
    PeerId self;
    Network network;
    std::string wanted;  ///< A name, a folder of names with a slash behind it, or the digits of `id`; empty: every
                         ///< file of every node.
    std::optional<ContentId> id;
    std::vector<Address> join;
    std::chrono::seconds patience{2};  ///< For catalogs that have begun to come when nobody else will be found.
  };

  /// How many are asked at a time, not counting those who have been silent for `kSlotTime`; and counting them.
  static constexpr std::size_t kMostAtATime = 64;
  static constexpr std::size_t kMostOpen = 256;
  static constexpr std::chrono::milliseconds kSlotTime{250};
  /// How long somebody may take to begin his answer.
  static constexpr std::chrono::milliseconds kPatience{1'000};
  /// How long a round goes on that has found nothing, while there are some to ask.
  static constexpr std::chrono::seconds kLongestRound{8};

  /// `discovery` outlives this.
  HolderSearch(asio::io_context& io, Discovery& discovery, Options options);

  /// One round. `on_holder` for each file of each node, also when the round is over: some take long to answer.
  /// `on_done` once, when all have answered or those that have not have had their time. All answers of a round have one
  /// AnswerRoom; a warning says when something was cut. Nobody in `known` is asked, all in `also` are.
  void run(std::set<Address> known, const std::set<Address>& also, std::function<void(const Holder&)> on_holder,
           std::function<void()> on_done);

  /// From the next round on: who has this content, under whatever name.
  void look_for(const ContentId& id);
  /// From the next round on: what this name is, at whoever has it. Or `wanted` as above.
  void look_for(const std::string& name);

  /// How many nodes have answered in the latest round.
  std::size_t answered() const { return round_ ? round_->answered : 0; }
  /// All that they answered was kept.
  bool whole() const { return !round_ || round_->room->cut() == 0; }
  /// The addresses that were asked in vain in it, and why.
  const std::map<Address, DialFailure>& failures() const { return failures_; }

 private:
  /// A question that is not answered yet.
  struct Question {
    explicit Question(asio::io_context& io) : timer(io) {}
    bool holds_slot = true;
    bool begun = false;  ///< The answer.
    asio::steady_timer timer;
  };
  struct Round {
    explicit Round(asio::io_context& io) : deadline(io) {}
    std::set<Address> seen;
    std::deque<Address> to_ask;
    std::set<std::shared_ptr<Question>> open;
    std::size_t slots = 0;  ///< How many of these hold one.
    std::size_t answered = 0;
    std::size_t holders = 0;
    std::shared_ptr<AnswerRoom> room = std::make_shared<AnswerRoom>();
    bool all_found = false;
    bool done = false;
    std::function<void(const Holder&)> on_holder;
    std::function<void()> on_done;
    asio::steady_timer deadline;
  };

  void add(const std::shared_ptr<Round>& round, const Address& address);
  void ask_next(const std::shared_ptr<Round>& round);
  void ask(const std::shared_ptr<Round>& round, const Address& address);
  void wait(const std::shared_ptr<Round>& round, const std::shared_ptr<Question>& question, const Address& address);
  static void give_up_slot(Round& round, Question& question);
  void on_answer(const std::shared_ptr<Round>& round, const Address& address, const CatalogAnswer& answer);
  void on_all_found(const std::shared_ptr<Round>& round);
  void wait_for_end(const std::shared_ptr<Round>& round, std::chrono::milliseconds so_far);
  static void finish(const std::shared_ptr<Round>& round);
  void take(const std::shared_ptr<Round>& round, const Address& address, const NodeCatalog& catalog);

  asio::io_context& io_;
  Discovery& discovery_;
  Options options_;
  std::shared_ptr<Round> round_;
  std::map<Address, DialFailure> failures_;
  std::shared_ptr<HolderSearch*> self_;  ///< For answers that arrive when this is gone.
};

}  // namespace p2p
