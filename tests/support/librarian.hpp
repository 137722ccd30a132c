// A shared folder on virtual time for tests: the plan, and a shell that keeps a folder in memory, looks when it is told
// to and hashes when the test says how it goes.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "peer/share/library_plan.hpp"
#include "tests/support/catch.hpp"

namespace p2p::test {

/// The content id of a file as it was written for the n-th time.
inline ContentId id_of(const SeenFile& file) {
  ContentId id{};
  id[0] = static_cast<std::byte>(file.inode);
  id[1] = static_cast<std::byte>(file.inode >> 8);
  return id;
}

class Librarian {
 public:
  using Result = HashedFile::Result;

  Librarian() { timer(); }

  // --- the folder ---

  /// Without a word to the plan.
  void put(const std::string& name, std::uint64_t size = 10) {
    folder[name] = {.name = name, .size = size, .changed_ns = wall().count(), .inode = ++writes_};
  }
  void write(const std::string& name, std::uint64_t size = 10) {
    put(name, size);
    change();
  }
  void remove(const std::string& name) {
    folder.erase(name);
    change();
  }
  /// What a watch would say.
  void change() {
    if (tells_changes) plan.on_change(now);
    take();
  }

  // --- the shell ---

  /// The look that is under way ends with what is there now.
  void looked() {
    REQUIRE(looking);
    looking = false;
    ++looks;
    FolderScan scan{.files = {}, .refused = refused};
    for (const auto& [name, file] : folder) scan.files.push_back(file);
    plan.on_looked({.scan = std::move(scan), .since_1970 = wall(), .tells_changes = tells_changes}, now);
    take();
  }
  void hashed(Result result = Result::hashed) {
    REQUIRE(hashing);
    const SeenFile file = *std::exchange(hashing, std::nullopt);
    plan.on_hashed({.file = file, .result = result, .id = id_of(file), .text = "the reason"}, now);
    take();
  }
  /// Time passes; each look takes `look_time`, each hash ends at once and well.
  void passes(Duration time) {
    const Instant until = now + time;
    hash_all();
    while (plan.next_deadline() <= until) {
      now = std::max(now, plan.next_deadline());
      timer();
      now += look_time;
      looked();
      hash_all();
    }
    now = std::max(now, until);
  }
  /// Time passes to the next look, which begins.
  void begin_look() {
    REQUIRE(plan.next_deadline() != kNever);
    now = std::max(now, plan.next_deadline());
    timer();
    REQUIRE(looking);
  }
  void look() {
    begin_look();
    looked();
  }
  void timer() {
    plan.on_timer(now);
    take();
  }
  void hash_all() {
    while (hashing) hashed();
  }

  void take() {
    while (const auto effect = plan.poll_effect()) {
      if (std::holds_alternative<LibraryPlan::Look>(*effect)) {
        REQUIRE_FALSE(std::exchange(looking, true));
      } else if (const auto* hash = std::get_if<LibraryPlan::Hash>(&*effect)) {
        REQUIRE_FALSE(hashing);
        hashing = hash->file;
        order.push_back(hash->file.name);
      } else if (const auto* keep = std::get_if<LibraryPlan::Keep>(&*effect)) {
        kept.insert_or_assign(keep->hashed.file, keep->hashed.id);
      } else if (const auto* offer = std::get_if<LibraryPlan::Offer>(&*effect)) {
        events.push_back("+" + offer->holding.name);
        REQUIRE(offered.emplace(offer->holding.name, offer->holding).second);
      } else if (const auto* withdraw = std::get_if<LibraryPlan::Withdraw>(&*effect)) {
        events.push_back("-" + withdraw->holding.name);
        const auto node = offered.extract(withdraw->holding.name);
        REQUIRE(node);
        REQUIRE(node.mapped() == withdraw->holding);
      } else {
        warnings.push_back(std::get<LibraryPlan::Warn>(*effect).text);
      }
    }
  }

  /// The wall clock: its hands are where the test puts them.
  std::chrono::nanoseconds wall() const { return now.time_since_epoch() + wall_offset; }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& [name, holding] : offered) all.push_back(name);
    return all;
  }
  /// What has been offered (+) and withdrawn (-) since the last call.
  std::vector<std::string> told() { return std::exchange(events, {}); }

  Instant now{std::chrono::seconds(100)};
  std::chrono::nanoseconds wall_offset = std::chrono::hours(500'000);
  Duration look_time{};
  bool tells_changes = true;
  std::map<std::string, SeenFile> folder;
  std::set<std::string> refused;

  bool looking = false;
  int looks = 0;
  std::optional<SeenFile> hashing;
  std::vector<std::string> order;  ///< Names, as they were hashed.
  std::map<SeenFile, ContentId> kept;
  std::map<std::string, Holding> offered;
  std::vector<std::string> events;
  std::vector<std::string> warnings;

  LibraryPlan plan{[this](const SeenFile& file) {
    const auto found = kept.find(file);
    return found == kept.end() ? std::nullopt : std::optional(found->second);
  }};

 private:
  std::uint64_t writes_ = 0;
};

}  // namespace p2p::test
