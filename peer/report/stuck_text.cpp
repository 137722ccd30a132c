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
  return list(words.one, words.several, stuck.pieces, stuck.piece_count,
              [&](PieceIndex piece) { return words.number(piece); });
}

/// Such as "chunk 7 has only 1 of 2 holders that agree".
std::string too_few(const Stuck& stuck, const PieceWords& words) {
  const std::string first = std::string(words.one) + " " + words.number(stuck.pieces.front());
  const std::string others = stuck.piece_count == 1 ? "" : " (and " + number(stuck.piece_count - 1) + " more)";
  return first + " has only " + number(stuck.agreeing) + " of " + number(stuck.quorum) + " holders that agree" + others;
}

const char* words_for(DialFault fault) {
  switch (fault) {
    case DialFault::none: return "";
    case DialFault::unresolved: return "the name cannot be resolved";
    case DialFault::refused: return "connection refused";
    case DialFault::timed_out: return "connection timed out";
    case DialFault::no_route: return "no route to host";
    case DialFault::unsealed:
      return "no TLS connection comes of it (is the key in its line its own, and ours in its PeerInfo.cfg?)";
    case DialFault::local: return "this machine cannot open a connection";
    case DialFault::hung_up:
      return "it closes the connection before its handshake (does its PeerInfo.cfg list us, and does nobody else use "
             "our ID?)";
    case DialFault::silent: return "it sends no handshake";
    case DialFault::foreign: return "no peer of this swarm answers there";
    case DialFault::wrong_id: return "a peer with another ID answers there";
  }
  return "";
}

std::string peers(const Stuck& stuck) {
  return list("peer", "peers", stuck.peers, stuck.peer_count,
              [](const Stuck::Peer& peer) { return number(peer.id.value); });
}

std::string at(const Stuck::Peer& peer, const PeerAddress& where) { return where ? " at " + where(peer.id) : ""; }

/// Of one that is to come, and that we dial because it does not.
std::string dialled_in_vain(const Stuck::Peer& peer, const std::string& whom, const PeerAddress& where) {
  return "; dialling " + whom + at(peer, where) + " fails, too: " + words_for(peer.fault);
}

bool unreached(const Stuck::Peer& peer) { return peer.ours_to_dial && peer.fault != DialFault::none; }

/// Those that are not linked: such as "cannot reach peer 1001 at host:6001: connection refused; waiting for peers 1003,
/// 1004 to connect; dialling 1003 at host:6003 fails, too: no route to host". Who is to come is named in the words of
/// the caller.
std::string absent(const Stuck& stuck, const PeerAddress& where, const char* before, const char* one_behind,
                   const char* several_behind) {
  std::string text;
  std::vector<Stuck::Peer> others;
  for (const Stuck::Peer& peer : stuck.peers) {
    if (!unreached(peer)) {
      others.push_back(peer);
      continue;
    }
    text += (text.empty() ? "cannot reach peer " : "; nor peer ") + number(peer.id.value) + at(peer, where) + ": " +
            words_for(peer.fault);
  }
  const std::uint32_t unnamed = stuck.peer_count - static_cast<std::uint32_t>(stuck.peers.size());
  const std::uint32_t count = static_cast<std::uint32_t>(others.size()) + unnamed;
  if (others.empty()) return unnamed == 0 ? text : text + " (+" + number(unnamed) + " more)";
  text += text.empty() ? "" : "; ";
  text += before + list("peer", "peers", others, count, [](const Stuck::Peer& peer) { return number(peer.id.value); }) +
          (count == 1 ? one_behind : several_behind);
  for (const Stuck::Peer& peer : others)
    if (peer.fault != DialFault::none) text += dialled_in_vain(peer, count == 1 ? "it" : number(peer.id.value), where);
  return text;
}

std::string not_connected(const Stuck& stuck, const PeerAddress& where) {
  return stuck.peer_count == 0 ? "" : "; " + absent(stuck, where, "", " is not connected", " are not connected");
}

std::string seconds_since(Instant since, Instant now) {
  return "for " + number(static_cast<std::uint64_t>(std::max(0.0, seconds(now - since)))) + " s";
}

/// What an incomplete peer that we wait for is known to have.
std::string with_progress(const Stuck::Peer& peer, const Stuck& stuck, const PieceWords& words,
                          const PeerAddress& where) {
  const std::string id = number(peer.id.value);
  const std::string have = number(peer.pieces) + " of " + number(stuck.pieces_in_all) + " " + words.several;
  if (peer.state == State::linked) return id + " (has " + have + ")";
  std::string what = peer.state == State::lost ? "left with " + have : unreached(peer) ? "" : "never connected";
  if (unreached(peer))
    what +=
        std::string(what.empty() ? "" : " and ") + "cannot be reached" + at(peer, where) + ": " + words_for(peer.fault);
  else if (peer.fault != DialFault::none)
    what += dialled_in_vain(peer, "it", where);
  return id + (stuck.peer_count == 1 ? ", which " + what : " (" + what + ")");
}

}  // namespace

std::string describe(const Stuck& stuck, Instant now, const PieceWords& words, const PeerAddress& where) {
  using enum Stuck::Why;
  const bool one = stuck.peer_count == 1;
  switch (stuck.why) {
    case nobody_linked: return absent(stuck, where, "waiting for ", " to connect", " to connect");
    case nobody_holds: return "no live peer holds " + pieces(stuck, words) + not_connected(stuck, where);
    case no_quorum: return too_few(stuck, words) + not_connected(stuck, where);
    case withheld:
      return "cannot be stored under " + std::string(stuck.piece_count == 1 ? "its name: " : "their names: ") +
             pieces(stuck, words);
    case choked:
      return "choked by " +
             (one ? peers(stuck) + ", the only neighbor with what is missing,"
                  : "all " + number(stuck.peer_count) + " neighbors") +
             " " + seconds_since(stuck.since, now);
    case unanswered:
      return "no answer from " + peers(stuck) + " " + seconds_since(stuck.since, now) + ", asked for " +
             pieces(stuck, words);
    case no_room: return "nothing can be stored; missing: " + pieces(stuck, words);
    case others:
      return "complete; waiting for " +
             list("peer", "peers", stuck.peers, stuck.peer_count,
                  [&](const Stuck::Peer& peer) { return with_progress(peer, stuck, words, where); });
  }
  return {};
}

std::string describe_timeout(const Standing& standing, const std::optional<Stuck>& stuck, Instant now,
                             const PieceWords& words, const PeerAddress& where) {
  const auto& missing = standing.missing;
  std::string text;
  if (!missing.empty()) {
    const std::vector<PieceIndex> named(
        missing.begin(), missing.begin() + static_cast<std::ptrdiff_t>(std::min(missing.size(), Stuck::kNamed)));
    text = number(missing.size()) + " of " + number(standing.piece_count) + " " + words.several + " missing: " +
           list(words.one, words.several, named, static_cast<std::uint32_t>(missing.size()),
                [&](PieceIndex piece) { return words.number(piece); });
  }
  if (stuck) text += (text.empty() ? "" : "; ") + describe(*stuck, now, words, where);
  return text.empty() ? "nothing is missing" : text;
}

}  // namespace p2p
