#include "protocol/swarm/picker.hpp"

#include <bit>

#include "protocol/assert.hpp"

namespace p2p {
namespace {

// The same for every peer, so that all have the same order; not part of the wire protocol.
constexpr std::uint64_t kOrderSeed = 0x7069656365732e2e;
constexpr std::size_t kMostProbes = 64;

}  // namespace

Picker::Picker(const Bitfield& stored, bool all_closed)
    : pieces_(stored.size()), open_(stored.size()), closed_(stored.size()), stored_(stored) {
  std::vector<PieceIndex> order(stored.size());
  for (std::uint32_t i = 0; i < stored.size(); ++i) order[i] = PieceIndex{i};
  Random common(kOrderSeed);
  common.shuffle(std::span(order));
  for (std::size_t i = 0; i < order.size(); ++i) pieces_[order[i].value].next = order[(i + 1) % order.size()];
  for (std::uint32_t i = 0; i < stored.size(); ++i) {
    const PieceIndex piece{i};
    if (stored_.test(piece)) {
      pieces_[i].state = State::stored;
      continue;
    }
    if (all_closed) closed_.set(piece);
    rest(piece);
  }
}

void Picker::enter_level(PieceIndex piece) {
  Piece& p = pieces_[piece.value];
  if (levels_.size() <= p.availability) {
    levels_.resize(p.availability + 1);
    occupied_.resize(levels_.size() / 64 + 1);
  }
  auto& level = levels_[p.availability];
  p.state = State::open;
  p.position = static_cast<std::uint32_t>(level.size());
  level.push_back(piece);
  occupied_[p.availability / 64] |= std::uint64_t{1} << (p.availability % 64);
  open_.set(piece);
}

void Picker::leave_level(PieceIndex piece) {
  const Piece& p = pieces_[piece.value];
  auto& level = levels_[p.availability];
  pieces_[level.back().value].position = p.position;
  level[p.position] = level.back();
  level.pop_back();
  if (level.empty()) occupied_[p.availability / 64] &= ~(std::uint64_t{1} << (p.availability % 64));
  open_.reset(piece);
}

void Picker::add_holder(PieceIndex piece) {
  Piece& p = pieces_[piece.value];
  if (p.state != State::open) {
    ++p.availability;
    return;
  }
  leave_level(piece);
  ++p.availability;
  enter_level(piece);
}

void Picker::add_holder(const Bitfield& pieces) {
  pieces.for_each([this](PieceIndex piece) { add_holder(piece); });
}

void Picker::remove_holder(const Bitfield& pieces) {
  ++epoch_;
  pieces.for_each([this](PieceIndex piece) { remove_holder(piece); });
}

void Picker::remove_holder(PieceIndex piece) {
  ++epoch_;
  Piece& p = pieces_[piece.value];
  P2P_ASSERT(p.availability > 0);
  const bool open = p.state == State::open;
  if (open) leave_level(piece);
  --p.availability;
  if (open) enter_level(piece);
}

std::optional<PieceIndex> Picker::open_after(std::optional<PieceIndex> last, const Bitfield& neighbor,
                                             const Bitfield* except) const {
  if (!last) return std::nullopt;
  const PieceIndex next = pieces_[last->value].next;
  if (state(next) != State::open || !neighbor.test(next) || (except && except->test(next))) return std::nullopt;
  return next;
}

std::optional<PieceIndex> Picker::pick(const Bitfield& neighbor, std::optional<PieceIndex> last, Random& random,
                                       Shortlist* shortlist, const Bitfield* except) const {
  const auto following = open_after(last, neighbor, except);
  if (shortlist && shortlist->kind() == Shortlist::Kind::rarest) {
    if (shortlist->epoch() == epoch_)
      if (const auto piece = pick_listed(*shortlist, following, random, except)) return piece;
    shortlist->clear();
  } else if (shortlist && shortlist->kind() == Shortlist::Kind::all) {
    return pick_listed(*shortlist, following, random, except);
  }
  // A neighbor that has little of what is open would make the walk long; then a scan by words is cheaper.
  std::size_t probes_left = kMostProbes;
  for (std::size_t w = 0; w < occupied_.size(); ++w) {
    for (std::uint64_t word = occupied_[w]; word != 0; word &= word - 1) {
      const auto availability = w * 64 + static_cast<unsigned>(std::countr_zero(word));
      if (availability == 0) continue;  // no linked neighbor has these
      if (following && this->availability(*following) == availability) return following;
      const auto& level = levels_[availability];
      // Walking on from a random place is random enough among equals, and needs no second pass.
      std::size_t at = random.below(static_cast<std::uint32_t>(level.size()));
      for (std::size_t n = 0; n < level.size(); ++n, at = at + 1 == level.size() ? 0 : at + 1) {
        if (neighbor.test(level[at]) && !(except && except->test(level[at]))) return level[at];
        if (--probes_left == 0) return pick_by_scan(neighbor, random, shortlist, except);
      }
    }
  }
  return std::nullopt;
}

std::optional<PieceIndex> Picker::pick_listed(Shortlist& shortlist, std::optional<PieceIndex> following, Random& random,
                                              const Bitfield* except) const {
  const bool all = shortlist.kind() == Shortlist::Kind::all;
  std::optional<PieceIndex> best;
  std::uint32_t equals = 0;
  for (std::size_t i = 0; i < shortlist.size();) {
    const PieceIndex piece = shortlist[i];
    const Piece& p = pieces_[piece.value];
    if (p.state == State::stored || (!all && (p.state != State::open || p.availability > shortlist.level()))) {
      shortlist.strike(i);
      continue;
    }
    ++i;
    if (except && except->test(piece)) continue;
    if (p.state != State::open || (best && p.availability > availability(*best))) continue;
    if (!best || p.availability < availability(*best)) equals = 0;
    if (random.below(++equals) == 0) best = piece;
  }
  if (best && following && availability(*following) == availability(*best)) return following;
  return best;
}

std::optional<PieceIndex> Picker::pick_by_scan(const Bitfield& neighbor, Random& random, Shortlist* shortlist,
                                               const Bitfield* except) const {
  // A sample of the rarest, each with the same chance.
  std::vector<PieceIndex> rarest;
  std::uint32_t level = 0;
  std::uint32_t equals = 0;
  open_.for_each_common(neighbor, [&](PieceIndex piece) {
    if (except && except->test(piece)) {
      shortlist = nullptr;  // it would have to be on it
      return;
    }
    const std::uint32_t availability = pieces_[piece.value].availability;
    if (!rarest.empty() && availability > level) return;
    if (rarest.empty() || availability < level) {
      rarest.clear();
      level = availability;
      equals = 0;
    }
    ++equals;
    if (rarest.size() < Shortlist::kFew)
      rarest.push_back(piece);
    else if (const std::uint32_t at = random.below(equals); at < Shortlist::kFew)
      rarest[at] = piece;
  });
  if (rarest.empty()) return std::nullopt;
  const PieceIndex picked = rarest[random.below(static_cast<std::uint32_t>(rarest.size()))];
  if (shortlist) shortlist->list_rarest(std::move(rarest), level, epoch_);
  return picked;
}

void Picker::request(PieceIndex piece) {
  Piece& p = pieces_[piece.value];
  P2P_ASSERT(p.state == State::open || p.state == State::requested);
  if (p.state == State::open) leave_level(piece);
  p.state = State::requested;
  ++p.requesters;
}

void Picker::release(PieceIndex piece) {
  Piece& p = pieces_[piece.value];
  P2P_ASSERT(p.requesters > 0);
  if (--p.requesters > 0 || p.state != State::requested) return;
  rest(piece);
  ++epoch_;
}

void Picker::receive(PieceIndex piece) {
  Piece& p = pieces_[piece.value];
  P2P_ASSERT(p.state == State::open || p.state == State::requested);
  if (p.state == State::open) leave_level(piece);
  p.state = State::storing;
}

void Picker::store(PieceIndex piece) {
  Piece& p = pieces_[piece.value];
  P2P_ASSERT(p.state == State::storing);
  p.state = State::stored;
  stored_.set(piece);
}

void Picker::reject(PieceIndex piece) {
  P2P_ASSERT(state(piece) == State::storing);
  miss(piece);
}

void Picker::lose(PieceIndex piece) {
  P2P_ASSERT(state(piece) == State::stored);
  stored_.reset(piece);
  miss(piece);
}

void Picker::unlock(PieceIndex piece) {
  P2P_ASSERT(state(piece) == State::closed && requesters(piece) == 0);
  set_closed(piece, false);
}

void Picker::set_closed(PieceIndex piece, bool closed) {
  if (closed == closed_.test(piece)) return;
  closed ? closed_.set(piece) : closed_.reset(piece);
  Piece& p = pieces_[piece.value];
  if (p.state == State::open) leave_level(piece);
  if (p.state != State::open && p.state != State::closed) return;
  rest(piece);
  ++epoch_;
}

void Picker::forfeit(PieceIndex piece) {
  P2P_ASSERT(state(piece) == State::stored);
  stored_.reset(piece);
  closed_.set(piece);
  rest(piece);
}

void Picker::miss(PieceIndex piece) {
  Piece& p = pieces_[piece.value];
  ++epoch_;
  if (p.requesters > 0)
    p.state = State::requested;
  else
    rest(piece);
}

/// It is missing, and nobody is asked for it.
void Picker::rest(PieceIndex piece) {
  if (closed_.test(piece))
    pieces_[piece.value].state = State::closed;
  else
    enter_level(piece);
}

}  // namespace p2p
