// Who is let in, and what for: everything about a connection that was accepted, until it is somebody's.
//
// A caller is one accepted connection. Its first 32 bytes say what it is for: the exchange of a content, a manifest, a
// catalog, or members. Where connections are sealed, it proves its key before that. The door judges them, hands the
// caller to that use or dismisses it, and counts it until it is gone. It owns every limit on those who have proven
// nothing (limits.hpp): how many callers greet at once, which texts are written and whose turn it is, how many links
// there are, by origin and in all, and how many contents are served.
//
// Pure: inputs are calls with the time as a parameter, outputs are effects to be pulled, as in Swarm. The shell's
// duties:
//   report each accepted connection, what it has sent so far, and its end;
//   after each input, while (auto effect = door.poll_effect()) carry it out;
//   keep one timer at next_deadline() and call on_timer() then.
//
// Invariant: a caller is in exactly one state at any time, and in the list of that state, which is ordered by who has
// moved longest ago.
// Absent: swarms, and what a listed peer may do once its handshake is taken (swarm/swarm_guards.cpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/door/limits.hpp"
#include "protocol/ids.hpp"
#include "protocol/origin.hpp"
#include "protocol/proof.hpp"
#include "protocol/wire/features.hpp"
#include "protocol/wire/handshake.hpp"

namespace p2p {

/// A handle for one caller, given out by the door; reused after its end has been reported.
using CallerId = StrongIndex<struct CallerTag>;

enum class Use : std::uint8_t {
  exchange,  ///< A link of the swarm that exchanges the content.
  manifest,  ///< The content's manifest is to be written to it, or that there is none.
  catalog,   ///< What is offered under this key is to be written to it.
  members,   ///< Its introduction comes next; then the members that are known are to be written to it.
};

/// What the process has for callers. Asked when a handshake has come.
class DoorUses {
 public:
  virtual ~DoorUses() = default;
  /// Whether an exchange takes this content in. None: the caller is a classic peer, which names no content.
  virtual bool exchanges(const std::optional<ContentPrefix>& content) const = 0;
  virtual bool gives_manifest(const ContentPrefix& content) const = 0;
  virtual bool answers(const ContentPrefix& question) const = 0;
  /// Whether this is the network whose members are known here.
  virtual bool knows_members_of(const ContentPrefix& network) const = 0;
  /// Whether the reserved bytes of a handshake mean anything here. In a swarm without a manifest they are ignored.
  virtual bool reads_features() const { return true; }
};

/// This caller is for that. With Use::exchange its handshake is the first that the swarm is told of the link.
struct Admit {
  CallerId caller;
  Use use;
  Handshake handshake;
  ContentPrefix content{};  ///< Zeros for a classic peer.
};

enum class Dismissal : std::uint8_t {
  refused,  ///< Its first bytes are none that anything here is for.
  overdue,  ///< It let a deadline pass.
  crowded,  ///< Its place was needed, or there is none.
  flood,    ///< It asks for more than anybody needs.
  unknown,  ///< It asks for something that is not here: nothing is said, and nothing is wrong.
  stuck,    ///< It takes nothing of its text, or has had it and stays.
};

/// Close this connection; answer with on_gone() as for any other end.
struct Dismiss {
  CallerId caller;
  Dismissal why;
  std::string reason;
};

using DoorEffect = std::variant<Admit, Dismiss>;

/// Single-threaded. A CallerId is valid from accept() until on_gone(); after a Dismiss inputs for it are ignored.
class Door {
 public:
  /// `uses` outlives the door.
  Door(const DoorLimits& limits, const DoorUses& uses);
  /// From now on. Whoever is there already stays.
  void set_limits(const DoorLimits& limits) { limits_ = limits; }

