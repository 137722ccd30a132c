// Questions that many may ask at once, and whose answers take a while: equal ones are one search, so many searches run
// at a time and so many wait, and answers are remembered for a moment. On virtual time.
//
// Absent: how one searches (name_search.hpp).
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/clock.hpp"

namespace p2p {

/// The shell's duties: after ask() and on_answer(), while (auto question = poll()) search for it, and call on_answer().
/// Invariants: at most `searches` are under way; a question is searched at most once at a time; what is remembered
/// weighs at most `weight` in all.
template <class Answer>
class AnswerBook {
 public:
  using OnAnswer = std::function<void(const Answer&)>;
  struct Limits {
    std::size_t searches = 16;
    std::size_t askers = 1024;      ///< Who wait for an answer.
    std::size_t weight = 1u << 18;  ///< Of all that is remembered.
  };

  explicit AnswerBook(Limits limits) : limits_(limits) {}

  /// `on_answer` is called once: now, where the answer is known, or later, and never from inside of poll(). False: too
  /// many wait already, and it is not called.
  bool ask(const std::string& question, Instant now, OnAnswer on_answer) {
    forget(now);
    if (const auto known = known_.find(question); known != known_.end()) {
      const Answer answer = known->second.answer;  // it may be forgotten while it is told
      on_answer(answer);
      return true;
    }
    if (asking_ == limits_.askers) return false;
    ++asking_;
    auto& waiting = open_[question];
    if (waiting.empty()) queue_.push_back(question);
    waiting.push_back(std::move(on_answer));
    return true;
  }

  /// The question to search for now.
  std::optional<std::string> poll() {
    if (queue_.empty() || searching_ == limits_.searches) return std::nullopt;
    ++searching_;
    std::string question = std::move(queue_.front());
    queue_.pop_front();
    return question;
  }

  /// The search that poll() began is over. The answer is remembered for `keep`; `weight`: how much of it that takes.
  void on_answer(const std::string& question, const Answer& answer, Duration keep, std::size_t weight, Instant now) {
    --searching_;
    const auto waiting = open_.extract(question);
    asking_ -= waiting.mapped().size();
    forget(now);
    if (weight <= limits_.weight && keep > Duration::zero()) {
      while (weight_ + weight > limits_.weight) forget_first();
      weight_ += weight;
      const auto until = by_end_.emplace(now + keep, question);
      known_.insert_or_assign(question, Known{answer, weight, until});
    }
    for (const OnAnswer& each : waiting.mapped()) each(answer);
  }

  /// What is remembered of this question is not true any more.
  void forget(const std::string& question) {
    const auto gone = known_.extract(question);
    if (!gone) return;
    weight_ -= gone.mapped().weight;
    by_end_.erase(gone.mapped().until);
  }

  std::size_t searching() const { return searching_; }

 private:
  using ByEnd = std::multimap<Instant, std::string>;
  struct Known {
    Answer answer;
    std::size_t weight;
    typename ByEnd::iterator until;
  };

  void forget(Instant now) {
    while (!by_end_.empty() && by_end_.begin()->first <= now) forget_first();
  }
  void forget_first() {
    const auto gone = known_.extract(by_end_.begin()->second);
    weight_ -= gone.mapped().weight;
    by_end_.erase(by_end_.begin());
  }

  Limits limits_;
  std::map<std::string, std::vector<OnAnswer>> open_;  ///< By question: who wait, at least one.
  std::deque<std::string> queue_;                      ///< Those of open_ that are not searched yet.
  std::size_t searching_ = 0;
  std::size_t asking_ = 0;
  std::map<std::string, Known> known_;
  ByEnd by_end_;
  std::size_t weight_ = 0;
};

}  // namespace p2p
