// A shared folder in which anything happens at any time, against a model that keeps the whole history and judges each
// file from the beginning each time.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/random.hpp"
#include "tests/support/librarian.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Librarian;
using Result = Librarian::Result;
using Files = std::map<std::string, SeenFile>;

/// What a look has found.
struct Sight {
  Instant at;
  std::chrono::nanoseconds wall;
  Files files;
  std::map<SeenFile, ContentId> known;
};
struct Hashed {
  Instant at;
  SeenFile file;
  Result result;
};
struct Lost {
  Instant at;
  ContentId id;
};
using Happening = std::variant<Sight, Hashed, Lost>;

/// What has become of a file by now.
struct Fate {
  SeenFile seen;
  Instant since;  ///< When it was first seen so, or was last found busy.
  bool settled = false;
  bool offered = false;
  bool refused = false;
};

/// None for a file that the latest look has not found.
std::optional<Fate> fate_of(const std::string& name, const std::vector<Happening>& history) {
  std::optional<Fate> fate;
  for (const Happening& each : history) {
    if (const auto* sight = std::get_if<Sight>(&each)) {
      const auto found = sight->files.find(name);
      if (found == sight->files.end()) {
        fate.reset();
        continue;
      }
      const SeenFile& file = found->second;
      if (!fate || fate->seen != file)
        fate = {.seen = file, .since = sight->at, .offered = sight->known.contains(file)};
      const bool is_old = sight->wall - std::chrono::nanoseconds(file.changed_ns) >= 2s;
      fate->settled = fate->settled || is_old || sight->at - fate->since >= 1s;
    } else if (const auto* hashed = std::get_if<Hashed>(&each)) {
      if (!fate || fate->seen != hashed->file || fate->offered || fate->refused || !fate->settled) continue;
      fate->offered = hashed->result == Result::hashed;
      fate->refused = hashed->result == Result::failed;
      if (hashed->result == Result::busy) fate = {.seen = fate->seen, .since = hashed->at};
    } else if (const auto* lost = std::get_if<Lost>(&each)) {
      if (fate && fate->offered && test::id_of(fate->seen) == lost->id) fate = {.seen = fate->seen, .since = lost->at};
    }
  }
  return fate;
}

