// The words for a swarm that stands still.
#include "peer/report/stuck_text.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using State = Stuck::Peer::State;
using enum Stuck::Why;

constexpr Instant kSince{1h};

std::string said(Stuck stuck, const PeerAddress& where = {}) {
  stuck.since = kSince;
  stuck.pieces_in_all = 40;
  return describe(stuck, kSince + 40s, {}, where);
}

std::string address(PeerId peer) { return "host-" + std::to_string(peer.value) + ":6001"; }

TEST_CASE("who dials says why it cannot reach the others", "[stuck]") {
  const Stuck::Peer nameless{{1001}, State::never_linked, 0, true, DialFault::unresolved},
      refusing{{1002}, State::never_linked, 0, true, DialFault::refused},
      under_way{{1003}, State::never_linked, 0, true}, to_come{{1006}, State::never_linked, 0},
      lost{{1004}, State::lost, 7, true, DialFault::timed_out};
  CHECK(said({.why = nobody_linked, .peers = {nameless}, .peer_count = 1}, address) ==
        "cannot reach peer 1001 at host-1001:6001: the name cannot be resolved");
  CHECK(said({.why = nobody_linked, .peers = {nameless}, .peer_count = 1}) ==
        "cannot reach peer 1001: the name cannot be resolved");
  CHECK(said({.why = nobody_linked, .peers = {nameless, refusing, to_come}, .peer_count = 5}, address) ==
        "cannot reach peer 1001 at host-1001:6001: the name cannot be resolved; nor peer 1002 at host-1002:6001: "
        "connection refused; "
        "waiting for peers 1006 (+2) to connect");
  CHECK(said({.why = nobody_linked, .peers = {nameless, refusing, lost}, .peer_count = 4}, address) ==
        "cannot reach peer 1001 at host-1001:6001: the name cannot be resolved; nor peer 1002 at host-1002:6001: "
        "connection refused; "
        "nor peer 1004 at host-1004:6001: connection timed out (+1 more)");
  CHECK(said({.why = nobody_linked, .peers = {under_way}, .peer_count = 1}, address) ==
        "waiting for peer 1003 to connect");
  CHECK(said({.why = nobody_holds, .pieces = {{17}}, .piece_count = 1, .peers = {refusing, to_come}, .peer_count = 2},
             address) ==
        "no live peer holds piece 17; cannot reach peer 1002 at host-1002:6001: connection refused; peer 1006 is not "
        "connected");
  CHECK(said({.why = others, .peers = {refusing}, .peer_count = 1}, address) ==
        "complete; waiting for peer 1002, which cannot be reached at host-1002:6001: connection refused");
  CHECK(said({.why = others, .peers = {lost, to_come}, .peer_count = 2}, address) ==
        "complete; waiting for peers 1004 (left with 7 of 40 pieces and cannot be reached at host-1004:6001: "
        "connection timed out), 1006 (never connected)");
}

TEST_CASE("of one that is to come it is said why it cannot be dialled either", "[stuck]") {
  const Stuck::Peer nameless{{1001}, State::never_linked, 0, false, DialFault::unresolved},
      refusing{{1002}, State::never_linked, 0, false, DialFault::refused},
      ours{{1000}, State::never_linked, 0, true, DialFault::timed_out}, here{{1005}, State::linked, 12};
  CHECK(said({.why = nobody_linked, .peers = {nameless}, .peer_count = 1}, address) ==
        "waiting for peer 1001 to connect; dialling it at host-1001:6001 fails, too: the name cannot be resolved");
  CHECK(said({.why = nobody_linked, .peers = {ours, nameless, refusing}, .peer_count = 4}, address) ==
        "cannot reach peer 1000 at host-1000:6001: connection timed out; waiting for peers 1001, 1002 (+1) to connect; "
        "dialling 1001 at host-1001:6001 fails, too: the name cannot be resolved; dialling 1002 at host-1002:6001 "
        "fails, too: connection refused");
  CHECK(said({.why = nobody_holds, .pieces = {{17}}, .piece_count = 1, .peers = {refusing}, .peer_count = 1}) ==
        "no live peer holds piece 17; peer 1002 is not connected; dialling it fails, too: connection refused");
  CHECK(said({.why = others, .peers = {refusing}, .peer_count = 1}, address) ==
        "complete; waiting for peer 1002, which never connected; dialling it at host-1002:6001 fails, too: connection "
        "refused");
  CHECK(said({.why = others, .peers = {here, refusing}, .peer_count = 2}, address) ==
        "complete; waiting for peers 1005 (has 12 of 40 pieces), 1002 (never connected; dialling it at host-1002:6001 "
        "fails, too: connection refused)");
}

