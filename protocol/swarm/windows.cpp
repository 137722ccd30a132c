#include "protocol/swarm/windows.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/random.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// An owner brings a piece about every half response of the complete neighbor that serves us both; patience is some
// times that, so that one that reads is hardly ever passed over. It must not end before large pieces on slow links can
// come: whoever is passed over wrongly is sent copies, which make all answers slower. (With 4 s at most, 16 nodes took
// 13 copies of 1 GiB in pieces of 4 MiB from the sharer.)
constexpr int kResponses = 4;
constexpr Duration kLeastPatience = 250ms;
constexpr Duration kMostPatience = 1h;
// A piece that does not come from an owner who brings others, or that incomplete neighbors have and do not give.
constexpr int kPatiences = 4;
// One that does not read meets a window by accident, now and then.
constexpr std::uint32_t kProofs = 3;
// The first piece of a reader may be asked of a slow neighbor: after each kRaceAfter it is looked who would be quicker,
// and after kLongestOpening all go on.
constexpr Duration kRaceAfter = 250ms;
constexpr Duration kLongestOpening = 4 * kRaceAfter;
constexpr std::size_t kMostAwaited = 8;
constexpr std::uint32_t kMostRequesters = 3;

bool missing(Picker::State state) { return state == Picker::State::open || state == Picker::State::requested; }

/// The same at every peer.
std::uint64_t weight(PieceIndex piece, PeerId peer) {
  return Random(std::uint64_t{piece.value} << 32 | peer.value).next();
}

}  // namespace

Windows::Windows(PeerId self, std::uint32_t piece_count)
    : self_(self), patience_(kLeastPatience), withheld_(piece_count) {}

void Windows::set(ReaderId reader, PieceIndex first, std::uint32_t count, const Picker& picker) {
  P2P_ASSERT(first.value < withheld_.size() && count > 0);
  count = std::min({count, kMostWanted, withheld_.size() - first.value});
  const auto [at, is_new] = readers_.try_emplace(reader, Reader{.first = first, .count = count});
  Reader& r = at->second;
  if (is_new || first < r.first || first.value > r.first.value + r.count) {
    r.front.reset();
    r.asked = kNever;
    for (std::uint32_t i = 0; i < count && !r.front; ++i)
      if (const PieceIndex piece{first.value + i}; missing(picker.state(piece))) r.front = piece;
  }
  r.first = first;
  r.count = count;
  gather();
}

void Windows::clear(ReaderId reader) {
  if (readers_.erase(reader) > 0) gather();
}

/// Makes the list of what is wanted anew. What is known of a piece stays.
void Windows::gather() {
  for (const PieceIndex piece : withheld_list_) withheld_.reset(piece);
  withheld_list_.clear();
  std::vector<Wanted> before = std::exchange(wanted_, {});
  std::ranges::sort(before, {}, &Wanted::piece);
  const auto counted = static_cast<std::uint32_t>(std::min<std::size_t>(readers_.size(), kMostReaders));
  auto reader = readers_.begin();
  for (std::uint32_t n = 0; n < counted; ++n, ++reader) {
    const std::uint32_t count = std::min(reader->second.count, kMostWanted / counted);
    for (std::uint32_t i = 0; i < count; ++i)
      wanted_.push_back({.piece = {reader->second.first.value + i}, .distance = i, .reader = reader->first});
  }
  const auto order = [this](const Wanted& w) { return std::pair(w.distance, readers_.at(w.reader).served); };
  std::ranges::stable_sort(wanted_, {}, order);
  for (Wanted& w : wanted_) {
    const auto known = std::ranges::lower_bound(before, w.piece, {}, &Wanted::piece);
    if (known == before.end() || known->piece != w.piece) {
      find_owner(w);
      continue;
    }
    w.called = known->called;
    w.owner = known->owner;
    w.turn = known->turn;
    w.since = known->since;
  }
}

void Windows::set_neighbors(std::uint32_t complete, const std::vector<PeerId>& lacking) {
  complete_ = complete;
  neighbors_known_ = true;
  std::vector<Rival> rivals;
  for (const PeerId peer : lacking) {
    const Rival* const known = rival(peer);
    rivals.push_back(known ? *known : Rival{.peer = peer});
  }
  std::ranges::sort(rivals, {}, &Rival::peer);
  const auto again = std::ranges::unique(rivals, {}, &Rival::peer);
  rivals.erase(again.begin(), again.end());
  if (std::ranges::equal(rivals, lacking_, {}, &Rival::peer, &Rival::peer)) return;
  lacking_ = std::move(rivals);
  for (Wanted& w : wanted_) find_owner(w);
}

Windows::Rival* Windows::rival(PeerId peer) {
  const auto at = std::ranges::lower_bound(lacking_, peer, {}, &Rival::peer);
  return at != lacking_.end() && at->peer == peer ? &*at : nullptr;
}

