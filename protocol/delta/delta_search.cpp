#include "protocol/delta/delta_search.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace p2p {
namespace {

// A few pieces between others that we have: what was changed in its place, so that nothing would be found.
constexpr std::uint32_t kSmallGap = 4;
// For so many pieces that told nothing, one more is asked for at a time.
constexpr std::uint32_t kMissesPerPiece = 4;

std::uint32_t step(std::uint32_t piece, bool backwards, std::uint32_t by = 1) {
  return backwards ? piece - by : piece + by;
}

}  // namespace

DeltaSearch::DeltaSearch(const Geometry& geometry, std::uint64_t old_size, const Bitfield& stored, std::uint32_t batch)
    : geometry_(geometry), old_size_(old_size), batch_(batch), states_(geometry.piece_count(), State::closed) {
  P2P_ASSERT(batch >= 1);
  stored.for_each([this](PieceIndex piece) { states_[piece.value] = State::settled; });
  for (const Gap gap : gaps()) {
    if (is_between_small(gap)) continue;
    if (gap.begin > 0 && states_[gap.begin - 1] == State::settled) scan(gap.begin - 1);
    if (contains(gap.end)) scan(gap.end);
  }
  open_more();
}

std::optional<DeltaSearch::Effect> DeltaSearch::poll_effect() {
  if (effects_.empty()) return std::nullopt;
  const Effect effect = effects_.front();
  effects_.pop_front();
  return effect;
}

void DeltaSearch::on_stored(PieceIndex piece) {
  if (states_[piece.value] != State::open) return;
  const auto all = gaps();
  const auto around = std::ranges::find_if(all, [&](Gap gap) { return piece.value < gap.end; });
  if (any_closed(*around)) {
    ++misses_;
    scan(piece.value);
  } else {
    states_[piece.value] = State::settled;
  }
  go_on();
}

void DeltaSearch::on_scanned(PieceIndex piece, const Shifts& shifts) {
  P2P_ASSERT(states_[piece.value] == State::scanning);
  states_[piece.value] = State::settled;
  for (const Shift shift : shifts.tail) supposed_.push_back({PieceIndex{piece.value + 1}, false, shift, 0});
  for (const Shift shift : shifts.head) supposed_.push_back({PieceIndex{piece.value - 1}, true, shift, 0});
  go_on();
}

void DeltaSearch::on_checked(const Check& check, std::uint32_t found) {
  P2P_ASSERT(checking_ && found <= check.count);
  checking_ = false;
  for (std::uint32_t i = 0; i < check.count; ++i)
    states_[step(check.first.value, check.backwards, i)] = i < found ? State::settled : State::closed;
  if (found > 0) misses_ = 0;
  const PieceIndex next{step(check.first.value, check.backwards, found)};
  if (found < check.count)
    refuted_.emplace(next.value, check.shift);
  else
    supposed_.push_front({next, check.backwards, check.shift, 0});
  go_on();
}

void DeltaSearch::go_on() {
  check_next();
  open_more();
}

/// Begins the next check that is worth it.
void DeltaSearch::check_next() {
  while (!checking_ && !supposed_.empty()) {
    Check check = supposed_.front();
    supposed_.pop_front();
    // What is asked for already comes anyway; what lies behind it may still be found.
    std::uint32_t piece = check.first.value;
    while (contains(piece) && (states_[piece] == State::open || states_[piece] == State::scanning))
      piece = step(piece, check.backwards);
    check.first = PieceIndex{piece};
    const auto is_worth_it = [&] {
      return contains(piece) && states_[piece] == State::closed && lies_in_old_file(piece, check.shift) &&
             !refuted_.contains({piece, check.shift});
    };
    for (; check.count < batch_ && is_worth_it(); piece = step(piece, check.backwards)) {
      states_[piece] = State::checking;
      ++check.count;
    }
    if (check.count == 0) continue;
    checking_ = true;
    effects_.push_back(check);
  }
}

void DeltaSearch::open_more() {
  for (const Gap gap : gaps()) {
    if (is_between_small(gap)) {
      for (std::uint32_t piece = gap.begin; piece < gap.end; ++piece)
        if (states_[piece] == State::closed) open(piece);
      continue;
    }
    for (std::uint32_t under_way = unresolved(gap); under_way < 1 + misses_ / kMissesPerPiece; ++under_way) {
      const auto piece = next_to_open(gap);
      if (!piece) break;
      open(*piece);
    }
  }
}

void DeltaSearch::open(std::uint32_t piece) {
  states_[piece] = State::open;
  effects_.push_back(Open{PieceIndex{piece}});
}

void DeltaSearch::scan(std::uint32_t piece) {
  states_[piece] = State::scanning;
  effects_.push_back(Scan{PieceIndex{piece}});
}

// --- what is -------------------------------------------------------------------------------------------------------

bool DeltaSearch::lies_in_old_file(std::uint32_t piece, Shift shift) const {
  const Shift begin = static_cast<Shift>(std::uint64_t{piece} * geometry_.piece_size()) + shift;
  return begin >= 0 && static_cast<std::uint64_t>(begin) + geometry_.size_of(PieceIndex{piece}) <= old_size_;
}

std::vector<DeltaSearch::Gap> DeltaSearch::gaps() const {
  std::vector<Gap> gaps;
  const auto count = static_cast<std::uint32_t>(states_.size());
  for (std::uint32_t piece = 0; piece < count; ++piece) {
    if (states_[piece] == State::settled) continue;
    if (gaps.empty() || gaps.back().end != piece) gaps.push_back({piece, piece});
    gaps.back().end = piece + 1;
  }
  return gaps;
}

bool DeltaSearch::any_closed(Gap gap) const {
  return std::find(states_.begin() + gap.begin, states_.begin() + gap.end, State::closed) != states_.begin() + gap.end;
}

bool DeltaSearch::is_between_small(Gap gap) const {
  return gap.begin > 0 && contains(gap.end) && gap.end - gap.begin <= kSmallGap;
}

/// How much is under way that may make the gap smaller.
std::uint32_t DeltaSearch::unresolved(Gap gap) const {
  std::uint32_t count = 0;
  bool checked = false;
  for (std::uint32_t piece = gap.begin; piece < gap.end; ++piece) {
    count += states_[piece] == State::open || states_[piece] == State::scanning;
    checked |= states_[piece] == State::checking;
  }
  const auto lies_in = [gap](const Check& check) {
    return check.first.value >= gap.begin && check.first.value < gap.end;
  };
  return count + checked + static_cast<std::uint32_t>(std::ranges::count_if(supposed_, lies_in));
}

/// The closed piece nearest to what we have, on the side where less is under way; in the middle of nowhere the first.
std::optional<std::uint32_t> DeltaSearch::next_to_open(Gap gap) const {
  std::uint32_t left = gap.begin, right = gap.end;
  while (left < gap.end && states_[left] != State::closed) ++left;
  if (left == gap.end) return std::nullopt;
  while (states_[right - 1] != State::closed) --right;
  const bool knows_left = left > 0, knows_right = contains(right);
  if (knows_right && (!knows_left || gap.end - right < left - gap.begin)) return right - 1;
  return left;
}

}  // namespace p2p
