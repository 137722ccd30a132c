#include "peer/share/library.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "config/text.hpp"
#include "peer/ground/clock.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// How long a file must have been as it is before it is hashed.
constexpr Duration kQuiet = 1s;
// A batch of events is one look.
constexpr Duration kLookDelay = 100ms;
// Between looks at a folder whose changes nobody tells. What happens there is to be known within two minutes.
constexpr Duration kShortestPause = 5s;
constexpr Duration kLongestPause = 100s;
// Looking there takes one part in a hundred of the time.
constexpr int kBlindPauseFactor = 99;
// How many times longer than a look the pause after it is.
constexpr int kPauseFactor = 9;

}  // namespace

Duration pause_between_looks(Duration look) { return std::clamp(kBlindPauseFactor * look, kShortestPause, kLongestPause); }

Library::Library(asio::io_context& io, Options options, Hooks hooks)
    : io_(io),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      cache_(options_.folder),
      watch_(io, [this] { look(); }),
      look_timer_(io) {}

Library::~Library() {
  stop_ = true;
  scanner_.stop();
  hasher_.stop();
  scanner_.join();
  hasher_.join();
}

void Library::start() { scan(); }

// --- looking -------------------------------------------------------------------------------------------------------

void Library::look() { look_in(kLookDelay); }

void Library::look_in(Duration time) {
  const Instant at = std::max(now() + time, may_look_at_);
  if (at >= next_look_) return;
  next_look_ = at;
  if (scanning_) return;
  look_timer_.expires_at(to_steady(next_look_));
  look_timer_.async_wait([this, alive = std::weak_ptr(alive_)](const std::error_code& error) {
    if (!error && !alive.expired()) scan();
  });
}

void Library::scan() {
  if (std::exchange(scanning_, true)) return;
  next_look_ = kNever;
  scan_began_ = now();
  asio::post(scanner_, [this, alive = std::weak_ptr(alive_)] {
    const auto is_hidden = [this](const std::string& name) { return options_.hidden.contains(name) || is_unfinished_or_ours(options_.folder, name); };
    FolderScan found;
    try {
      found = scan_folder(options_.folder, is_hidden, options_.reserve, [this](const std::filesystem::path& folder) { watch_.add(folder); });
    } catch (const std::system_error& error) {
      found.refused.insert(error.what());
    }
    asio::post(io_, [this, alive, found = std::move(found)]() mutable {
      if (!alive.expired()) on_scanned(std::move(found));
    });
  });
}

void Library::on_scanned(FolderScan scan) {
  const Instant at = now();
  if (!std::exchange(looked_, true)) cache_.keep_only(scan.files);
  for (const std::string& refused : scan.refused)
    if (told_refused_.insert(refused).second) spdlog::warn("not offered: {}", refused);
  left_out_ = scan.left_out;
  std::set<std::string> there;
  for (const SeenFile& file : scan.files) there.insert(file.name);
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (there.contains(it->first)) {
      ++it;
      continue;
    }
    withdraw(it->second);
    if (it->second.state != State::refused) --waiting_;
    it = entries_.erase(it);
  }
  for (const SeenFile& file : scan.files) take_in(file, at);
  hash_next();

  scanning_ = false;
  const Duration took = at - scan_began_;
  may_look_at_ = at + std::min(kPauseFactor * took, kLongestPause);
  const Instant again = std::exchange(next_look_, kNever);
  if (again != kNever) look_in(std::max(again - at, Duration::zero()));
  if (std::ranges::any_of(entries_, [](const auto& each) { return each.second.state == State::settling; })) look_in(kQuiet);
  if (!watch_.sees_everything()) look_in(pause_between_looks(took));
  hooks_.on_work();
}

/// What is there now of one name.
void Library::take_in(const SeenFile& file, Instant at) {
  const auto [it, is_new] = entries_.try_emplace(file.name);
  Entry& entry = it->second;
  if (is_new) ++waiting_;
  if (is_new || entry.seen != file) {
    if (!is_new) {
      withdraw(entry);
      if (entry.state == State::refused) ++waiting_;
    }
    entry = {.seen = file, .since = at};
    if (const auto id = cache_.find(file)) return offer(entry, *id);
  }
  if (entry.state != State::settling || !has_settled(entry, at)) return;
  entry.state = State::hashing;
  to_hash_.push_back(file.name);
}

bool Library::has_settled(const Entry& entry, Instant at) const {
  if (at - entry.since >= kQuiet) return true;
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  const auto age = since_1970 - std::chrono::nanoseconds(entry.seen.changed_ns);
  return age >= 2 * kQuiet;
}

