#include "protocol/swarm/upstream.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/random.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// How often it is looked whether there is something to begin, while something is to do.
constexpr Duration kLookInterval = 100ms;
// How many groups of others are waited for at a time: those that come next.
constexpr std::size_t kMostWaiting = 64;
// The pause after a failure, and after many.
constexpr Duration kFirstPause = 1s, kLongestPause = 30s;

/// The same at every node.
std::uint64_t weight(std::uint32_t group, PeerId peer) {
  return Random(std::uint64_t{group} << 32 | peer.value).next();
}

}  // namespace

Upstream::Upstream(PeerId self, std::uint32_t pieces, std::uint32_t group)
    : self_(self), group_(group), groups_((pieces + group - 1) / group) {
  P2P_ASSERT(group >= 1);
}

// --- the others ------------------------------------------------------------------------------------------------------

void Upstream::set_rivals(std::span<const PeerId> linked, Instant now) {
  std::vector<Rival> rivals;
  for (const PeerId peer : linked) {
    const auto known = std::ranges::find(rivals_, peer, &Rival::peer);
    rivals.push_back(known != rivals_.end() ? *known : Rival{.peer = peer, .since = now});
  }
  std::ranges::sort(rivals, {}, &Rival::peer);
  rivals_ = std::move(rivals);
}

void Upstream::on_word(PeerId rival, const PieceRun& run, Instant now) {
  // It may have been linked just now.
  auto found = std::ranges::lower_bound(rivals_, rival, {}, &Rival::peer);
  if (found == rivals_.end() || found->peer != rival) found = rivals_.insert(found, {.peer = rival, .since = now});
  found->spoke = now;
  found->gave_up = run.count == 0;
  std::erase_if(found->words, [&](const Rival::Word& word) { return word.run.first == run.first; });
  if (found->gave_up) {
    look_at_ = now;
    return;
  }
  if (found->words.size() == kMostWords) found->words.erase(found->words.begin());
  found->words.push_back({run, now});
  const auto comes_first = [&](const Own& own) {
    const std::uint32_t next = std::max(own.run.first.value + own.got, run.first.value);
    return next < std::min(own.run.end(), run.end()) && weight(next / group_, rival) < weight(next / group_, self_);
  };
  for (const Own& own : own_)
    if (comes_first(own)) given_up_.push_back(own.run);
  std::erase_if(own_, comes_first);
}

std::vector<PieceRun> Upstream::take_given_up() { return std::exchange(given_up_, {}); }

/// Whether it may be an owner.
bool Upstream::counts(const Rival& rival, Instant now) const {
  if (rival.gave_up) return false;
  if (rival.spoke != kNever && now - rival.spoke < kWordHolds) return true;
  return now - std::max(rival.since, wanting_since_) < kTurn;
}

/// How many come before us.
std::uint32_t Upstream::turn(std::uint32_t group, Instant now) const {
  const std::uint64_t own = weight(group, self_);
  const auto comes_first = [&](const Rival& rival) {
    return counts(rival, now) && (failures_ > 0 || weight(group, rival.peer) < own);
  };
  return static_cast<std::uint32_t>(std::ranges::count_if(rivals_, comes_first));
}

/// Whether somebody is at it, we or a rival.
bool Upstream::is_taken(PieceIndex piece, Instant now) const {
  const auto at_it = [&](const Rival& rival) {
    return std::ranges::any_of(
        rival.words, [&](const Rival::Word& word) { return word.run.contains(piece) && now - word.said < kWordHolds; });
  };
  return std::ranges::any_of(own_, [&](const Own& own) { return own.run.contains(piece); }) ||
         std::ranges::any_of(rivals_, at_it);
}

// --- ours ------------------------------------------------------------------------------------------------------------

