#include "protocol/door/door.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// How often visitors that are gone are looked for, to forget them.
constexpr Duration kForgetInterval = 10s;

std::string whole_seconds(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

Door::Door(const DoorLimits& limits, const DoorUses& uses) : limits_(limits), uses_(uses) {}

// --- the lists -----------------------------------------------------------------------------------------------------

void Door::enter(CallerId caller, State state, Instant now) {
  Caller& c = at(caller);
  c.state = state;
  c.moved = now;
  c.place = list(state).insert(list(state).end(), caller);
  for (const Origin& origin : c.origins) ++count(origin, state);
  if (state == State::linked) {
    Served& served = served_[c.content];
    ++served.links;
    served.used = now;
  }
}

void Door::leave(CallerId caller) {
  const Caller& c = at(caller);
  list(c.state).erase(c.place);
  for (const Origin& origin : c.origins) --count(origin, c.state);
  if (c.state == State::linked && --served_.at(c.content).links == 0) served_.erase(c.content);
}

/// It has moved: others of its state are now those that have not.
void Door::touch(CallerId caller, Instant now) {
  Caller& c = at(caller);
  c.moved = now;
  list(c.state).splice(list(c.state).end(), list(c.state), c.place);
}

std::optional<CallerId> Door::oldest(State state, const std::optional<Origin>& origin) const {
  const auto& callers = list(state);
  const auto found = std::ranges::find_if(callers, [&](CallerId each) {
    const auto& origins = callers_[each.value]->origins;
    return !origin || std::ranges::find(origins, *origin) != origins.end();
  });
  return found == callers.end() ? std::nullopt : std::optional(*found);
}

void Door::dismiss(CallerId caller, Dismissal why, std::string reason) {
  const Instant moved = at(caller).moved;
  leave(caller);
  enter(caller, State::dismissed, moved);
  effects_.emplace_back(Dismiss{caller, why, std::move(reason)});
}

// --- callers -------------------------------------------------------------------------------------------------------

Door::Visitor& Door::visitor(const Origin& origin, Instant now) {
  forget_at_ = std::min(forget_at_, now + kForgetInterval);
  return visitors_.try_emplace(origin, Visitor{.allowance = static_cast<double>(limits_.texts_burst), .counted = now})
      .first->second;
}

CallerId Door::accept(const Origin& origin, Instant now) {
  visitor(origin, now);
  if (free_.empty()) {
    free_.push_back(CallerId{static_cast<std::uint32_t>(callers_.size())});
    callers_.emplace_back();
  }
  const CallerId caller = free_.back();
  free_.pop_back();
  callers_[caller.value] = Caller{.origins = {origin}, .state = State::greeting, .moved = now};
  enter(caller, State::greeting, now);
  const std::string reason = "no handshake yet, and its place was needed";
  if (count(origin, State::greeting) > limits_.greeting_by_origin)
    dismiss(*oldest(State::greeting, origin), Dismissal::crowded, reason);
  if (list(State::greeting).size() > limits_.greeting) dismiss(*oldest(State::greeting), Dismissal::crowded, reason);
  return caller;
}

void Door::on_proven(CallerId caller, const Proof& proof, Instant now) {
  Caller& c = at(caller);
  const Origin key = proof.origin();
  c.proven = proof.peer;
  c.origins.push_back(key);
  visitor(key, now);
  ++count(key, c.state);
}

void Door::on_gone(CallerId caller) {
  leave(caller);
  callers_[caller.value].reset();
  free_.push_back(caller);
}

void Door::on_bytes(CallerId caller, std::span<const std::byte> received, Instant now) {
  const std::size_t early = early_have_bytes(received);
  const auto handshake = received.subspan(early);
  P2P_ASSERT(handshake.size() <= kHandshakeBytes);
  if (at(caller).state != State::greeting) return;
  if (early < kMostEarlyHaves * kHaveFrameBytes && handshake.size() < kHaveFrameBytes && begins_have(handshake)) return;
  if (const auto violation = check_handshake_prefix(handshake))
    return dismiss(caller, Dismissal::refused, "protocol violation: " + violation->reason);
  if (handshake.size() == kHandshakeBytes)
    take_handshake(caller, decode_handshake(handshake.first<kHandshakeBytes>()), now);
}

void Door::take_handshake(CallerId caller, const Handshake& handshake, Instant now) {
  if (const auto proven = at(caller).proven; proven && *proven != handshake.peer)
    return dismiss(caller, Dismissal::refused,
                   "it says that it is peer " + std::to_string(handshake.peer.value) +
                       ", and its key is that of peer " + std::to_string(proven->value));
  const auto features = uses_.reads_features() ? decode_features(handshake.reserved) : std::nullopt;
  if (!features) return link(caller, handshake, std::nullopt, now);
  if (features->fetch_catalog) return give_text(caller, Use::catalog, handshake, features->content, now);
  if (features->fetch_members) return give_text(caller, Use::members, handshake, features->content, now);
  if (features->fetch_manifest) return give_text(caller, Use::manifest, handshake, features->content, now);
  link(caller, handshake, features->content, now);
}

void Door::admit(CallerId caller, Use use, const Handshake& handshake, const ContentPrefix& content, Instant now) {
  leave(caller);
  at(caller).content = content;
  enter(caller, use == Use::exchange ? State::linked : State::text, now);
  effects_.emplace_back(Admit{caller, use, handshake, content});
}

// --- texts ---------------------------------------------------------------------------------------------------------

void Door::give_text(CallerId caller, Use use, const Handshake& handshake, const ContentPrefix& content, Instant now) {
  const std::vector<Origin> origins = at(caller).origins;
  const auto may = [&](const Origin& origin) { return may_ask(origin, now); };
  if (!std::ranges::all_of(origins, may))
    return dismiss(caller, Dismissal::flood, "it asks for more texts than anybody needs");
  const bool known = use == Use::catalog   ? uses_.answers(content)
                     : use == Use::members ? uses_.knows_members_of(content)
                                           : uses_.gives_manifest(content);
  // Nothing is said: a stranger who guesses learns nothing, and holds nothing.
  if (!known) return dismiss(caller, Dismissal::unknown, "asked for what is not here");
  const std::string reason = "its text had not moved for longest, and its place was needed";
  for (const Origin& origin : origins)
    if (count(origin, State::text) >= limits_.texts_by_origin)
      dismiss(*oldest(State::text, origin), Dismissal::crowded, reason);
  if (list(State::text).size() >= limits_.texts) dismiss(*oldest(State::text), Dismissal::crowded, reason);
  admit(caller, use, handshake, content, now);
}

/// A bucket of texts_burst that fills by texts_per_second.
bool Door::may_ask(const Origin& origin, Instant now) {
  Visitor& visitor = visitors_.at(origin);
  visitor.allowance = std::min<double>(limits_.texts_burst,
                                       visitor.allowance + seconds(now - visitor.counted) * limits_.texts_per_second);
  visitor.counted = now;
  if (visitor.allowance < 1) return false;
  visitor.allowance -= 1;
  return true;
}

void Door::on_text_moved(CallerId caller, Instant now) {
  if (at(caller).state == State::text) touch(caller, now);
}

void Door::on_text_written(CallerId caller, Instant now) {
  if (at(caller).state != State::text) return;
  leave(caller);
  enter(caller, State::draining, now);
  if (list(State::draining).size() > limits_.draining)
    dismiss(*oldest(State::draining), Dismissal::stuck, "it has its text, and its place was needed");
}

// --- links ---------------------------------------------------------------------------------------------------------

void Door::link(CallerId caller, const Handshake& handshake, const std::optional<ContentPrefix>& content, Instant now) {
  if (!uses_.exchanges(content))
    return dismiss(
        caller, content ? Dismissal::unknown : Dismissal::refused,
        content ? "its content is not here" : "a classic peer, which names no content; this process serves several");
  const ContentPrefix shown = content.value_or(ContentPrefix{});
  if (!room_for_link(caller, now))
    return dismiss(caller, Dismissal::crowded, "there are as many links as may be, and all are in use");
  if (!room_for_content(shown, now))
    return dismiss(caller, Dismissal::crowded, "as many contents are served as may be, and all are in use");
  admit(caller, Use::exchange, handshake, shown, now);
}

/// Makes room where somebody does not use his.
bool Door::room_for_link(CallerId caller, Instant now) {
  const auto shed = [&](std::optional<CallerId> idlest) {
    if (now - at(*idlest).moved < limits_.link_idle) return false;
    dismiss(*idlest, Dismissal::crowded, "its link has been unused for longest, and its place was needed");
    return true;
  };
  for (const Origin& origin : at(caller).origins)
    if (count(origin, State::linked) >= limits_.links_by_origin && !shed(oldest(State::linked, origin))) return false;
  return list(State::linked).size() < limits_.links || shed(oldest(State::linked));
}

bool Door::room_for_content(const ContentPrefix& content, Instant now) {
  if (served_.contains(content) || served_.size() < limits_.contents) return true;
  const auto idlest = std::ranges::min_element(served_, {}, [](const auto& each) { return each.second.used; });
  if (now - idlest->second.used < limits_.link_idle) return false;
  const ContentPrefix victim = idlest->first;
  const std::list<CallerId> linked = list(State::linked);
  for (const CallerId each : linked)
    if (at(each).content == victim)
      dismiss(each, Dismissal::crowded, "its content has been unused for longest, and its place was needed");
  return true;
}

void Door::on_link_used(CallerId caller, Instant now) {
  if (at(caller).state != State::linked) return;
  touch(caller, now);
  served_.at(at(caller).content).used = now;
}

// --- the end, and time ---------------------------------------------------------------------------------------------

bool Door::make_room(Instant) {
  for (const State state : {State::greeting, State::draining, State::text})
    if (const auto victim = oldest(state)) {
      dismiss(*victim, Dismissal::crowded, "no descriptor is left, and its place was needed");
      return true;
    }
  return false;
}

void Door::close(Instant) {
  for (const State state : {State::greeting, State::draining})
    while (const auto caller = oldest(state)) dismiss(*caller, Dismissal::unknown, "the process leaves");
}

void Door::dismiss_overdue(State state, Duration patience, Dismissal why, const std::string& reason, Instant now) {
  while (!list(state).empty() && now - at(list(state).front()).moved >= patience)
    dismiss(list(state).front(), why, reason);
}

void Door::on_timer(Instant now) {
  dismiss_overdue(State::greeting, limits_.greeting_time, Dismissal::overdue,
                  "no handshake within " + whole_seconds(limits_.greeting_time), now);
  dismiss_overdue(State::text, limits_.text_standstill, Dismissal::stuck, "it takes nothing of its text", now);
  dismiss_overdue(State::draining, limits_.drain_time, Dismissal::stuck, "it has its text, and stays", now);
  if (now >= forget_at_) forget_visitors(now);
}

void Door::forget_visitors(Instant now) {
  std::erase_if(visitors_, [&](auto& each) {
    auto& [origin, visitor] = each;
    const double allowance = visitor.allowance + seconds(now - visitor.counted) * limits_.texts_per_second;
    return std::ranges::all_of(visitor.callers, [](std::uint32_t n) { return n == 0; }) &&
           allowance >= limits_.texts_burst;
  });
  forget_at_ = visitors_.empty() ? kNever : now + kForgetInterval;
}

Instant Door::next_deadline() const {
  Instant next = forget_at_;
  const auto consider = [&](State state, Duration patience) {
    if (const auto first = oldest(state)) next = std::min(next, callers_[first->value]->moved + patience);
  };
  consider(State::greeting, limits_.greeting_time);
  consider(State::text, limits_.text_standstill);
  consider(State::draining, limits_.drain_time);
  return next;
}

std::optional<DoorEffect> Door::poll_effect() {
  if (effects_.empty()) return std::nullopt;
  DoorEffect effect = std::move(effects_.front());
  effects_.pop_front();
  return effect;
}

}  // namespace p2p
