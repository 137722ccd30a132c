#include "peer/discovery/members.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace p2p {
namespace {

// How much an answer counts against those before it.
constexpr double kNewest = 0.25;
constexpr std::size_t kMostOwn = 64;

}  // namespace

// --- The budget ---

void DialBudget::refill(Instant now) {
  left_ = std::min(burst_, left_ + seconds(now - counted_) * a_minute_ / 60);
  counted_ = now;
}

bool DialBudget::take(Instant now) {
  refill(now);
  if (left_ < 1) return false;
  left_ -= 1;
  return true;
}

Instant DialBudget::ready_at(Instant now) {
  refill(now);
  // A little later than the exact time, which rounding could put before a whole token.
  return left_ >= 1 ? now : now + from_seconds((1 - left_) * 60 / a_minute_) + std::chrono::milliseconds(1);
}

// --- What comes in ---

bool Members::is_acceptable(const MemberAddress& address, Instant now) const {
  if (!address.is_unicast() || address.port < limits_.lowest_port || own_.contains(address)) return false;
  if (members_.contains(address) || hints_.contains(address) || seeds_.contains(address)) return false;
  const auto shunned = shunned_.find(address);
  return shunned == shunned_.end() || shunned->second.until <= now;
}

bool Members::has_room_for(const MemberAddress& address) const {
  if (hints_.size() >= limits_.hints) return false;
  const auto ports = hints_at_.find(origin_of(address));
  return address.is_loopback() || ports == hints_at_.end() || ports->second < limits_.hints_by_origin;
}

void Members::named(const MemberAddress& address, Instant now) {
  if (own_.contains(address) || !address.is_unicast()) return;
  drop_hint(address);
  seeds_.try_emplace(address, Seed{now});
}

void Members::introduced(const MemberAddress& address, Instant now) {
  shunned_.erase(address);
  // It is up, whatever we have heard of it.
  if (const auto known = members_.find(address); known != members_.end()) {
    if (known->second.failing_since) known->second.due = now;
    return;
  }
  if (const auto seed = seeds_.find(address); seed != seeds_.end()) seed->second.due = std::min(seed->second.due, now);
  if (const auto hint = hints_.find(address); hint != hints_.end() && !hint->second.in_person) drop_hint(address);
  if (is_acceptable(address, now) && has_room_for(address)) add_hint(address, {origin_of(address), true});
}

void Members::told(const MemberAddress& address, const MemberAddress& teller, Instant now) {
  if (address.is_loopback() && !teller.is_loopback()) return;
  if (!is_acceptable(address, now) || !has_room_for(address)) return;
  const auto told = told_by_.find(origin_of(teller));
  if (told != told_by_.end() && told->second.size() >= limits_.hints_by_teller) return;
  add_hint(address, {origin_of(teller), false});
}

void Members::add_hint(const MemberAddress& address, const Hint& hint) {
  hints_.emplace(address, hint);
  ++hints_at_[origin_of(address)];
  if (hint.in_person)
    in_person_.push_back(address);
  else
    told_by_[hint.teller].push_back(address);
}

void Members::drop_hint(const MemberAddress& address) {
  const auto hint = hints_.find(address);
  if (hint == hints_.end()) return;
  if (const auto ports = hints_at_.find(origin_of(address)); --ports->second == 0) hints_at_.erase(ports);
  if (hint->second.in_person) {
    std::erase(in_person_, address);
  } else {
    const auto told = told_by_.find(hint->second.teller);
    std::erase(told->second, address);
    if (told->second.empty()) told_by_.erase(told);
  }
  hints_.erase(hint);
}

void Members::shun(const MemberAddress& address, Duration at_least, Instant now) {
  std::erase_if(shunned_, [&](const auto& each) { return each.second.until + limits_.longest_shunned <= now; });
  const auto before = shunned_.find(address);
  if (before == shunned_.end() && shunned_.size() >= limits_.hints) return;
  const Duration doubled = before == shunned_.end() ? Duration::zero() : 2 * before->second.time;
  const Duration time = std::min(std::max(at_least, doubled), limits_.longest_shunned);
  shunned_.insert_or_assign(address, Shunned{now + time, time});
}

