// The open swarm: a sharer suggests to each of those that it serves what to ask for, and a getter asks for that first
// (docs/PROTOCOL.md, "Suggesting pieces").
#include <algorithm>

#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

// More are not of use: what was suggested long ago others have by now.
constexpr std::size_t kMostSuggested = 16;

}  // namespace

/// Before an unchoke goes out, so that the first request is for what was suggested.
void Swarm::append_suggestions(LinkId link, Bytes& out) {
  const Link& l = at(link);
  if (!l.naming.understood || !complete() || l.session.we_choke() || retired_) return;
  const auto is_new = [this](PieceIndex piece) { return picker_.availability(piece) == 0; };
  while (const auto piece = spread_.next(link, config_.geometry.piece_count(), is_new, random_))
    append_suggestion(*piece, out);
}

void Swarm::on_suggestion(LinkId link, PieceIndex piece, Instant now) {
  Link& l = at(link);
  if (!l.naming.understood)
    return on_violation(link, {"a piece suggested by one that has not said that it does so"}, now);
  if (l.suggested.size() == kMostSuggested) l.suggested.pop_front();
  l.suggested.push_back(piece);
}

/// The first that is still of use.
std::optional<PieceIndex> Swarm::take_suggested(LinkId link) {
  Link& l = at(link);
  while (!l.suggested.empty()) {
    const PieceIndex piece = l.suggested.front();
    l.suggested.pop_front();
    if (picker_.state(piece) == Picker::State::open && l.session.remote_pieces().test(piece) &&
        !windows_.withheld().test(piece))
      return piece;
  }
  return std::nullopt;
}

}  // namespace p2p
