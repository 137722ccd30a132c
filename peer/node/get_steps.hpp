// The steps of a `get`: search for holders, choose what the name means, get the manifest, fetch, serve others for a
// while, end. When to do what, and when to give up.
//
// Pure: inputs are calls with the time as a parameter, outputs are effects to be pulled, as in Swarm. The shell's
// duties (get.cpp):
//   after each input, while (auto effect = steps.poll_effect()) carry it out;
//   keep one timer at next_deadline() and call on_timer() then.
// There is at most one round of search at a time: Look begins it, on_looked() says that it is over.
// Absent: --timeout, signals (life.hpp), and everything about the file itself.
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

#include "peer/discovery/tally.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/net/dial_failure.hpp"
#include "protocol/clock.hpp"

namespace p2p {

class GetSteps {
 public:
  // The first three without --timeout only.
  /// How long to look for a holder: a new node is known to all within a few seconds.
  static constexpr Duration kSearchPatience = std::chrono::seconds(12);
  /// The same where no node answers and none is on its way: long enough for one that was started just before.
  static constexpr Duration kPatienceWithNobody = std::chrono::seconds(3);
  /// How long to go on while nobody gives the manifest, or no holder is linked.
  static constexpr Duration kAlonePatience = std::chrono::seconds(60);
  /// How long to wait for room on a full disk. Nobody is served meanwhile, so the person who waits for the file should
  /// know.
  static constexpr Duration kRoomPatience = std::chrono::seconds(60);
  /// How long what others have asked for may take to be sent in the end: they have other holders, and one who takes it
  /// slowly must not keep us.
  static constexpr Duration kFlushPatience = std::chrono::seconds(60);
  /// A search that takes longer says whom it asks.
  static constexpr Duration kSayWhomAfter = std::chrono::milliseconds(500);
  /// Between two rounds of search while nothing is chosen: doubles from the first to the longest.
  static constexpr Duration kFirstPause = std::chrono::milliseconds(200);
  static constexpr Duration kLongestPause = std::chrono::seconds(2);
  /// Between two rounds that look for more holders of what is chosen.
  static constexpr Duration kRefreshInterval = std::chrono::seconds(4);
  /// How long nobody gives anything before the name is asked for again: it may be another content by now. And how
  /// often.
  static constexpr Duration kUnservedPatience = std::chrono::milliseconds(500);
  static constexpr Duration kNameInterval = std::chrono::seconds(1);

  static constexpr Duration kKeep = Duration::max();
  /// How long one fetches before others are told that there is one more node: they would hear of one that is gone.
  static constexpr Duration kSettledAfter = std::chrono::seconds(1);

  struct Options {
    std::string wanted = {};  ///< A name, or the digits of `id`.
    std::optional<ContentId> id = {};
    std::optional<std::uint32_t> quorum = {};
    bool update = false;       ///< Goes on with another content when the name becomes one.
    bool has_timeout = false;  ///< The user says how long to be patient.
    bool says_whom = true;
    bool serves = false;             ///< Others are given what is there, and what they asked for before the end.
    Duration linger = {};            ///< How long they may ask when all is there; kKeep: for ever.
    std::vector<Address> join = {};  ///< Through whom holders are looked for.
  };

  /// Begin a round of search: for the content, or without `id` for the name. `also`: holders of before, to be asked
  /// again.
  struct Look {
    std::optional<ContentId> id;
    std::set<Address> also;
  };
  /// Ask these for the content's manifest, too, until one has given it. Nobody comes up twice for one content.
  struct AskForManifest {
    ContentId id;
    std::vector<Holder> holders;
  };
  /// Begin to fetch what the manifest of on_manifest() says, and call on_begun(); or on_complete() when all is there
  /// already.
  struct Begin {};
  struct AddHolder {
    Holder holder;
  };
  /// From now on this is a node that others find; once.
  struct Settle {};
  /// Nothing more is given but what has been asked for; call on_flushed() when that is sent.
  struct Retire {};
  /// Give up what is being fetched, and call on_fetch_ended().
  struct EndFetch {};
  struct Say {
    std::string text;
  };
  /// The last effect. `error` is empty with ExitCode::complete.
  struct End {
    ExitCode code;
    std::string error;
  };
  using Effect = std::variant<Look, AskForManifest, Begin, AddHolder, Settle, Retire, EndFetch, Say, End>;

