#include "peer/share/library_plan.hpp"

#include <algorithm>
#include <utility>

#include "config/text.hpp"
#include "protocol/assert.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// A folder whose changes nobody tells.
constexpr Duration kShortestBlindPause = 5s;
constexpr int kBlindPauseFactor = 99;

}  // namespace

Duration pause_between_looks(Duration look) {
  return std::clamp(kBlindPauseFactor * look, kShortestBlindPause, LibraryPlan::kLongestPause);
}

std::optional<LibraryPlan::Effect> LibraryPlan::poll_effect() {
  if (effects_.empty()) return std::nullopt;
  Effect effect = std::move(effects_.front());
  effects_.pop_front();
  return effect;
}

// --- looking -------------------------------------------------------------------------------------------------------

void LibraryPlan::look_by(Instant at) { look_at_ = std::min(look_at_, std::max(at, may_look_at_)); }

void LibraryPlan::on_change(Instant now) { look_by(now + kLookDelay); }

void LibraryPlan::on_timer(Instant now) {
  if (now < next_deadline()) return;
  looking_ = true;
  look_at_ = kNever;
  look_began_ = now;
  effects_.push_back(Look{});
}

void LibraryPlan::on_looked(const Looked& looked, Instant now) {
  P2P_ASSERT(looking_);
  looking_ = false;
  looked_ = true;
  for (const std::string& refused : looked.scan.refused)
    if (told_refused_.insert(refused).second) effects_.push_back(Warn{"not offered: " + refused});
  left_out_ = looked.scan.left_out;
  forget_all_but(looked.scan);
  for (const SeenFile& file : looked.scan.files) take_in(file, looked, now);
  finished_ = false;
  hash_next();

  const Duration took = now - look_began_;
  may_look_at_ = now + std::min(kPauseFactor * took, kLongestPause);
  // The look may have missed a change during it.
  if (look_at_ != kNever) look_at_ = std::max(look_at_, may_look_at_);
  if (count(State::settling) > 0) look_by(now + kQuiet);
  if (!looked.tells_changes) look_by(now + pause_between_looks(took));
}

void LibraryPlan::forget_all_but(const FolderScan& scan) {
  std::set<std::string> there;
  for (const SeenFile& file : scan.files) there.insert(file.name);
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (there.contains(it->first)) {
      ++it;
      continue;
    }
    leave_state(it->second);
    it = entries_.erase(it);
  }
}

/// How one file looks now.
void LibraryPlan::take_in(const SeenFile& file, const Looked& looked, Instant now) {
  const auto [it, is_new] = entries_.try_emplace(file.name);
  Entry& entry = it->second;
  if (is_new || entry.seen != file) {
    if (!is_new) leave_state(entry);
    entry = {.seen = file, .since = now};
    ++count(State::settling);
    if (const auto id = known_(file)) return offer(entry, *id);
  }
  if (entry.state != State::settling) return;
  const Duration age = looked.since_1970 - std::chrono::nanoseconds(file.changed_ns);
  if (!finished_ && now - entry.since < kQuiet && age < 2 * kQuiet) return;
  enter(entry, State::to_hash);
  to_hash_.push_back(file.name);
}

// --- hashing -------------------------------------------------------------------------------------------------------

void LibraryPlan::hash_next() {
  while (!hashing_ && !to_hash_.empty()) {
    const auto entry = entries_.find(to_hash_.front());
    to_hash_.pop_front();
    if (entry == entries_.end() || entry->second.state != State::to_hash) continue;
    hashing_ = entry->second.seen;
    effects_.push_back(Hash{*hashing_});
  }
}

void LibraryPlan::on_hashed(HashedFile hashed, Instant now) {
  P2P_ASSERT(hashing_ && hashed.file == *hashing_);
  hashing_.reset();
  const auto found = entries_.find(hashed.file.name);
  // A file that was replaced meanwhile is hashed in its turn.
  if (found != entries_.end() && found->second.state == State::to_hash && found->second.seen == hashed.file) {
    Entry& entry = found->second;
    switch (hashed.result) {
      case HashedFile::Result::hashed: {
        const ContentId id = hashed.id;
        effects_.push_back(Keep{std::move(hashed)});
        offer(entry, id);
        break;
      }
      case HashedFile::Result::busy: settle_anew(entry, now); break;
      case HashedFile::Result::failed: refuse(entry, config::printable(hashed.text)); break;
    }
  }
  hash_next();
}

// --- offering ------------------------------------------------------------------------------------------------------

void LibraryPlan::offer(Entry& entry, const ContentId& id) {
  if (entry.seen.name.size() > kLongestHoldingName) {
    const std::string most = std::to_string(kLongestHoldingName);
    return refuse(entry, "its name is longer than " + most + " bytes");
  }
  enter(entry, State::offered);
  entry.id = id;
  offered_bytes_ += entry.seen.size;
  names_of_[id].insert(entry.seen.name);
  effects_.push_back(Offer{{entry.seen.name, id, entry.seen.size}});
}

void LibraryPlan::refuse(Entry& entry, const std::string& why) {
  enter(entry, State::refused);
  effects_.push_back(Warn{"not offered: " + config::in_quotes(entry.seen.name) + ": " + why});
}

void LibraryPlan::settle_anew(Entry& entry, Instant now) {
  enter(entry, State::settling);
  entry.since = now;
  look_by(now + kQuiet);
}

void LibraryPlan::enter(Entry& entry, State state) {
  leave_state(entry);
  entry.state = state;
  ++count(state);
}

/// Withdraws what is offered. The entry is counted nowhere then.
void LibraryPlan::leave_state(Entry& entry) {
  --count(entry.state);
  if (entry.state != State::offered) return;
  offered_bytes_ -= entry.seen.size;
  const auto names = names_of_.find(entry.id);
  names->second.erase(entry.seen.name);
  if (names->second.empty()) names_of_.erase(names);
  effects_.push_back(Withdraw{{entry.seen.name, entry.id, entry.seen.size}});
}

void LibraryPlan::on_manifest_lost(const ContentId& id, Instant now) {
  const std::set<std::string> names = names_of_.at(id);  // a copy: withdrawing takes them out
  effects_.push_back(
      Warn{"the manifest " + config::in_quotes(*names.begin()) + " is gone or damaged; its files are hashed again"});
  for (const std::string& name : names) settle_anew(entries_.at(name), now);
}

std::vector<Holding> LibraryPlan::offered() const {
  std::vector<Holding> all;
  for (const auto& [name, entry] : entries_)
    if (entry.state == State::offered) all.push_back({name, entry.id, entry.seen.size});
  return all;
}

std::vector<SeenFile> LibraryPlan::files_of(const ContentId& id) const {
  std::vector<SeenFile> files;
  if (const auto names = names_of_.find(id); names != names_of_.end())
    for (const std::string& name : names->second) files.push_back(entries_.at(name).seen);
  return files;
}

LibraryPlan::Pending LibraryPlan::pending() const {
  return {.offered = count(State::offered),
          .bytes = offered_bytes_,
          .waiting = count(State::settling) + count(State::to_hash),
          .looked = looked_,
          .left_out = left_out_};
}

}  // namespace p2p