/// A folder to which things happen, and all that has happened to it.
class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (random_.below(12)) {
      case 0:
      case 1: return folder_.write(any_name(), 1 + random_.below(3));
      case 2: return folder_.remove(any_name());
      case 3: return copy();
      case 4: return folder_.change();
      case 5: return lose_manifest();
      case 6: folder_.wall_offset += std::chrono::milliseconds(random_.below(2'000)) - 1s; return;
      case 7: return pass(std::chrono::milliseconds(random_.below(20)));
      case 8: return pass(std::chrono::milliseconds(random_.below(3'000)));
      case 9: return end_look();
      case 10: return end_hash(Result::hashed);
      default: return end_hash(random_.below(2) == 0 ? Result::busy : Result::failed);
    }
  }

  void comes_to_rest() {
    folder_.change();
    for (int i = 0; i < 10; ++i) {
      end_look();
      while (folder_.hashing) end_hash(Result::hashed);
      pass(100s);
    }
    REQUIRE_FALSE(folder_.looking);
    REQUIRE(folder_.plan.next_deadline() == kNever);
    REQUIRE(folder_.plan.pending().waiting == 0);
    for (const auto& [name, file] : folder_.folder) {
      const auto fate = fate_of(name, history_);
      REQUIRE(fate);
      REQUIRE(fate->seen == file);
      REQUIRE(fate->offered != fate->refused);
    }
    check();
  }

  void check() const {
    std::vector<Holding> offered;
    std::uint64_t bytes = 0;
    std::size_t waiting = 0;
    for (const std::string& name : all_names()) {
      const auto fate = fate_of(name, history_);
      if (!fate) continue;
      waiting += !fate->offered && !fate->refused;
      if (!fate->offered) continue;
      offered.push_back({name, test::id_of(fate->seen), fate->seen.size});
      bytes += fate->seen.size;
      REQUIRE(folder_.plan.offers(offered.back().id));
      REQUIRE(std::ranges::count(folder_.plan.files_of(offered.back().id), fate->seen) == 1);
    }
    REQUIRE(folder_.plan.offered() == offered);
    std::vector<Holding> told;
    for (const auto& [name, holding] : folder_.offered) told.push_back(holding);
    REQUIRE(told == offered);
    REQUIRE(folder_.plan.pending().offered == offered.size());
    REQUIRE(folder_.plan.pending().bytes == bytes);
    REQUIRE(folder_.plan.pending().waiting == waiting);
    // No file waits for nothing.
    const bool goes_on = folder_.looking || folder_.hashing || folder_.plan.next_deadline() != kNever;
    if (waiting > 0) REQUIRE(goes_on);
  }

 private:
  static std::vector<std::string> all_names() { return {"a", "b", "c", "d", "e"}; }
  std::string any_name() { return all_names()[random_.below(5)]; }

  /// A file that was offered once comes back as it was, or another file has its bytes.
  void copy() {
    if (folder_.kept.empty()) return;
    const auto number = random_.below(static_cast<std::uint32_t>(folder_.kept.size()));
    SeenFile file = std::next(folder_.kept.begin(), number)->first;
    if (random_.below(2) == 0) file.name = any_name();
    folder_.folder[file.name] = file;
    folder_.change();
  }

  void lose_manifest() {
    if (folder_.offered.empty()) return;
    const ContentId id = folder_.offered.begin()->second.id;
    std::erase_if(folder_.kept, [&](const auto& each) { return each.second == id; });
    history_.emplace_back(Lost{folder_.now, id});
    folder_.plan.on_manifest_lost(id, folder_.now);
    folder_.take();
  }

  void pass(Duration time) {
    const Instant until = folder_.now + time;
    if (folder_.plan.next_deadline() <= until) {
      folder_.begin_look();
      REQUIRE(folder_.now - look_ended_ >= std::min<Duration>(9 * look_took_, 100s));
      look_began_ = folder_.now;
    }
    folder_.now = std::max(folder_.now, until);
  }

  void end_look() {
    if (!folder_.looking) return;
    history_.emplace_back(Sight{folder_.now, folder_.wall(), folder_.folder, folder_.kept});
    look_ended_ = folder_.now;
    look_took_ = folder_.now - look_began_;
    folder_.looked();
    judge_hash();
  }

  void end_hash(Result result) {
    if (!folder_.hashing) return;
    history_.emplace_back(Hashed{folder_.now, *folder_.hashing, result});
    folder_.hashed(result);
    judge_hash();
  }

  /// A file that begins to be hashed has settled, is as it was seen last, and is nothing else already.
  void judge_hash() {
    if (folder_.order.size() == judged_) return;
    judged_ = folder_.order.size();
    const auto fate = fate_of(folder_.hashing->name, history_);
    REQUIRE(fate);
    REQUIRE(fate->seen == *folder_.hashing);
    REQUIRE(fate->settled);
    REQUIRE_FALSE(fate->offered);
    REQUIRE_FALSE(fate->refused);
  }

  Random random_;
  Librarian folder_;
  std::vector<Happening> history_;
  Instant look_began_ = folder_.now;
  Instant look_ended_{};
  Duration look_took_{};
  std::size_t judged_ = 0;
};

TEST_CASE("a folder offers what its history says, whatever happens to it, and all of it when it comes to rest",
          "[library]") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    Life life(seed);
    for (int i = 0; i < 150; ++i) {
      INFO("step " << i);
      life.step();
      life.check();
    }
    life.comes_to_rest();
  }
}

}  // namespace
}  // namespace p2p
