// The plan of a `get` of many files: whom to ask for what, which names are meant, which of them are fetched when, and
// what came of each.
//
// Each name is waiting, running or ended. Small files run many at a time, because what they cost is round trips; large
// ones few, because they cost memory and disk.
//
// Pure: inputs are calls with the time as a parameter, outputs are effects to be pulled, as in GetSteps. The shell's
// duties (get_many.cpp):
//   after each input, while (auto effect = plan.poll_effect()) carry it out;
//   keep one timer at next_deadline() and call on_timer() then.
// There is at most one question at a time: Ask begins it, on_asked() says that it is over. Absent: how one file is
// fetched (get_entry.hpp), and what of it is there already.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "peer/discovery/holder.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/net/dial_failure.hpp"
#include "peer/node/selection.hpp"
#include "protocol/clock.hpp"

namespace p2p {

class GetPlan {
 public:
  // Without --timeout only; as in GetSteps.
  static constexpr Duration kSearchPatience = std::chrono::seconds(12);
  static constexpr Duration kPatienceWithNobody = std::chrono::seconds(3);
  /// Between two rounds of questions while nobody has something that is wanted: doubles from the first to the longest.
  static constexpr Duration kFirstPause = std::chrono::milliseconds(200);
  static constexpr Duration kLongestPause = std::chrono::seconds(2);
  static constexpr std::size_t kSmallAtATime = 16;
  static constexpr std::size_t kLargeAtATime = 3;
  static constexpr std::uint64_t kLarge = std::uint64_t{4} << 20;  ///< Bytes, from which a file is large.

  struct Options {
    std::vector<Wanted> wanted = {};  ///< At least one.
    bool has_timeout = false;         ///< The user says how long to be patient.
    std::vector<Address> join = {};
  };

  struct Ask {
    std::string question;  ///< As in catalog_key().
  };
  /// Fetch this name, and call on_ended().
  struct Begin {
    std::string name;
    std::vector<Holder> holders;
  };
  /// Nothing more is to be asked or fetched. The last effect.
  struct End {};
  using Effect = std::variant<Ask, Begin, End>;

  /// What came of a name, or of a word that nothing matches.
  struct Outcome {
    enum class State { fetched, there, failed };
    State state = State::failed;
    ExitCode code = ExitCode::complete;  ///< Of what failed,
    std::string why = {};                ///< and why.
    std::optional<ContentId> id = {};
    std::uint64_t size = 0;
    std::uint64_t received = 0;  ///< Bytes of pieces.
  };

  struct Asked {
    std::size_t answered;
    const std::map<Address, DialFailure>& failures;
  };

  GetPlan(Options options, Instant now);

  /// A node's word on what was asked for.
  void on_holder(const Holder& holder);
  void on_asked(const Asked& asked, Instant now);
  void on_ended(const std::string& name, Outcome outcome);
  void on_timer(Instant now);
  Instant next_deadline() const { return asking_ ? kNever : ask_at_; }
  std::optional<Effect> poll_effect();

  /// By name, or word. Whole after End.
  const std::map<std::string, Outcome>& outcomes() const { return outcomes_; }
  bool is_wanted(const std::string& name) const;
  /// Somebody offers it.
  bool is_offered(const std::string& name) const { return entries_.contains(name); }
  /// The words of the selection that nothing matches yet.
  std::vector<std::string> unmatched() const;
  /// How many names are known by now, and their bytes.
  std::size_t count() const { return entries_.size(); }
  std::uint64_t bytes() const { return bytes_; }
  std::size_t ended() const { return outcomes_.size(); }
  /// complete, or the code of the first failure in the order of names.
  ExitCode code() const;

 private:
  struct Entry {
    std::vector<Holder> holders;
    std::uint64_t size = 0;
  };
  struct Word {
    Wanted wanted;
    bool found = false;           ///< Something matches it.
    std::size_t names_below = 0;  ///< Of a name: how many names have it as their folder.
  };

  void begin_round(bool is_first);
  void ask_next();
  void take_in_new();
  void judge(const Asked& asked, Instant now);
  void fail(const std::string& name, ExitCode code, const std::string& why);
  void schedule();

  Options options_;
  std::deque<Effect> effects_;
  std::vector<Word> words_;
  std::deque<std::string> questions_;
  bool asking_ = true;
  bool searching_ = true;
  std::size_t answered_ = 0;  ///< In this round.
  Instant began_;
  Instant ask_at_ = kNever;
  Duration pause_ = kFirstPause;
  NameSpace name_space_;
  std::map<std::string, Entry> entries_;
  std::set<std::string> new_names_;        ///< Of this round.
  std::deque<std::string> small_, large_;  ///< Waiting.
  std::map<std::string, bool> running_;    ///< Large or not.
  std::size_t large_running_ = 0;
  std::uint64_t bytes_ = 0;
  std::map<std::string, Outcome> outcomes_;
  bool over_ = false;
};

}  // namespace p2p