  CallerId accept(const Origin& origin, Instant now);
  /// It has proven who it is: from now on the limits of an origin hold for its key as for its address, and it may show
  /// no other ID. Before its handshake.
  void on_proven(CallerId caller, const Proof& proof, Instant now);
  /// `received`: all that has come from a caller that greets, and nothing beyond its handshake, which some haves may
  /// come before (greeting_bytes()).
  void on_bytes(CallerId caller, std::span<const std::byte> received, Instant now);
  /// Part of the text has left, or all of it.
  void on_text_moved(CallerId caller, Instant now);
  void on_text_written(CallerId caller, Instant now);
  /// The link carried a piece, or a request for one.
  void on_link_used(CallerId caller, Instant now);
  /// The connection has ended, for whatever reason; exactly once a caller.
  void on_gone(CallerId caller);

  /// The process has no descriptor left: dismisses the caller that matters least. False: there is none.
  bool make_room(Instant now);
  /// The process leaves: dismisses those that greet, or have their text. Texts that are on their way go on.
  void close(Instant now);

  void on_timer(Instant now);
  Instant next_deadline() const;
  std::optional<DoorEffect> poll_effect();

  std::size_t callers() const { return callers_.size() - free_.size(); }
  /// Those whose handshake has not come yet.
  std::size_t greeting() const { return list(State::greeting).size(); }

  /// How many bytes a caller's greeting has at least when it begins like this.
  static std::size_t greeting_bytes(std::span<const std::byte> received) {
    return early_have_bytes(received) + kHandshakeBytes;
  }

 private:
  enum class State : std::uint8_t { greeting, text, draining, linked, dismissed };
  static constexpr std::size_t kStates = 5;

  struct Caller {
    std::vector<Origin> origins;  ///< Its address, and its key when it has proven one: limits hold by each.
    State state;
    Instant moved;
    std::optional<PeerId> proven{};  ///< The ID that it may show; any, where nothing is proven.
    ContentPrefix content{};
    std::list<CallerId>::iterator place{};
  };
  /// What is counted by origin. Forgotten when nobody is there any more and the allowance is whole again.
  struct Visitor {
    std::array<std::uint32_t, kStates> callers{};
    double allowance;
    Instant counted;
  };
  struct Served {
    std::uint32_t links = 0;
    Instant used{};
  };

  Caller& at(CallerId caller) { return *callers_[caller.value]; }
  std::list<CallerId>& list(State state) { return lists_[static_cast<std::size_t>(state)]; }
  const std::list<CallerId>& list(State state) const { return lists_[static_cast<std::size_t>(state)]; }
  std::uint32_t& count(const Origin& origin, State state) {
    return visitors_.at(origin).callers[static_cast<std::size_t>(state)];
  }

  Visitor& visitor(const Origin& origin, Instant now);
  void enter(CallerId caller, State state, Instant now);
  void leave(CallerId caller);
  void touch(CallerId caller, Instant now);
  void dismiss(CallerId caller, Dismissal why, std::string reason);
  void dismiss_overdue(State state, Duration patience, Dismissal why, const std::string& reason, Instant now);
  std::optional<CallerId> oldest(State state, const std::optional<Origin>& origin = {}) const;

  void take_handshake(CallerId caller, const Handshake& handshake, Instant now);
  void admit(CallerId caller, Use use, const Handshake& handshake, const ContentPrefix& content, Instant now);
  void give_text(CallerId caller, Use use, const Handshake& handshake, const ContentPrefix& content, Instant now);
  void link(CallerId caller, const Handshake& handshake, const std::optional<ContentPrefix>& content, Instant now);
  bool may_ask(const Origin& origin, Instant now);
  bool room_for_link(CallerId caller, Instant now);
  bool room_for_content(const ContentPrefix& content, Instant now);
  void forget_visitors(Instant now);

  DoorLimits limits_;
  const DoorUses& uses_;
  std::vector<std::optional<Caller>> callers_;  ///< By CallerId.
  std::vector<CallerId> free_;
  std::array<std::list<CallerId>, kStates> lists_;
  std::map<Origin, Visitor> visitors_;
  std::map<ContentPrefix, Served> served_;  ///< Contents with links.
  Instant forget_at_ = kNever;
  std::deque<DoorEffect> effects_;
};

}  // namespace p2p
