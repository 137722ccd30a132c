// Readers at this node: only what they want is fetched, where that is so (demand.hpp), and what they wait for comes
// first (windows.hpp), from those that bring it soonest.
#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

// How many times as quick a neighbor must be, so that what is near is left to it. Rates of equal links differ by twice
// and more for a moment.
constexpr double kQuicker = 4;
// A second copy of a piece that a reader waits for must save this much; of one that a complete neighbor sends while
// many wait for it, this much.
constexpr double kWorthADuplicate_s = 0.05;
constexpr double kWorthACopy_s = 1;

// The first answer of a link may take so long on any network.
constexpr double kUsualDelay_s = 0.2;

/// In how many seconds the link will probably have brought a piece that it was asked for. Of one that never answered we
/// expect that it takes as long again as it took already.
double eta_s(const Link& l, const OpenRequest& request, double piece_size, Instant now) {
  double ahead = 0;
  for (const OpenRequest& each : l.requests.open()) {
    ahead += piece_size;
    if (each.piece == request.piece) break;
  }
  if (l.incoming && l.incoming->piece == request.piece && l.incoming->received > 0) {
    const double received = l.incoming->received;
    const double left = std::max(0.0, piece_size - received);
    return std::max(seconds(now - l.heard), seconds(now - l.incoming->began) * left / received);
  }
  const double silent_s = seconds(now - std::max(l.heard, request.asked));
  if (l.window.rate() > 0) return std::max(silent_s, ahead / l.window.rate());
  return silent_s < kUsualDelay_s ? 0 : silent_s;
}

}  // namespace

void Swarm::set_window(ReaderId reader, PieceIndex first, std::uint32_t count, Instant now) {
  windows_.set(reader, first, count, picker_);
  if (upstream_) upstream_->plan.wake(now);
  fill_all(now);
}

void Swarm::clear_window(ReaderId reader, Instant now) {
  windows_.clear(reader);
  if (upstream_) upstream_->plan.wake(now);
  fill_all(now);
}

/// Nothing is asked for here: what a reader waits for is to go first, and that is said next.
void Swarm::set_demand(std::vector<PieceRange> ranges) {
  P2P_ASSERT(demand_);
  bool any = false;
  for (const PieceIndex piece : demand_->set(std::move(ranges))) {
    picker_.set_closed(piece, !demand_->wants(piece));
    any = any || !stored().test(piece);
  }
  if (!any) return;
  // From here on it is waited for.
  ++activity_;
  for_established([&](LinkId link) {
    Link& l = at(link);
    l.wanted = l.session.remote_pieces().count_without(unwanted());
    l.shortlist.clear();
    update_interest(link);
  });
}

/// What a reader waits for, to be asked for on this link; Windows::withheld() tells what is not.
std::optional<PieceIndex> Swarm::take_wanted(LinkId link, Instant now) {
  if (!windows_.neighbors_known()) {
    std::uint32_t complete_neighbors = 0;
    std::vector<PeerId> lacking;
    for_established([&](LinkId other) {
      if (at(other).session.remote_is_complete())
        ++complete_neighbors;
      else
        lacking.push_back(peer_of(other));
    });
    windows_.set_neighbors(complete_neighbors, lacking);
  }
  const Link& l = at(link);
  Windows::Source source{
      .pieces = l.session.remote_pieces(), .complete = l.session.remote_is_complete(), .response = l.window.response()};
  std::vector<const Bitfield*> quicker;
  double all = 0;
  for (const LinkId other : serving_us_) {
    const double rate = at(other).window.rate();
    all += rate;
    if (rate > kQuicker * l.window.rate()) quicker.push_back(&at(other).session.remote_pieces());
  }
  if (l.window.rate() > 0) {
    const double overtaken = (l.requests.open_count() + 1) * all / l.window.rate();
    source.overtaken = static_cast<std::uint32_t>(std::min<double>(overtaken, Windows::kMostWanted));
    source.quicker = quicker;
  }
  if (const auto late = late_piece(link, now)) return late;
  return windows_.next(source, picker_, now);
}

/// A piece that a reader waits for right now, and that this link would bring much sooner than the one that was asked.
std::optional<PieceIndex> Swarm::late_piece(LinkId link, Instant now) const {
  const Link& l = at(link);
  const double piece_size = config_.geometry.piece_size();
  const double rate = l.window.rate();
  const double own_s = rate > 0 ? (l.requests.open_count() + 1) * piece_size / rate : 0;
  const bool copies = l.session.remote_is_complete() && windows_.rationed();
  for (const PieceIndex piece : windows_.awaited(picker_)) {
    if (!l.session.remote_pieces().test(piece) || l.requests.is_open(piece)) continue;
    const double worth_s = std::max(copies ? kWorthACopy_s : kWorthADuplicate_s, 2 * own_s);
    const auto is_late = [&](LinkId other) {
      const Link& o = at(other);
      const auto request = std::ranges::find(o.requests.open(), piece, &OpenRequest::piece);
      return request == o.requests.open().end() || eta_s(o, *request, piece_size, now) > worth_s;
    };
    if (std::ranges::all_of(serving_us_, is_late)) return piece;
  }
  return std::nullopt;
}

}  // namespace p2p