void Windows::find_owner(Wanted& wanted) const {
  wanted.called = wanted.owner = std::nullopt;
  wanted.turn = 0;
  const std::uint64_t own = weight(wanted.piece, self_);
  std::uint64_t called_weight = own;
  std::uint64_t owner_weight = own;
  for (const Rival& each : lacking_) {
    const std::uint64_t its = weight(wanted.piece, each.peer);
    if (its < called_weight) {
      called_weight = its;
      wanted.called = each.peer;
    }
    if (!each.counts || its >= own) continue;
    ++wanted.turn;
    if (its < owner_weight) {
      owner_weight = its;
      wanted.owner = each.peer;
    }
  }
}

void Windows::on_brought(PeerId peer, PieceIndex piece, Instant now) {
  for (const Wanted& w : wanted_) {
    if (w.piece != piece || w.called != peer) continue;
    Rival* const owner = rival(peer);
    if (!owner) return;
    if (now > std::max(owner->brought, Instant{}) + patience_) owner->proofs = 0;
    owner->brought = now;
    if (owner->counts || ++owner->proofs < kProofs) return;
    owner->counts = true;
    for (Wanted& each : wanted_) find_owner(each);
    return;
  }
}

/// From when on this source, a complete neighbor, may be asked for a wanted piece.
Instant Windows::free_at(Wanted& wanted, const Source& source, const Picker& picker, Instant now) {
  const bool scarce = picker.availability(wanted.piece) <= complete_;
  if (scarce && !wanted.owner) return now;
  if (wanted.since == kNever) wanted.since = now;
  patience_ = std::clamp<Duration>(kResponses * source.response, kLeastPatience, kMostPatience);
  while (scarce && wanted.owner) {
    Rival& owner = *rival(*wanted.owner);
    const Instant lapses = std::max(wanted.since, owner.brought) + patience_;
    if (now < lapses) return std::min(lapses, wanted.since + patience_ * kPatiences * wanted.turn);
    owner.counts = false;
    owner.proofs = 0;
    for (Wanted& each : wanted_) find_owner(each);
  }
  return scarce ? now : wanted.since + patience_ * kPatiences;
}

bool Windows::left_to_quicker(const Wanted& wanted, const Source& source) const {
  return wanted.distance < source.overtaken &&
         std::ranges::any_of(source.quicker, [&](const Bitfield* pieces) { return pieces->test(wanted.piece); });
}

std::optional<PieceIndex> Windows::next(const Source& source, const Picker& picker, Instant now) {
  for (const PieceIndex piece : withheld_list_) withheld_.reset(piece);
  withheld_list_.clear();
  const bool opens = opening(picker, now);
  for (Wanted& w : wanted_) {
    if (picker.state(w.piece) != Picker::State::open || !source.pieces.test(w.piece)) continue;
    Reader& reader = readers_.at(w.reader);
    // The first piece is worth a copy.
    if (reader.front != w.piece) {
      if (opens || left_to_quicker(w, source)) continue;
      if (source.complete && rationed()) {
        if (const Instant free = free_at(w, source, picker, now); now < free) {
          if (withheld_.set(w.piece)) withheld_list_.push_back(w.piece);
          look_at_ = std::min(look_at_, free);
          continue;
        }
      }
    }
    reader.served = ++turns_;
    return w.piece;
  }
  return std::nullopt;
}

bool Windows::opening(const Picker& picker, Instant now) {
  bool any = false;
  for (auto& [id, reader] : readers_) {
    if (!reader.front) continue;
    const Picker::State state = picker.state(*reader.front);
    if (!missing(state) || (reader.asked != kNever && now >= reader.asked + kLongestOpening)) {
      reader.front.reset();
    } else if (state == Picker::State::requested) {
      any = true;
      if (reader.asked == kNever) reader.asked = now;
      look_at_ = std::min(look_at_, reader.asked + ((now - reader.asked) / kRaceAfter + 1) * kRaceAfter);
    }
  }
  return any;
}

std::vector<PieceIndex> Windows::fronts(const Picker& picker) const {
  std::vector<PieceIndex> pieces;
  std::vector<ReaderId> seen;
  for (const Wanted& w : wanted_) {
    if (picker.stored().test(w.piece) || std::ranges::find(seen, w.reader) != seen.end()) continue;
    seen.push_back(w.reader);
    pieces.push_back(w.piece);
  }
  return pieces;
}

std::vector<PieceIndex> Windows::awaited(const Picker& picker) const {
  std::vector<PieceIndex> pieces;
  std::vector<ReaderId> seen;
  for (const Wanted& w : wanted_) {
    if (pieces.size() == kMostAwaited) break;
    if (!missing(picker.state(w.piece)) || std::ranges::find(seen, w.reader) != seen.end()) continue;
    seen.push_back(w.reader);
    if (picker.state(w.piece) == Picker::State::requested && picker.requesters(w.piece) < kMostRequesters)
      pieces.push_back(w.piece);
  }
  return pieces;
}

}  // namespace p2p
