#include "peer/node/get_many.hpp"

#include <algorithm>
#include <system_error>
#include <utility>
#include <variant>

#include "config/text.hpp"
#include "peer/discovery/join.hpp"
#include "peer/discovery/make_discovery.hpp"
#include "peer/discovery/tally.hpp"
#include "peer/ground/clock.hpp"
#include "peer/net/throttle.hpp"
#include "peer/report/terminal.hpp"

namespace p2p {
namespace {

// A process that is killed loses no more of its list.
constexpr Duration kSaveInterval = std::chrono::seconds(5);

}  // namespace

GetMany::GetMany(const GetOptions& options)
    : options_(options),
      life_(io_),
      membership_(io_, life_, options.net),
      self_(membership_.self()),
      status_(io_, options.net.status, {.peer = self_.value, .mode = "get", .exit_when = "self", .kind = "selection"}),
      join_(addresses_to_join(options.net.join)),
      discovery_(make_discovery(io_, visitor(options.net, self_, join_))),
      search_(io_, *discovery_, {self_, options.net.network, "", {}, join_}),
      plan_({.wanted = options.selection, .has_timeout = options.timeout_s.has_value(), .join = join_}, now()),
      got_(options.out),
      timer_(io_),
      progress_(options.net.progress),
      common_{io_, self_, *discovery_, options_, join_, nullptr, status_.board()},
      saved_at_(now()) {
  if (!options.serve) return;
  door_.emplace(io_, self_, options.net.network, join_, options.port);
  common_.door = &*door_;
}

ExitCode GetMany::run() {
  if (StatusBoard* const board = status_.board())
    board->set_source([this](Status& status) {
      tick_board();
      describe_to(status);
    });
  return status_.watch([this] { return run_watched(); });
}

ExitCode GetMany::run_watched() {
  life_.set_doing({.farewell = [this](ExitCode, std::function<void()> gone) { farewell(std::move(gone)); },
                   .missing = [this] { return missing(); }});
  asio::use_service<Limits>(io_).set(io_, options_.limits);
  if (options_.timeout_s) life_.end_at(now() + std::chrono::seconds(*options_.timeout_s));
  if (options_.while_stdin_s) life_.end_with_stdin(std::chrono::seconds(*options_.while_stdin_s));
  life_.every(Progress::kInterval, [this] { tick(); });
  act();
  try {
    const ExitCode code = life_.run();
    got_.save();
    return code == ExitCode::complete ? plan_.code() : code;
  } catch (...) {
    got_.save();
    throw;
  }
}

struct GetMany::Carry {
  GetMany& get;

