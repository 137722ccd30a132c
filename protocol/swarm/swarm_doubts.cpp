// Bitfields that can be read in two ways (bit_order.hpp), and what their senders gave.
//
// A piece that its sender may not have had is not stored but parked: not counted, not announced, not served, so that
// neither we nor anybody who asks us is ever complete with it. It becomes a stored one when the sender's haves prove
// our reading, and is fetched again when they disprove it, or when the sender announces that very piece: so it had not
// had it. When nothing comes any more for kPatience and nothing has been proven, a parked piece is fetched again if
// somebody who unchokes us has it beyond doubt, waits if such a one chokes us, and is otherwise taken on trust, because
// the description speaks for our reading. If the sender's haves disprove it after that, what was taken is withdrawn,
// even if the file has been complete since. With a manifest there are no doubts.
#include <algorithm>

#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
constexpr Duration kPatience = 10s;
// How long a piece stays parked while somebody has it beyond doubt who does not unchoke us.
constexpr Duration kLongestPatience = 60s;
// Spare bits give a bitfield away that is numbered from the low end, unless its sender lacks the last pieces. In a
// content of fewer pieces than this that is not looked at.
constexpr std::uint32_t kFewPieces = 64;

}  // namespace

/// The link's bitfield has come. `told_before`: what was announced on it earlier.
void Swarm::begin_doubt(LinkId link, const Bitfield& told_before) {
  const std::uint32_t pieces = config_.geometry.piece_count();
  if (config_.content || (pieces % 8 != 0 && pieces < kFewPieces)) return;
  Link& l = at(link);
  l.order = BitOrder::of(l.session.remote_pieces(), told_before);
  if (l.order && neighborhood_[*l.neighbor].low_bit_first) recognize(link);
}

/// The link's neighbor counted from the low end when it was linked before. It may be another program by now that has
/// the ID. The same one has in that reading all that it had; when the other reading has it all, too, nothing is asked
/// for that is not there in both.
void Swarm::recognize(LinkId link) {
  Link& l = at(link);
  const Bitfield& had = neighborhood_[*l.neighbor].had;
  const auto has_all = [&had](const Bitfield& reading) { return had.count_without(reading) == 0; };
  if (!has_all(l.order->low_reading()) || has_all(l.order->high_reading())) return l.session.reread(l.order->certain());
  l.session.reread(l.order->low_reading());
  l.order.reset();
}

/// The link's order knows of the have already.
void Swarm::on_have_in_doubt(LinkId link, PieceIndex piece, Instant now) {
  const auto given = doubtful_.find(piece);
  if (given != doubtful_.end() && storing_.at(piece).handle == neighborhood_[*at(link).neighbor].id) {
    resolve(piece, false);
    fill_all(now);
  }
  const auto verdict = at(link).order->verdict();
  if (verdict != BitOrder::Verdict::open) decide_doubt(link, verdict == BitOrder::Verdict::low_bit_first, now);
}

void Swarm::decide_doubt(LinkId link, bool low_bit_first, Instant now) {
  const auto order = std::move(at(link).order);
  Neighbor& neighbor = neighborhood_[*at(link).neighbor];
  neighbor.low_bit_first = low_bit_first;
  neighbor.had = low_bit_first ? order->low_reading() : Bitfield();
  std::vector<PieceIndex> given;
  for (const auto& [piece, state] : doubtful_)
    if (storing_.at(piece).handle == neighbor.id) given.push_back(piece);
  for (const PieceIndex piece : given) resolve(piece, !low_bit_first);
  if (low_bit_first) emit(LowBitFirstProven{neighbor.claims, static_cast<std::uint32_t>(given.size())});
  const auto trusted = on_trust_.extract(neighbor.id);
  if (low_bit_first && trusted) {
    Withdraw withdraw;
    trusted.mapped().for_each([&withdraw](PieceIndex piece) { withdraw.pieces.push_back(piece); });
    effects_.emplace_back(std::move(withdraw));
  }
  read_anew(link, low_bit_first ? order->low_reading() : order->high_reading(), now);
  fill_all(now);
}

/// The remote has other pieces than we thought.
void Swarm::read_anew(LinkId link, Bitfield pieces, Instant now) {
  Link& l = at(link);
  if (pieces == l.session.remote_pieces()) return;
  give_up_requests(link);
  picker_.remove_holder(l.session.remote_pieces());
  l.session.reread(std::move(pieces));
  picker_.add_holder(l.session.remote_pieces());
  l.wanted = l.session.remote_pieces().count_without(unwanted());
  l.shortlist.clear();
  l.last_picked.reset();
  note_completeness(link, now);
  update_interest(link);
}

bool Swarm::in_doubt(PieceIndex piece) const {
  const auto it = doubtful_.find(piece);
  return it != doubtful_.end() && it->second.right != true;
}

void Swarm::on_piece_parked(PieceIndex piece, Instant now) {
  Doubtful& state = doubtful_.at(piece);
  state.parked = true;
  if (!state.right) return;
  resolve(piece, *state.right);
  fill_all(now);
}

/// Decides on a piece, or notes what was decided until it is parked.
void Swarm::resolve(PieceIndex piece, bool right) {
  Doubtful& state = doubtful_.at(piece);
  state.right = right;
  if (!state.parked) return;
  doubtful_.erase(piece);
  if (right) {
    effects_.emplace_back(Claim{piece});
    return;
  }
  storing_.erase(piece);
  picker_.reject(piece);
}

bool Swarm::held_beyond_doubt(PieceIndex piece, bool by_unchoking) const {
  return std::ranges::any_of(links_, [&](const std::optional<Link>& l) {
    if (!l || l->phase != Link::Phase::established || !l->session.remote_pieces().test(piece)) return false;
    return !(by_unchoking && l->session.remote_chokes()) && !(l->order && l->order->doubts(piece));
  });
}

void Swarm::trust(PieceIndex piece, PeerId sender) {
  on_trust_.try_emplace(sender, config_.geometry.piece_count()).first->second.set(piece);
}

/// The piece is not stored after all, or not any more.
void Swarm::forget_trust(PieceIndex piece) {
  for (auto& [sender, pieces] : on_trust_) pieces.reset(piece);
}

void Swarm::decide_idle_doubts(Instant now) {
  if (doubtful_.empty() || now - doubt_idle_since_ < kPatience) return;
  std::vector<PieceIndex> parked;
  for (const auto& [piece, state] : doubtful_)
    if (state.parked) parked.push_back(piece);
  std::uint32_t taken = 0;
  std::vector<LinkId> given_up;
  for (const PieceIndex piece : parked) {
    const PeerId from = storing_.at(piece).handle;
    const auto sender = neighborhood_.find(from);  // none: a guest, and gone
    const bool held = held_beyond_doubt(piece, true);
    if (!held && now - doubt_idle_since_ < kLongestPatience && held_beyond_doubt(piece, false)) continue;
    resolve(piece, !held);
    if (!held) {
      ++taken;
      trust(piece, from);
    } else if (const auto link = sender ? neighborhood_[*sender].link : std::nullopt;
               link && at(*link).order && std::ranges::find(given_up, *link) == given_up.end()) {
      given_up.push_back(*link);
    }
  }
  // Else they would be asked for the same again.
  for (const LinkId link : given_up) read_anew(link, at(link).order->certain(), now);
  if (taken > 0) emit(DoubtfulPiecesTaken{taken});
  fill_all(now);
}

}  // namespace p2p
