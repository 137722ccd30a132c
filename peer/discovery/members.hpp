// Which nodes of our network we know: whom to ask next, whom to tell others of, and whom to drop.
//
// A node is asked for its members (docs/PROTOCOL.md, "Asking for members"). Whoever answers is a member: a TCP
// connection proves its address, and the answer proves that it is of our network. Everything else is a hint, whoever it
// comes from, and is asked before it is told to anybody. Limits bound what hints can make us do (docs/SECURITY.md has
// their figures).
//
// Pure: inputs are calls with the time as a parameter. The shell (member_discovery.cpp) asks whom poll() names, reports
// answered() or failed() for each of them once, and calls poll() again at next_deadline().
// Invariant: an address is in exactly one of these states at any time: a member, a hint, or neither; one that is
// neither may be remembered as one that failed lately, and as a former member. Absent: names of hosts. The user's are
// resolved by the shell, nobody else's are ever looked up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "config/member_list.hpp"
#include "protocol/clock.hpp"
#include "protocol/ids.hpp"
#include "protocol/origin.hpp"

namespace p2p {

using config::MemberAddress;

/// Where an address belongs as far as limits are concerned.
inline Origin origin_of(const MemberAddress& address) { return Origin::of(address.ip); }

/// Tokens that come back with time.
class DialBudget {
 public:
  DialBudget(std::uint32_t burst, std::uint32_t a_minute) : left_(burst), burst_(burst), a_minute_(a_minute) {}

  bool take(Instant now);
  /// When take() succeeds next.
  Instant ready_at(Instant now);

 private:
  void refill(Instant now);

  double left_;
  double burst_;
  double a_minute_;
  Instant counted_{};
};

struct MemberLimits {
  std::size_t members = 4'096;
  std::size_t members_by_origin = 64;   ///< Not counted on the loopback, nor are the next two.
  std::size_t hints_by_origin = 8;      ///< That lead to one origin: its ports.
  std::size_t hints_by_teller = 4'096;  ///< That one origin has told.
  std::size_t hints = 16'384;
  /// Addresses that a third party named: dials to verify them, so many at once and so many a minute. Together never
  /// more than 120 in a minute. And what searches may dial of them.
  std::uint32_t dial_burst = 60;
  std::uint32_t dials_a_minute = 60;
  std::uint32_t search_burst = 2'048;
  std::uint32_t searches_a_minute = 120;
  std::uint16_t lowest_port = 1'024;                     ///< Of what anybody but the user names.
  std::size_t asking = 32;                               ///< At a time.
  Duration question_interval = std::chrono::seconds(1);  ///< Between questions to members, and to former ones.
  Duration heard_within = std::chrono::seconds(20);  ///< How old the last answer may be before a member is asked again.
  Duration first_pause = std::chrono::seconds(1);    ///< The same after its first answer; doubles from then on.
  /// To those that the user named, and to those that do not answer.
  Duration retry_interval = std::chrono::seconds(5);
  Duration silence = std::chrono::seconds(60);  ///< How long a member may not answer before it is dropped.
  /// How long a hint that did not answer is not taken again: doubles from the first time on. One that left: the
  /// longest.
  Duration first_shunned = std::chrono::seconds(5);
  Duration longest_shunned = std::chrono::seconds(60);
  std::size_t former = 256;  ///< Members that were dropped are asked again, so that partitions heal.
  Duration former_time = std::chrono::hours(1);
};

class Members {
 public:
  explicit Members(PeerId self, const MemberLimits& limits = {})
      : self_(self),
        limits_(limits),
        dials_(limits.dial_burst, limits.dials_a_minute),
        searches_(limits.search_burst, limits.searches_a_minute) {}

  /// The user named it, or it is one of the addresses of a host that the user named: asked until it answers.
  void named(const MemberAddress& address, Instant now);
  /// The node at this IP address says that it listens on this port.
  void introduced(const MemberAddress& address, Instant now);
  /// Somebody at `teller` says that there is a node.
  void told(const MemberAddress& address, const MemberAddress& teller, Instant now);
  void answered(const MemberAddress& address, PeerId id, Duration took, Instant now);
  void failed(const MemberAddress& address, Instant now);
  void left(const MemberAddress& address, Instant now);

  /// Whom to ask now; none: nobody until next_deadline(). Asked until it gives none.
  std::optional<MemberAddress> poll(Instant now);
  Instant next_deadline(Instant now);

  /// Those who may know something, in the order in which they are to be asked: members by how fast they answer, then
  /// hints in turn from each teller, then members that failed lately. Hints count against the budget of searches, once
  /// each.
  std::vector<MemberAddress> candidates(Instant now);

  /// What others may be told of, the latest first: members whose latest answer came. Loopback addresses are for the
  /// loopback.
  std::vector<config::Member> list_for(bool asker_is_loopback, Instant now) const;
  bool is_member(const MemberAddress& address) const { return members_.contains(address); }
  std::size_t count() const { return members_.size(); }
  std::size_t hints() const { return hints_.size(); }

 private:
  struct Known {
    PeerId id;
    Instant heard;
    Instant due;          ///< When it is asked again.
    double answer_s = 0;  ///< Smoothed.
    Duration pause{};     ///< Between its latest two questions: short at first, when others are still unknown.
    std::optional<Instant> failing_since{};
  };
  struct Hint {
    Origin teller;
    bool in_person;         ///< Introduced by itself.
    bool searched = false;  ///< Has been counted against the budget of searches.
  };
  struct Seed {
    Instant due;
  };
  struct Shunned {
    Instant until;
    Duration time;
  };
  struct Former {
    Instant due;
    Instant until;
  };

  bool is_acceptable(const MemberAddress& address, Instant now) const;
  bool has_room_for(const MemberAddress& address) const;
  void add_hint(const MemberAddress& address, const Hint& hint);
  void drop_hint(const MemberAddress& address);
  void shun(const MemberAddress& address, Duration at_least, Instant now);
  void drop_member(const MemberAddress& address, Instant now);
  std::optional<MemberAddress> next_hint(Instant now);
  std::optional<MemberAddress> next_told();
  std::optional<MemberAddress> next_routine(Instant now);
  std::optional<MemberAddress> ask(const MemberAddress& address);
  std::vector<MemberAddress> hints_in_turn() const;

  PeerId self_;
  MemberLimits limits_;
  std::map<MemberAddress, Known> members_;
  std::map<Origin, std::size_t> members_at_;
  std::map<MemberAddress, Hint> hints_;
  std::map<Origin, std::size_t> hints_at_;
  std::deque<MemberAddress> in_person_;                  ///< In the order in which they came.
  std::map<Origin, std::deque<MemberAddress>> told_by_;  ///< The other hints, likewise.
  std::optional<Origin> last_teller_;
  std::map<MemberAddress, Seed> seeds_;
  std::map<MemberAddress, Shunned> shunned_;  ///< Kept for a while when it is over, so that time doubles.
  std::map<MemberAddress, Former> former_;
  std::set<MemberAddress> own_;  ///< Addresses that are our own: they answered with our ID.
  std::set<MemberAddress> asking_;
  DialBudget dials_;
  DialBudget searches_;
  Instant next_question_{};
  bool formers_turn_ = false;
};

}  // namespace p2p