  void operator()(const GetPlan::Ask& question) const { get.ask(question.question); }
  void operator()(const GetPlan::Begin& next) const { get.begin(next.name, next.holders); }
  void operator()(GetPlan::End) const { get.end(); }
};

/// After each input to the plan.
void GetMany::act() {
  while (!life_.leaving()) {
    const auto effect = plan_.poll_effect();
    if (!effect) break;
    std::visit(Carry{*this}, *effect);
  }
  wait();
}

void GetMany::wait() {
  timer_.cancel();
  const Instant deadline = plan_.next_deadline();
  if (life_.leaving() || deadline == kNever) return;
  timer_.expires_at(to_steady(deadline));
  timer_.async_wait([this](const std::error_code& error) {
    if (error) return;
    plan_.on_timer(now());
    act();
  });
}

void GetMany::ask(const std::string& question) {
  search_.look_for(question);
  search_.run(
      {}, {}, [this](const Holder& holder) { plan_.on_holder(holder); },
      [this] {
        all_answered_ = all_answered_ && search_.failures().empty() && search_.whole();
        plan_.on_asked({search_.answered(), search_.failures()}, now());
        act();
      });
}

/// It was put there before and has not been touched since, and all holders say that it is what it was.
bool GetMany::is_there_already(const std::string& name, const std::vector<Holder>& holders) {
  const GotFile* const got = got_.find(name);
  if (!got || options_.quorum || !got_.is_as_put(name)) return false;
  return std::ranges::all_of(holders, [&](const Holder& holder) { return holder.id == got->id; });
}

void GetMany::begin(const std::string& name, std::vector<Holder> holders) {
  if (is_there_already(name, holders)) {
    const GotFile& got = *got_.find(name);
    return plan_.on_ended(name, {.state = GetPlan::Outcome::State::there, .id = got.id, .size = got.size});
  }
  // What we put there ourselves is replaced without a word of the user's.
  const bool update = options_.update || got_.is_as_put(name);
  GetEntry::Hooks hooks{.on_ended = [this, name](const GetPlan::Outcome& outcome) { on_ended(name, outcome); },
                        .on_gone =
                            [this, name] {
                              sent_ += entries_.at(name)->traffic().sent;
                              entries_.erase(name);
                              check_gone();
                            }};
  auto entry = std::make_unique<GetEntry>(common_, name, std::move(holders), update, std::move(hooks));
  entries_.emplace(name, std::move(entry)).first->second->start();
}

void GetMany::on_ended(const std::string& name, const GetPlan::Outcome& outcome) {
  using State = GetPlan::Outcome::State;
  received_ += outcome.received;
  if (outcome.state == State::fetched || (outcome.state == State::there && got_.find(name)))
    got_.put(name, *outcome.id);
  if (outcome.code == ExitCode::disk_full) return life_.fail({outcome.code, outcome.why});
  plan_.on_ended(name, outcome);
  act();
}

void GetMany::end() {
  try {
    look_for_old();
  } catch (const std::system_error& error) {
    return life_.fail({ExitCode::io, error.what()});
  }
  life_.leave(ExitCode::complete);
}

/// Names that nobody offers any more. Where somebody did not answer nobody knows.
void GetMany::look_for_old() {
  std::vector<std::string> old;
  for (const auto& [name, got] : got_.files())
    if (plan_.is_wanted(name) && !plan_.is_offered(name)) old.push_back(name);
  const bool may_remove = options_.remove && all_answered_ && plan_.count() > 0;
  if (options_.remove && !may_remove && !old.empty())
    say("nothing is removed: not all nodes that were asked have answered, or nothing is offered");
  for (const std::string& name : old) {
    const bool removed = may_remove && got_.remove(name);
    no_longer_offered_.emplace(name, removed);
    say(config::in_quotes(name) + " is no longer offered" +
        (removed       ? "; removed"
         : !may_remove ? ""
                       : "; it has been changed since it was fetched, and stays"));
  }
}

void GetMany::tick() {
  for (const auto& [name, entry] : entries_) entry->tick();
  std::uint64_t received = received_;
  for (const auto& [name, entry] : entries_) received += entry->received_bytes();
  rate_.sample(received, now());
  tick_board();
  if (plan_.count() > 0)
    progress_.show(std::min(plan_.ended(), plan_.count()), plan_.count(),
                   std::to_string(plan_.ended()) + " of " + std::to_string(plan_.count()) + " files, " +
                       megabytes(static_cast<double>(received)) + " received, " + megabytes(rate_.bytes_per_s()) +
                       "/s");
  if (now() - saved_at_ < kSaveInterval) return;
  saved_at_ = now();
  got_.save();
}

void GetMany::farewell(std::function<void()> gone) {
  timer_.cancel();
  tick_board();
  if (door_) door_->close();
  progress_.clear();
  gone_ = std::move(gone);
  for (const auto& [name, entry] : entries_) entry->stop();
  check_gone();
}

void GetMany::check_gone() {
  if (gone_ && entries_.empty()) discovery_->leave(std::exchange(gone_, nullptr));
}

std::string GetMany::missing() const {
  std::string text = summary();
  for (const std::string& word : plan_.unmatched()) text += "; nobody was found who offers " + config::in_quotes(word);
  return text;
}

std::string GetMany::summary() const {
  using State = GetPlan::Outcome::State;
  std::size_t fetched = 0, there = 0, failed = 0;
  std::uint64_t bytes = 0;
  for (const auto& [name, outcome] : plan_.outcomes()) {
    fetched += outcome.state == State::fetched;
    there += outcome.state == State::there;
    failed += outcome.state == State::failed;
    if (outcome.state == State::fetched) bytes += outcome.size;
  }
  std::string text = std::to_string(fetched) + " fetched (" + megabytes(static_cast<double>(bytes)) + "), " +
                     std::to_string(there) + " there already, " + std::to_string(failed) + " failed";
  const auto removed =
      static_cast<std::size_t>(std::ranges::count_if(no_longer_offered_, [](const auto& each) { return each.second; }));
  if (removed > 0) text += ", " + std::to_string(removed) + " removed";
  if (no_longer_offered_.size() > removed)
    text += ", " + std::to_string(no_longer_offered_.size() - removed) + " no longer offered";
  return text;
}

}  // namespace p2p