void Members::answered(const MemberAddress& address, PeerId id, Duration took, Instant now) {
  asking_.erase(address);
  drop_hint(address);
  if (id == self_) {
    drop_member(address, now);
    former_.erase(address);
    seeds_.erase(address);
    if (own_.size() < kMostOwn) own_.insert(address);
    return;
  }
  const auto known = members_.find(address);
  if (known == members_.end()) {
    const auto at = members_at_.find(origin_of(address));
    const bool crowded = at != members_at_.end() && at->second >= limits_.members_by_origin && !address.is_loopback();
    if (members_.size() >= limits_.members || crowded) return;
    ++members_at_[origin_of(address)];
    members_.emplace(address, Known{.id = id,
                                    .heard = now,
                                    .due = now + limits_.first_pause,
                                    .answer_s = seconds(took),
                                    .pause = limits_.first_pause});
  } else {
    Known& member = known->second;
    member.id = id;
    member.heard = now;
    member.pause = std::min(2 * member.pause, limits_.heard_within);
    member.due = now + member.pause;
    member.answer_s += kNewest * (seconds(took) - member.answer_s);
    member.failing_since.reset();
  }
  former_.erase(address);
  shunned_.erase(address);
}

void Members::failed(const MemberAddress& address, Instant now) {
  asking_.erase(address);
  if (const auto seed = seeds_.find(address); seed != seeds_.end()) seed->second.due = now + limits_.retry_interval;
  if (const auto former = former_.find(address); former != former_.end()) {
    former->second.due = now + limits_.retry_interval;
    if (now >= former->second.until) former_.erase(former);
  }
  if (hints_.contains(address)) {
    drop_hint(address);
    shun(address, limits_.first_shunned, now);
  }
  const auto known = members_.find(address);
  if (known == members_.end()) return;
  known->second.due = now + limits_.retry_interval;
  if (!known->second.failing_since) known->second.failing_since = now;
  if (now - *known->second.failing_since < limits_.silence) return;
  drop_member(address, now);
  shun(address, limits_.first_shunned, now);
  if (former_.size() < limits_.former)
    former_.insert_or_assign(address, Former{now + limits_.retry_interval, now + limits_.former_time});
}

void Members::left(const MemberAddress& address, Instant now) {
  drop_hint(address);
  drop_member(address, now);
  former_.erase(address);
  // Others have not heard of it yet, and go on to name it.
  shun(address, limits_.longest_shunned, now);
}

void Members::drop_member(const MemberAddress& address, Instant now) {
  if (members_.erase(address) == 0) return;
  if (const auto at = members_at_.find(origin_of(address)); --at->second == 0) members_at_.erase(at);
  if (const auto seed = seeds_.find(address); seed != seeds_.end()) seed->second.due = now + limits_.retry_interval;
}

// --- Whom to ask ---

std::optional<MemberAddress> Members::ask(const MemberAddress& address) {
  asking_.insert(address);
  return address;
}

std::optional<MemberAddress> Members::poll(Instant now) {
  if (asking_.size() >= limits_.asking) return std::nullopt;
  for (auto& [address, seed] : seeds_)
    if (seed.due <= now && !members_.contains(address) && !asking_.contains(address)) return ask(address);
  if (const auto hint = next_hint(now)) return ask(*hint);
  if (now < next_question_) return std::nullopt;
  const auto routine = next_routine(now);
  if (!routine) return std::nullopt;
  next_question_ = now + limits_.question_interval;
  return ask(*routine);
}

std::optional<MemberAddress> Members::next_hint(Instant now) {
  for (const MemberAddress& address : in_person_)
    if (!asking_.contains(address)) return address;
  const auto waiting = next_told();
  return waiting && dials_.take(now) ? waiting : std::nullopt;
}

