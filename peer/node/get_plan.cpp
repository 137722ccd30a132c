#include "peer/node/get_plan.hpp"

#include <algorithm>
#include <utility>

#include "config/text.hpp"
#include "peer/discovery/join.hpp"

namespace p2p {

GetPlan::GetPlan(Options options, Instant now) : options_(std::move(options)), began_(now) {
  for (const Wanted& wanted : options_.wanted) words_.push_back({wanted});
  begin_round(true);
}

std::optional<GetPlan::Effect> GetPlan::poll_effect() {
  if (effects_.empty()) return std::nullopt;
  Effect effect = std::move(effects_.front());
  effects_.pop_front();
  return effect;
}

// --- asking ----------------------------------------------------------------------------------------------------------

void GetPlan::begin_round(bool is_first) {
  asking_ = true;
  ask_at_ = kNever;
  answered_ = 0;
  std::set<std::string> questions;
  for (const Word& word : words_) {
    if (word.found) continue;
    questions.insert(question_for(word.wanted));
    // A name that nobody has may be a folder of names.
    if (!is_first && word.wanted.kind == Wanted::Kind::name) questions.insert(word.wanted.text + "/");
  }
  if (questions.contains("/")) questions = {"/"};
  questions_.assign(questions.begin(), questions.end());
  ask_next();
}

void GetPlan::ask_next() {
  effects_.push_back(Ask{std::move(questions_.front())});
  questions_.pop_front();
}

void GetPlan::on_holder(const Holder& holder) {
  bool wanted = false;
  for (Word& word : words_) {
    if (matches(word.wanted, holder.name))
      wanted = word.found = true;
    else if (word.wanted.kind == Wanted::Kind::name && holder.name.starts_with(word.wanted.text + "/"))
      ++word.names_below;
  }
  if (!wanted) return;
  const auto [entry, is_new] = entries_.try_emplace(holder.name);
  if (is_new) {
    new_names_.insert(holder.name);
    entry->second.size = holder.size;
    bytes_ += holder.size;
  }
  // What has begun looks for others itself.
  if (new_names_.contains(holder.name)) entry->second.holders.push_back(holder);
}

void GetPlan::on_asked(const Asked& asked, Instant now) {
  answered_ += asked.answered;
  if (!questions_.empty()) return ask_next();
  asking_ = false;
  take_in_new();
  judge(asked, now);
  schedule();
}

/// Of names that cannot be beside each other the first has its place.
void GetPlan::take_in_new() {
  for (const std::string& name : std::exchange(new_names_, {})) {
    const std::string fault = name_space_.add(name);
    if (!fault.empty())
      fail(name, ExitCode::content_mismatch, "its name " + fault);
    else
      (entries_.at(name).size < kLarge ? small_ : large_).push_back(name);
  }
}

void GetPlan::judge(const Asked& asked, Instant now) {
  const bool nobody_at_all = answered_ == 0 && is_final(options_.join, asked.failures);
  const bool patient = options_.has_timeout || now - began_ < (nobody_at_all ? kPatienceWithNobody : kSearchPatience);
  searching_ = false;
  for (Word& word : words_) {
    if (word.found) continue;
    const std::string name = config::in_quotes(word.wanted.text);
    if (word.names_below > 0) {
      fail(word.wanted.text, ExitCode::usage,
           "is a folder of names, not a name; say " + config::in_quotes(word.wanted.text + "/") + " for all of them");
      word.found = true;
    } else if (patient) {
      searching_ = true;
    } else {
      fail(word.wanted.text, ExitCode::network,
           answered_ == 0 ? nobody_answers(options_.join, asked.failures)
                          : "nobody who can be found has it; asked through " + to_string(options_.join));
      word.found = true;
    }
  }
  if (!searching_) return;
  ask_at_ = now + pause_;
  pause_ = std::min(2 * pause_, kLongestPause);
}

void GetPlan::on_timer(Instant now) {
  if (now >= next_deadline()) begin_round(false);
}

// --- fetching --------------------------------------------------------------------------------------------------------

void GetPlan::schedule() {
  const auto begin = [&](std::deque<std::string>& waiting, bool is_large) {
    const std::string name = std::move(waiting.front());
    waiting.pop_front();
    running_.emplace(name, is_large);
    large_running_ += is_large;
    effects_.push_back(Begin{name, std::exchange(entries_.at(name).holders, {})});
  };
  while (!small_.empty() && running_.size() - large_running_ < kSmallAtATime) begin(small_, false);
  while (!large_.empty() && large_running_ < kLargeAtATime) begin(large_, true);
  if (!asking_ && !searching_ && running_.empty() && !std::exchange(over_, true)) effects_.push_back(End{});
}

void GetPlan::on_ended(const std::string& name, Outcome outcome) {
  const auto running = running_.extract(name);
  if (!running) return;
  large_running_ -= running.mapped();
  outcomes_.insert_or_assign(name, std::move(outcome));
  schedule();
}

void GetPlan::fail(const std::string& name, ExitCode code, const std::string& why) {
  outcomes_.insert_or_assign(name, Outcome{.code = code, .why = why});
}

bool GetPlan::is_wanted(const std::string& name) const {
  return std::ranges::any_of(options_.wanted, [&](const Wanted& wanted) { return matches(wanted, name); });
}

std::vector<std::string> GetPlan::unmatched() const {
  std::vector<std::string> texts;
  for (const Word& word : words_)
    if (!word.found) texts.push_back(word.wanted.text);
  return texts;
}

ExitCode GetPlan::code() const {
  const auto failed =
      std::ranges::find_if(outcomes_, [](const auto& each) { return each.second.state == Outcome::State::failed; });
  return failed == outcomes_.end() ? ExitCode::complete : failed->second.code;
}

}  // namespace p2p
