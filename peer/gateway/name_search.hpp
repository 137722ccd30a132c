// Asking the nodes of a network what they have, for many who ask at once: the shell of AnswerBook, around a
// HolderSearch for each search that is under way. Everything on the network thread.
//
// Whoever asks for many names one after the other, as wget -r does, has all names asked for instead, and each is found
// in that one answer.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "peer/discovery/discovery.hpp"
#include "peer/discovery/holder_search.hpp"
#include "peer/gateway/answer_book.hpp"
#include "peer/gateway/name_meaning.hpp"
#include "peer/gateway/search_budget.hpp"

namespace p2p {

class NameSearch {
 public:
  struct Options {
    PeerId self;
    Network network;
    std::vector<Address> join;
    std::optional<std::uint32_t> quorum;  ///< By which listings are made.
  };

  /// How long an answer is remembered: one that nobody has it, one, and one of many names.
  static constexpr Duration kRememberNothing = std::chrono::seconds(1);
  static constexpr Duration kRemember = std::chrono::seconds(2);
  static constexpr Duration kRememberMany = std::chrono::seconds(5);
  static constexpr std::size_t kMany = 256;
  /// How long after the start nobody is believed to be there: nodes do not know each other yet.
  static constexpr Duration kStarting = std::chrono::seconds(3);

  /// `discovery` outlives this.
  NameSearch(asio::io_context& io, Discovery& discovery, Options options);

  using OnAnswer = std::function<void(const SearchAnswerPtr&)>;
  /// `question`: as HolderSearch::Options::wanted. `on_answer` once, perhaps before this returns. False: too many wait,
  /// and it is not called.
  bool ask(const std::string& question, OnAnswer on_answer);
  /// The same for a content id.
  bool ask(const ContentId& id, OnAnswer on_answer);

 private:
  struct Search {
    Search(asio::io_context& io, Discovery& discovery, HolderSearch::Options options)
        : rounds(io, discovery, std::move(options)), pause(io) {}
    HolderSearch rounds;
    SearchAnswer answer{};
    asio::steady_timer pause;
  };

  bool ask_nodes(const std::string& question, OnAnswer on_answer);
  void begin_next();
  void look(const std::string& question);
  void on_looked(const std::string& question);

  asio::io_context& io_;
  Discovery& discovery_;
  Options options_;
  Instant began_;
  AnswerBook<SearchAnswerPtr> book_;
  SearchBudget budget_;
  std::map<std::string, std::unique_ptr<Search>> searches_;  ///< By question: those that are under way.
};

}  // namespace p2p