/// Tellers take turns, so that one that names thousands does not keep us from
/// what others name.
std::optional<MemberAddress> Members::next_told() {
  auto teller = last_teller_ ? told_by_.upper_bound(*last_teller_) : told_by_.begin();
  for (std::size_t i = 0; i < told_by_.size(); ++i, ++teller) {
    if (teller == told_by_.end()) teller = told_by_.begin();
    const auto free =
        std::ranges::find_if(teller->second, [&](const MemberAddress& each) { return !asking_.contains(each); });
    if (free == teller->second.end()) continue;
    last_teller_ = teller->first;
    return *free;
  }
  return std::nullopt;
}

/// Members and former members take turns.
std::optional<MemberAddress> Members::next_routine(Instant now) {
  const auto earliest = [&](const auto& all) -> std::optional<MemberAddress> {
    const MemberAddress* found = nullptr;
    Instant due = kNever;
    for (const auto& [address, each] : all) {
      if (each.due > now || each.due >= due || asking_.contains(address)) continue;
      due = each.due;
      found = &address;
    }
    return found ? std::optional(*found) : std::nullopt;
  };
  const auto member = earliest(members_);
  const auto former = earliest(former_);
  formers_turn_ = former && (!member || !formers_turn_);
  return formers_turn_ ? former : member;
}

Instant Members::next_deadline(Instant now) {
  Instant next = kNever;
  // An end of one of them frees its place; the shell polls then.
  if (asking_.size() >= limits_.asking) return next;
  for (const auto& [address, seed] : seeds_)
    if (!members_.contains(address) && !asking_.contains(address)) next = std::min(next, seed.due);
  if (!std::ranges::all_of(in_person_, [&](const MemberAddress& each) { return asking_.contains(each); })) return now;
  const auto teller = last_teller_;
  if (next_told()) next = std::min(next, dials_.ready_at(now));
  last_teller_ = teller;
  const auto consider = [&](const auto& all) {
    for (const auto& [address, each] : all)
      if (!asking_.contains(address)) next = std::min(next, std::max(each.due, next_question_));
  };
  consider(members_);
  consider(former_);
  return next;
}

// --- What goes out ---

std::vector<MemberAddress> Members::hints_in_turn() const {
  std::vector<MemberAddress> all(in_person_.begin(), in_person_.end());
  for (std::size_t i = 0; all.size() < hints_.size(); ++i)
    for (const auto& [teller, told] : told_by_)
      if (i < told.size()) all.push_back(told[i]);
  return all;
}

std::vector<MemberAddress> Members::candidates(Instant now) {
  std::vector<std::tuple<bool, double, MemberAddress>> known;
  for (const auto& [address, member] : members_)
    known.emplace_back(member.failing_since.has_value(), member.answer_s, address);
  std::ranges::sort(known);
  const auto failing = std::ranges::find_if(known, [](const auto& each) { return std::get<0>(each); });
  std::vector<MemberAddress> all;
  for (auto it = known.begin(); it != failing; ++it) all.push_back(std::get<2>(*it));
  for (const MemberAddress& address : hints_in_turn()) {
    Hint& hint = hints_.at(address);
    if (!hint.searched && !searches_.take(now)) break;
    hint.searched = true;
    all.push_back(address);
  }
  for (auto it = failing; it != known.end(); ++it) all.push_back(std::get<2>(*it));
  return all;
}

std::vector<config::Member> Members::list_for(bool asker_is_loopback, Instant now) const {
  std::vector<config::Member> list;
  for (const auto& [address, member] : members_) {
    if (member.failing_since || (address.is_loopback() && !asker_is_loopback)) continue;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - member.heard).count();
    list.push_back({address, member.id.value,
                    static_cast<std::uint32_t>(std::clamp<std::int64_t>(age, 0, config::Member::kMaxAge))});
  }
  std::ranges::stable_sort(list, {}, &config::Member::heard_s);
  return list;
}

}  // namespace p2p
