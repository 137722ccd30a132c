// Finding who has a file, by its name or its content id; or everything that anybody has.
//
// Discovery and --join say who might know; each of those is then asked itself, and its word is what counts: so a node
// that is gone, or that has something else by now, does not appear.
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
    std::string network;
    std::string wanted;  ///< A name, or the digits of `id`; empty: every file of every node.
    std::optional<ContentId> id;
    std::vector<Address> join;
    std::chrono::seconds patience{
        2};  ///< For those who have not answered when nobody else will be found: dead machines are slow.
  };

  /// `discovery` outlives this.
  HolderSearch(asio::io_context& io, Discovery& discovery, Options options);

  /// One round. `on_holder` for each file of each node, also when the round is over: some take long to answer.
  /// `on_done` once, when all have answered or those that have not have had their time. All answers of a round have one
  /// AnswerRoom; a warning says when something was cut. Nobody in `known` is asked, all in `also` are.
  void run(std::set<Address> known, const std::set<Address>& also, std::function<void(const Holder&)> on_holder,
           std::function<void()> on_done);

  /// From the next round on: who has this content, under whatever name.
  void look_for(const ContentId& id);
  /// From the next round on: what this name is, at whoever has it.
  void look_for(const std::string& name);

  /// How many nodes have answered in the latest round.
  std::size_t answered() const { return round_ ? round_->answered : 0; }
  /// The addresses that were asked in vain in it, and why.
  const std::map<Address, DialFailure>& failures() const { return failures_; }

 private:
  struct Round {
    explicit Round(asio::io_context& io) : deadline(io) {}
    std::set<Address> seen;
    std::deque<Address> to_ask;
    std::size_t asking = 0;
    std::size_t answered = 0;
    std::shared_ptr<AnswerRoom> room = std::make_shared<AnswerRoom>();
    bool all_found = false;
    bool done = false;
    std::function<void(const Holder&)> on_holder;
    std::function<void()> on_done;
    asio::steady_timer deadline;
  };

  void add(const std::shared_ptr<Round>& round, const Address& address);
  void ask_next(const std::shared_ptr<Round>& round);
  void on_answer(const std::shared_ptr<Round>& round, const Address& address, const CatalogAnswer& answer);
  void on_all_found(const std::shared_ptr<Round>& round);
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