// --- hashing -------------------------------------------------------------------------------------------------------

void Library::hash_next() {
  while (!hashing_ && !to_hash_.empty()) {
    const auto entry = entries_.find(to_hash_.front());
    to_hash_.pop_front();
    if (entry == entries_.end() || entry->second.state != State::hashing) continue;
    hashing_ = entry->second.seen;
    hashed_bytes_ = 0;
    asio::post(hasher_, [this, file = entry->second.seen, alive = std::weak_ptr(alive_)] {
      HashedFile hashed = hash_one(options_.folder, file, options_.jobs, stop_, hashed_bytes_);
      asio::post(io_, [this, alive, hashed = std::move(hashed)]() mutable {
        if (!alive.expired()) on_hashed(std::move(hashed));
      });
    });
  }
}

void Library::on_hashed(HashedFile hashed) {
  hashing_.reset();
  const auto found = entries_.find(hashed.file.name);
  // What was replaced meanwhile is hashed in its turn.
  if (found != entries_.end() && found->second.state == State::hashing && found->second.seen == hashed.file) {
    Entry& entry = found->second;
    switch (hashed.result) {
      case HashedFile::Result::hashed:
        cache_.put(entry.seen, hashed.id, hashed.text);
        offer(entry, hashed.id);
        break;
      case HashedFile::Result::busy:
        entry.state = State::settling;
        entry.since = now();
        look_in(kQuiet);
        break;
      case HashedFile::Result::failed:
        entry.state = State::refused;
        --waiting_;
        spdlog::warn("not offered: {}: {}", config::in_quotes(entry.seen.name), config::printable(hashed.text));
        break;
    }
  }
  hash_next();
  hooks_.on_work();
}

// --- offering ------------------------------------------------------------------------------------------------------

void Library::offer(Entry& entry, const ContentId& id) {
  if (entry.seen.name.size() > kLongestHoldingName) {
    entry.state = State::refused;
    --waiting_;
    spdlog::warn("not offered: {}: its name is longer than {} bytes", config::in_quotes(entry.seen.name), kLongestHoldingName);
    return;
  }
  entry.state = State::offered;
  entry.id = id;
  --waiting_;
  ++offered_;
  offered_bytes_ += entry.seen.size;
  names_of_[id].insert(entry.seen.name);
  hooks_.on_offered({entry.seen.name, id, entry.seen.size});
}

/// Leaves the entry to be hashed anew.
void Library::withdraw(Entry& entry) {
  if (entry.state != State::offered) return;
  entry.state = State::settling;
  ++waiting_;
  --offered_;
  offered_bytes_ -= entry.seen.size;
  const auto names = names_of_.find(entry.id);
  names->second.erase(entry.seen.name);
  if (names->second.empty()) names_of_.erase(names);
  hooks_.on_withdrawn({entry.seen.name, entry.id, entry.seen.size});
}

std::optional<std::filesystem::path> Library::path_of(const ContentId& id) {
  const auto names = names_of_.find(id);
  if (names == names_of_.end()) return std::nullopt;
  for (const std::string& name : names->second)
    if (see_file(options_.folder, name) == entries_.at(name).seen) return options_.folder / name;
  look();
  return std::nullopt;
}

ManifestPtr Library::manifest(const ContentId& id) {
  const auto names = names_of_.find(id);
  if (names == names_of_.end()) return nullptr;
  if (auto known = cache_.load(id)) return known;
  spdlog::warn("the manifest {} is gone or damaged; its files are hashed again", config::in_quotes(*names->second.begin()));
  const std::set<std::string> again = names->second;
  for (const std::string& name : again) {
    Entry& entry = entries_.at(name);
    withdraw(entry);
    entry.since = now();
  }
  look_in(kQuiet);
  return nullptr;
}

std::vector<Holding> Library::offered() const {
  std::vector<Holding> all;
  for (const auto& [name, entry] : entries_)
    if (entry.state == State::offered) all.push_back({name, entry.id, entry.seen.size});
  return all;
}

std::optional<Library::Hashing> Library::hashing() const {
  if (!hashing_) return std::nullopt;
  return Hashing{hashing_->name, hashed_bytes_, hashing_->size};
}

Library::Pending Library::pending() const {
  return {.offered = offered_, .bytes = offered_bytes_, .waiting = waiting_, .looked = looked_, .left_out = left_out_};
}

}  // namespace p2p