TEST_CASE("each reason has its words", "[stuck]") {
  const Stuck::Peer here{{1005}, State::linked, 12}, lost{{1003}, State::lost, 7},
      never{{1006}, State::never_linked, 0};
  CHECK(said({.why = nobody_linked, .peers = {lost, never}, .peer_count = 2}) ==
        "waiting for peers 1003, 1006 to connect");
  CHECK(said({.why = nobody_linked, .peers = {never}, .peer_count = 1}) == "waiting for peer 1006 to connect");
  CHECK(said({.why = nobody_holds, .pieces = {{17}, {203}, {204}}, .piece_count = 7}) ==
        "no live peer holds pieces 17, 203, 204 (+4)");
  CHECK(said({.why = nobody_holds, .pieces = {{17}}, .piece_count = 1, .peers = {never}, .peer_count = 1}) ==
        "no live peer holds piece 17; peer 1006 is not connected");
  CHECK(said({.why = nobody_holds, .pieces = {{17}}, .piece_count = 1, .peers = {lost, never}, .peer_count = 2}) ==
        "no live peer holds piece 17; peers 1003, 1006 are not connected");
  CHECK(said({.why = choked, .peers = {here, here, here}, .peer_count = 3}) == "choked by all 3 neighbors for 40 s");
  CHECK(said({.why = choked, .peers = {here}, .peer_count = 1}) ==
        "choked by peer 1005, the only neighbor with what is missing, for 40 s");
  CHECK(said({.why = unanswered, .pieces = {{17}}, .piece_count = 1, .peers = {here}, .peer_count = 1}) ==
        "no answer from peer 1005 for 40 s, asked for piece 17");
  CHECK(said({.why = no_room, .pieces = {{17}}, .piece_count = 1}) == "nothing can be stored; missing: piece 17");
  CHECK(said({.why = others, .peers = {here}, .peer_count = 1}) ==
        "complete; waiting for peer 1005 (has 12 of 40 pieces)");
  CHECK(said({.why = others, .peers = {lost}, .peer_count = 1}) ==
        "complete; waiting for peer 1003, which left with 7 of 40 pieces");
  CHECK(said({.why = others, .peers = {never}, .peer_count = 1}) ==
        "complete; waiting for peer 1006, which never connected");
  CHECK(said({.why = others, .peers = {here, lost, never}, .peer_count = 5}) ==
        "complete; waiting for peers 1005 (has 12 of 40 pieces), 1003 (left with 7 of 40 pieces), 1006 (never "
        "connected) (+2)");
}

TEST_CASE("a time-out says what is missing, and why where there is a reason", "[stuck]") {
  const Standing lacking{.piece_count = 40,
                         .stored = 35,
                         .storing_paused = false,
                         .missing = {{0}, {1}, {5}, {6}, {7}},
                         .unheld = {},
                         .neighbors = {}};
  const Standing full{
      .piece_count = 40, .stored = 40, .storing_paused = false, .missing = {}, .unheld = {}, .neighbors = {}};
  const Stuck absent{.why = nobody_linked, .peers = {{{1001}, State::never_linked, 0}}, .peer_count = 1};
  const Stuck waiting{.why = others, .peers = {{{1001}, State::never_linked, 0}}, .peer_count = 1};
  CHECK(describe_timeout(lacking, std::nullopt, kSince) == "5 of 40 pieces missing: pieces 0, 1, 5 (+2)");
  CHECK(describe_timeout(lacking, absent, kSince) ==
        "5 of 40 pieces missing: pieces 0, 1, 5 (+2); waiting for peer 1001 to connect");
  CHECK(describe_timeout(full, waiting, kSince) == "complete; waiting for peer 1001, which never connected");
  CHECK(describe_timeout(full, std::nullopt, kSince) == "nothing is missing");
}

}  // namespace
}  // namespace p2p
