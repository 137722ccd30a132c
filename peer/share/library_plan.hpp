// The decisions about a shared folder: when to look at it, which file to hash next, and what is offered.
//
// Each file of the latest look is in exactly one state. It settles: it has changed lately, or somebody was writing to
// it. It is to be hashed: the files are hashed one after the other, in the order in which they have settled. It is
// offered. Or it is refused: it cannot be offered as it is. Each change of a file begins with settling again, unless it
// is known as it is now.
//
// Pure: inputs are calls with the time as a parameter, outputs are effects to be pulled, as in Swarm. The shell's
// duties (library.cpp):
//   after each input, while (auto effect = plan.poll_effect()) carry it out;
//   keep one timer at next_deadline() and call on_timer() then.
// At most one look and one hash are under way: Look begins one, on_looked() ends it; Hash begins one, on_hashed() ends
// it. Absent: files, the threads that look and hash, and where manifests are kept (manifest_cache.hpp).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "peer/share/seen_file.hpp"
#include "peer/storage/holding.hpp"
#include "protocol/clock.hpp"

namespace p2p {

/// How long after a look at a folder whose changes nobody tells the next one comes: a look that took this long is to
/// take one part in a hundred of the time, and no change is to stay unknown for two minutes.
Duration pause_between_looks(Duration look);

class LibraryPlan {
 public:
  /// How long a file must have been as it is before it is hashed. A file whose own time of change says that it is twice
  /// as old does not wait.
  static constexpr Duration kQuiet = std::chrono::seconds(1);
  /// Changes within this time are one look.
  static constexpr Duration kLookDelay = std::chrono::milliseconds(100);
  /// The pause after a look is so many times as long as the look, so that looking takes a tenth of the time at most.
  /// The pause ends after kLongestPause anyway.
  static constexpr int kPauseFactor = 9;
  static constexpr Duration kLongestPause = std::chrono::seconds(100);

  struct Look {};
  struct Hash {
    SeenFile file;
  };
  /// Keep this manifest: the file is offered from now on, and the next start need not hash it again.
  struct Keep {
    HashedFile hashed;
  };
  struct Offer {
    Holding holding;
  };
  /// The file has changed, or is gone, or its manifest is.
  struct Withdraw {
    Holding holding;
  };
  struct Warn {
    std::string text;
  };
  using Effect = std::variant<Look, Hash, Keep, Offer, Withdraw, Warn>;

  /// The result of a look.
  struct Looked {
    FolderScan scan;
    std::chrono::nanoseconds since_1970;  ///< The wall clock, which the files' times of change are compared with.
    bool tells_changes;                   ///< on_change() will be called for all that changes from now on.
  };
  /// The content id of a file that was hashed before and whose manifest is at hand.
  using Known = std::function<std::optional<ContentId>(const SeenFile&)>;

  /// Looks at once. `finished`: somebody says that what the first look finds is not being changed any more, however
  /// young it is.
  explicit LibraryPlan(Known known, bool finished = false) : known_(std::move(known)), finished_(finished) {}

  /// Something may have changed in the folder.
  void on_change(Instant now);
  void on_looked(const Looked& looked, Instant now);
  void on_hashed(HashedFile hashed, Instant now);
  /// The manifest of what is offered cannot be read any more. Precondition: offers(id).
  void on_manifest_lost(const ContentId& id, Instant now);

  void on_timer(Instant now);
  Instant next_deadline() const { return looking_ ? kNever : look_at_; }
  std::optional<Effect> poll_effect();

  /// In the order of their names.
  std::vector<Holding> offered() const;
  bool offers(const ContentId& id) const { return names_of_.contains(id); }
  /// The offered files with this content as they were seen, in the order of their names.
  std::vector<SeenFile> files_of(const ContentId& id) const;
  const std::optional<SeenFile>& hashing() const { return hashing_; }

  struct Pending {
    std::size_t offered = 0;  ///< Files.
    std::uint64_t bytes = 0;  ///< Of those.
    std::size_t waiting = 0;  ///< To be hashed, or for their writers.
    bool looked = false;      ///< The folder has been looked through once.
    LeftOut left_out = {};    ///< By the latest look.
  };
  Pending pending() const;

 private:
  enum class State : std::uint8_t { settling, to_hash, offered, refused };
  static constexpr std::size_t kStates = 4;
  struct Entry {
    SeenFile seen;
    State state = State::settling;
    Instant since;  ///< When it was first seen so, or was last found busy.
    ContentId id{};
  };

  void look_by(Instant at);
  void forget_all_but(const FolderScan& scan);
  void take_in(const SeenFile& file, const Looked& looked, Instant now);
  void hash_next();
  void offer(Entry& entry, const ContentId& id);
  void refuse(Entry& entry, const std::string& why);
  void settle_anew(Entry& entry, Instant now);
  void leave_state(Entry& entry);
  void enter(Entry& entry, State state);
  std::size_t& count(State state) { return counts_[static_cast<std::size_t>(state)]; }
  std::size_t count(State state) const { return counts_[static_cast<std::size_t>(state)]; }

  Known known_;
  bool finished_;  ///< What the next look finds.
  std::deque<Effect> effects_;
  std::map<std::string, Entry> entries_;                 ///< By name.
  std::array<std::size_t, kStates> counts_{};            ///< Entries by state.
  std::map<ContentId, std::set<std::string>> names_of_;  ///< Of what is offered.
  std::uint64_t offered_bytes_ = 0;
  std::deque<std::string> to_hash_;  ///< Names; those whose files are in another state by then are passed over.
  std::optional<SeenFile> hashing_;
  std::set<std::string> told_refused_;  ///< Nobody is told twice.
  LeftOut left_out_;
  bool looking_ = false;
  bool looked_ = false;
  Instant look_at_{};  ///< When the next look is due; kNever: when something changes.
  Instant look_began_{};
  Instant may_look_at_{};  ///< No look begins before.
};

}  // namespace p2p