  /// What has come of the latest round, so far.
  struct Asked {
    std::size_t answered;
    const std::map<Address, DialFailure>& failures;
  };

  GetSteps(Options options, Instant now);

  /// A node's word; also after its round is over.
  void on_holder(const Holder& holder);
  void on_looked(const Asked& asked, Instant now);
  /// The manifest of this content has come; may be one that is not wanted any more.
  void on_manifest(const ContentId& id);
  void on_begun(Instant now);
  /// How many are linked that have something which we lack.
  void on_offering(std::uint32_t count, Instant now);
  /// Since when nothing can be stored because the disk is full; then, that there is room again.
  void on_disk_full(Instant since);
  void on_room();
  /// All is there. `is_offered`: others may come for it.
  void on_complete(bool is_offered, Instant now);
  void on_flushed();
  void on_fetch_ended(Instant now);

  void on_timer(Instant now);
  Instant next_deadline() const;
  std::optional<Effect> poll_effect();

  /// All is there; the process may only be serving others yet.
  bool is_complete() const {
    return step_ == Step::serving || step_ == Step::retiring || (step_ == Step::ended && complete_);
  }
  /// Why what was chosen cannot be fetched, when its manifest says this; empty when it can. To be asked before room is
  /// made.
  std::string fault_of(std::uint64_t size, bool is_sha256) const;
  /// The content that the name means.
  const std::optional<ContentId>& chosen() const { return chosen_; }
  /// "3/2": three holders agreed, two had to. Empty without a quorum.
  const std::string& quorum() const { return quorum_; }
  /// Why nothing is being fetched yet, as the end of a sentence.
  std::string missing(const Asked& asked) const;

 private:
  enum class Step : std::uint8_t {
    searching,
    chosen,  ///< The manifest is asked for.
    fetching,
    changing,  ///< The fetch ends, for another content to be searched.
    serving,   ///< All is there, and others may ask for it.
    retiring,  ///< What they have asked for is sent.
    ended,
  };

  void look(Instant now);
  void judge(const Asked& asked, Instant now);
  void choose(const Tally::Result& result, Instant now);
  void ask_for_manifest(const std::vector<Holder>& holders);
  bool is_unserved(Instant now) const;
  bool is_another_content_now(Instant now) const;
  void go_on_with_another_content(Instant now);
  Instant patience_ends() const;
  Instant room_patience_ends() const;
  std::string name() const;
  std::string no_manifest() const;
  std::string nobody_has_it(const Asked& asked) const;
  bool is_working() const { return step_ == Step::searching || step_ == Step::chosen || step_ == Step::fetching; }
  void settle();
  void retire(Instant now);
  void end();
  void fail(ExitCode code, const std::string& error);

  Options options_;
  Step step_ = Step::searching;
  std::deque<Effect> effects_;
  Instant began_;  ///< The search for what is, or is not yet, chosen.
  Instant say_whom_at_;
  Instant look_at_;  ///< kNever while a round is under way.
  Duration pause_ = kFirstPause;
  Tally tally_;
  bool asks_name_ = false;  ///< In this round; otherwise by content id.
  Tally called_now_;        ///< What this round says of the name, after one content was chosen.
  std::optional<ContentId> chosen_;
  std::set<Address> asked_;  ///< For the manifest of chosen_.
  std::string quorum_;
  std::optional<Instant> unserved_since_;  ///< After the choice: no holder gives anything.
  std::optional<Instant> no_room_since_;
  Instant settle_at_ = kNever;  ///< Set when the first fetch begins.
  bool settled_ = false;
  Instant serve_until_ = kNever;  ///< While serving, and the end of the patience while retiring.
  bool complete_ = false;
};

}  // namespace p2p
