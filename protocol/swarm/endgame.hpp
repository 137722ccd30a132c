// When everything that is missing has been asked for, a link with nothing to do may ask for a piece a second time, so
// that the last pieces do not wait for one slow peer. The protocol has no cancel: a duplicate costs its whole size,
// so it must promise to be worth it.
#pragma once

#include <optional>
#include <span>

#include "protocol/ids.hpp"

namespace p2p {

/// A piece that another link was asked for, and in how many seconds that link will probably have brought it.
struct InFlight {
  PieceIndex piece;
  double eta_s;
};

/// The piece that is expected last, if asking for it again would bring it in less than half of that time; none
/// otherwise. `own_eta_s`: in how many seconds the idle link would bring a piece.
inline std::optional<PieceIndex> pick_duplicate(std::span<const InFlight> in_flight, double own_eta_s) {
  constexpr double kNotWorthIt_s = 0.05;
  std::optional<InFlight> last;
  for (const InFlight& candidate : in_flight)
    if (!last || candidate.eta_s > last->eta_s) last = candidate;
  if (!last || last->eta_s < kNotWorthIt_s || last->eta_s < 2 * own_eta_s) return std::nullopt;
  return last->piece;
}

}  // namespace p2p