/// The first pieces of the group that are to be fetched and that nobody is at.
std::optional<PieceRun> Upstream::free_run(std::uint32_t group, const Bitfield& todo, Instant now) const {
  const std::uint32_t end = std::min((group + 1) * group_, todo.size());
  const auto is_free = [&](std::uint32_t piece) {
    return todo.test(PieceIndex{piece}) && !is_taken(PieceIndex{piece}, now);
  };
  std::uint32_t first = group * group_;
  while (first < end && !is_free(first)) ++first;
  std::uint32_t last = first;
  while (last < end && is_free(last)) ++last;
  return first < end ? std::optional(PieceRun{PieceIndex{first}, last - first}) : std::nullopt;
}

PieceRun Upstream::begin(const PieceRun& run, Instant now) {
  own_.push_back({.run = run, .said = now});
  waiting_.erase(group_of(run.first));
  look_at_ = now;  // For one more.
  return run;
}

std::optional<PieceRun> Upstream::next(const Bitfield& todo, std::span<const PieceIndex> urgent, Instant now) {
  look_at_ = kNever;
  // Of one that does not move it is seen with the next look whether it does.
  for (const Own& own : own_) look_at_ = std::min(look_at_, std::max(own.said + kWordInterval, now + kLookInterval));
  if (todo.count() == 0) {
    wanting_since_ = kNever;
    waiting_.clear();
    return std::nullopt;
  }
  if (wanting_since_ == kNever) wanting_since_ = now;
  look_at_ = std::min(look_at_, now + kLookInterval);
  const bool may_begin = own_.size() < kMostOwn && now >= paused_until_;

  std::map<std::uint32_t, Instant> waiting;
  // Of another one's group, whether its turn is over.
  const auto is_left = [&](std::uint32_t group, std::uint32_t turn) {
    const auto before = waiting_.find(group);
    const Instant since = waiting.try_emplace(group, before == waiting_.end() ? now : before->second).first->second;
    return now - since >= turn * kTurn;
  };
  std::optional<PieceRun> pressing, mine, left;
  for (const PieceIndex piece : urgent) {
    if (pressing || !todo.test(piece)) continue;
    const std::uint32_t group = group_of(piece);
    const std::uint32_t before_us = turn(group, now);
    if (before_us == 0 || is_left(group, before_us)) pressing = free_run(group, todo, now);
  }
  for (std::uint32_t group = 0; group < groups_ && !mine; ++group) {
    const auto run = free_run(group, todo, now);
    if (!run) continue;
    const std::uint32_t before_us = turn(group, now);
    if (before_us == 0)
      mine = run;
    else if (waiting.size() < kMostWaiting && is_left(group, before_us) && !left)
      left = run;
  }
  waiting_ = std::move(waiting);
  if (!may_begin) return std::nullopt;
  for (const auto& run : {pressing, mine, left})
    if (run) return begin(*run, now);
  return std::nullopt;
}

void Upstream::on_bytes() {
  for (Own& own : own_) own.moves = true;
}

void Upstream::on_got(PieceIndex piece) {
  const auto own = std::ranges::find_if(own_, [&](const Own& each) { return each.run.contains(piece); });
  if (own == own_.end()) return;
  failures_ = 0;
  own->moves = true;
  own->got = std::max(own->got, piece.value + 1 - own->run.first.value);
  if (own->got == own->run.count) own_.erase(own);
}

void Upstream::on_failed(PieceIndex first, Instant now) {
  if (std::erase_if(own_, [&](const Own& own) { return own.run.first == first; }) == 0) return;
  paused_until_ = now + std::min(kFirstPause * (1u << std::min(failures_++, 8u)), kLongestPause);
}

std::vector<PieceRun> Upstream::own() const {
  std::vector<PieceRun> runs;
  for (const Own& own : own_) runs.push_back(own.run);
  return runs;
}

std::vector<PieceRun> Upstream::take_words_due(Instant now) {
  std::vector<PieceRun> due;
  for (Own& own : own_) {
    if (now - own.said < kWordInterval || !std::exchange(own.moves, false)) continue;
    own.said = now;
    due.push_back(own.run);
  }
  return due;
}

}  // namespace p2p
