#include "peer/report/stuck_text.hpp"

#include <algorithm>

namespace p2p {
namespace {

using State = Stuck::Peer::State;

std::string number(std::uint64_t n) { return std::to_string(n); }

/// "one 17", "several 17, 203 (+4)"; `named` are the first of `all`.
template <class Named, class Describe>
std::string list(const char* one, const char* several, const Named& named, std::uint32_t all, Describe&& describe) {
  std::string text = all == 1 ? one : several;
  for (std::size_t i = 0; i < named.size(); ++i) text.append(i == 0 ? " " : ", ").append(describe(named[i]));
  if (all > named.size()) text.append(" (+").append(number(all - named.size())).append(")");
  return text;
}

std::string pieces(const Stuck& stuck, const PieceWords& words) {
  return list(words.one, words.several, stuck.pieces, stuck.piece_count, [&](PieceIndex piece) { return words.number(piece); });
}

/// Such as "chunk 7 has only 1 of 2 holders that agree".
std::string too_few(const Stuck& stuck, const PieceWords& words) {
  const std::string first = std::string(words.one) + " " + words.number(stuck.pieces.front());
  const std::string others = stuck.piece_count == 1 ? "" : " (and " + number(stuck.piece_count - 1) + " more)";
  return first + " has only " + number(stuck.agreeing) + " of " + number(stuck.quorum) + " holders that agree" + others;
}

std::string peers(const Stuck& stuck) {
  return list("peer", "peers", stuck.peers, stuck.peer_count, [](const Stuck::Peer& peer) { return number(peer.id.value); });
}

std::string not_connected(const Stuck& stuck) {
  return stuck.peer_count == 0 ? "" : "; " + peers(stuck) + (stuck.peer_count == 1 ? " is" : " are") + " not connected";
}

std::string seconds_since(Instant since, Instant now) {
  return "for " + number(static_cast<std::uint64_t>(std::max(0.0, seconds(now - since)))) + " s";
}

/// What an incomplete peer that we wait for is known to have.
std::string with_progress(const Stuck::Peer& peer, const Stuck& stuck, const PieceWords& words) {
  const std::string have = number(peer.pieces) + " of " + number(stuck.pieces_in_all) + " " + words.several;
  if (stuck.peer_count == 1) {
    if (peer.state == State::never_linked) return number(peer.id.value) + ", which never connected";
    if (peer.state == State::lost) return number(peer.id.value) + ", which left with " + have;
    return number(peer.id.value) + " (has " + have + ")";
  }
  const std::string what = peer.state == State::never_linked ? "never connected" : peer.state == State::lost ? "left with " + have : "has " + have;
  return number(peer.id.value) + " (" + what + ")";
}

}  // namespace

std::string describe(const Stuck& stuck, Instant now, const PieceWords& words) {
  using enum Stuck::Why;
  const bool one = stuck.peer_count == 1;
  switch (stuck.why) {
    case nobody_linked: return "waiting for " + peers(stuck) + " to connect";
    case nobody_holds:
      return "no live peer holds " + pieces(stuck, words) + not_connected(stuck);
    case no_quorum: return too_few(stuck, words) + not_connected(stuck);
    case withheld: return "cannot be stored under " + std::string(stuck.piece_count == 1 ? "its name: " : "their names: ") + pieces(stuck, words);
    case choked:
      return "choked by " + (one ? peers(stuck) + ", the only neighbor with what is missing," : "all " + number(stuck.peer_count) + " neighbors") + " " +
             seconds_since(stuck.since, now);
    case unanswered: return "no answer from " + peers(stuck) + " " + seconds_since(stuck.since, now) + ", asked for " + pieces(stuck, words);
    case no_room: return "nothing can be stored; missing: " + pieces(stuck, words);
    case others:
      return "complete; waiting for " +
             list("peer", "peers", stuck.peers, stuck.peer_count, [&](const Stuck::Peer& peer) { return with_progress(peer, stuck, words); });
  }
  return {};
}

std::string describe_timeout(const Standing& standing, const std::optional<Stuck>& stuck, Instant now, const PieceWords& words) {
  const auto& missing = standing.missing;
  std::string text;
  if (!missing.empty()) {
    const std::vector<PieceIndex> named(missing.begin(), missing.begin() + static_cast<std::ptrdiff_t>(std::min(missing.size(), Stuck::kNamed)));
    text = number(missing.size()) + " of " + number(standing.piece_count) + " " + words.several + " missing: " +
           list(words.one, words.several, named, static_cast<std::uint32_t>(missing.size()), [&](PieceIndex piece) { return words.number(piece); });
  }
  if (stuck) text += (text.empty() ? "" : "; ") + describe(*stuck, now, words);
  return text.empty() ? "nothing is missing" : text;
}

}  // namespace p2p
