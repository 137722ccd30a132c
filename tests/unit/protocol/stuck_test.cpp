// Why nothing goes on: the reason by a picture of the swarm, and when it is worth a word.
#include "protocol/swarm/stuck.hpp"

#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Stage;
using State = Stuck::Peer::State;
using enum Stuck::Why;

constexpr NeighborStanding kAbsent{.id = {1002}};
constexpr NeighborStanding kChoking{.id = {1003}, .linked = true, .met = true, .pieces = 2, .offers = true};
constexpr NeighborStanding kServing{
    .id = {1004}, .linked = true, .met = true, .pieces = 2, .offers = true, .chokes_us = false};
constexpr NeighborStanding kUseless{.id = {1005}, .linked = true, .met = true};
constexpr NeighborStanding kLost{.id = {1006}, .met = true, .pieces = 1};
constexpr NeighborStanding kDone{.id = {1007}, .met = true, .complete = true, .pieces = 4};

/// Pieces 2 and 3 of four are missing, and nobody linked has the last one.
Standing lacking(std::vector<NeighborStanding> neighbors) {
  return {.piece_count = 4,
          .stored = 2,
          .storing_paused = false,
          .missing = {{2}, {3}},
          .unheld = {{3}},
          .neighbors = std::move(neighbors)};
}
Standing full(std::vector<NeighborStanding> neighbors) {
  return {.piece_count = 4,
          .stored = 4,
          .storing_paused = false,
          .missing = {},
          .unheld = {},
          .neighbors = std::move(neighbors)};
}
std::vector<std::uint32_t> ids(const Stuck& stuck) {
  std::vector<std::uint32_t> all;
  for (const Stuck::Peer& peer : stuck.peers) all.push_back(peer.id.value);
  return all;
}

using Ids = std::vector<std::uint32_t>;

TEST_CASE("without a link we wait for the neighbors to come", "[stuck]") {
  const auto stuck = why_stuck(lacking({kAbsent, kLost, kDone}));
  REQUIRE(stuck);
  CHECK(stuck->why == nobody_linked);
  CHECK(ids(*stuck) == Ids{1006, 1007, 1002});  // met ones first
  CHECK(stuck->piece_count == 2);
}

TEST_CASE("with links that have nothing for us we lack holders, and say who could be one", "[stuck]") {
  const auto stuck = why_stuck(lacking({kUseless, kAbsent}));
  REQUIRE(stuck);
  CHECK(stuck->why == nobody_holds);
  CHECK(stuck->pieces == std::vector<PieceIndex>{{3}});
  CHECK(stuck->piece_count == 1);
  CHECK(ids(*stuck) == Ids{1002});
}

TEST_CASE("alone in the world nobody holds what is missing", "[stuck]") {
  CHECK(why_stuck(lacking({}))->why == nobody_holds);
}

TEST_CASE("those that have what is missing may all choke us", "[stuck]") {
  const auto stuck = why_stuck(lacking({kUseless, kChoking, kAbsent}));
  REQUIRE(stuck);
  CHECK(stuck->why == choked);
  CHECK(ids(*stuck) == Ids{1003});
}

TEST_CASE("who does not choke us and sends nothing owes an answer", "[stuck]") {
  const auto stuck = why_stuck(lacking({kChoking, kServing}));
  REQUIRE(stuck);
  CHECK(stuck->why == unanswered);
  CHECK(ids(*stuck) == Ids{1004});
}

TEST_CASE("with a full disk nobody else is to blame", "[stuck]") {
  Standing standing = lacking({kServing, kAbsent});
  standing.storing_paused = true;
  const auto stuck = why_stuck(standing);
  REQUIRE(stuck);
  CHECK(stuck->why == no_room);
  CHECK(stuck->peers.empty());
  CHECK(stuck->piece_count == 2);
}

TEST_CASE("a complete peer waits for those that are not, whether it can see them or not", "[stuck]") {
  const auto stuck = why_stuck(full({kAbsent, kLost, kDone, kUseless}));
  REQUIRE(stuck);
  CHECK(stuck->why == others);
  CHECK(stuck->peers == std::vector<Stuck::Peer>{
                            {{1005}, State::linked, 0}, {{1006}, State::lost, 1}, {{1002}, State::never_linked, 0}});
  CHECK(stuck->pieces_in_all == 4);
}

TEST_CASE("when all are complete nothing is in the way", "[stuck]") {
  CHECK_FALSE(why_stuck(full({kDone})));
  CHECK_FALSE(why_stuck(full({})));
}

TEST_CASE("why a dial fails is told of one that is to come by itself, too", "[stuck]") {
  NeighborStanding unreached = kAbsent;
  unreached.fault = DialFault::unresolved;
  CHECK(why_stuck(lacking({unreached}))->peers ==
        std::vector<Stuck::Peer>{{{1002}, State::never_linked, 0, false, DialFault::unresolved}});
}

TEST_CASE("three are named, the others counted", "[stuck]") {
  Standing standing = full({});
  for (std::uint32_t id = 1; id <= 5; ++id) standing.neighbors.push_back({.id = {id}});
  const auto stuck = why_stuck(standing);
  CHECK(ids(*stuck) == Ids{1, 2, 3});
  CHECK(stuck->peer_count == 5);
}

// --- the swarm's own picture, and when to speak ----------------------------------------------------------------------

/// Lets time pass as a shell does; tells when the watch spoke, in seconds from now.
std::vector<std::int64_t> speaks(Stage& stage, StuckWatch& watch, Duration duration) {
  std::vector<std::int64_t> spoke;
  const Instant start = stage.now;
  while (stage.now - start < duration) {
    stage.passes(250ms);
    if (watch.observe(stage.swarm, stage.now)) spoke.push_back((stage.now - start) / 1s);
  }
  return spoke;
}

TEST_CASE("standing still is told once, after ten seconds", "[stuck]") {
  Stage stage({});
  StuckWatch watch(stage.now);
  CHECK(speaks(stage, watch, 10min) == std::vector<std::int64_t>{10});
  REQUIRE(watch.current());
  CHECK(watch.current()->why == nobody_linked);
  CHECK(stage.now - watch.current()->since == 10min);
}

TEST_CASE("another reason is told, but not within half a minute of the last word", "[stuck]") {
  Stage stage({});
  StuckWatch watch(stage.now);
  CHECK(speaks(stage, watch, 15s).size() == 1);
  Remote& bob = stage.joins(1002, "00110");  // somebody came: that is something
  CHECK(speaks(stage, watch, 5s).empty());
  CHECK_FALSE(watch.current());
  CHECK(speaks(stage, watch, 60s) ==
        std::vector<std::int64_t>{20});  // 40 s after the beginning, 30 s after the first word
  CHECK(watch.current()->why == choked);
  CHECK(watch.current()->piece_count == 5);
  bob.leaves();
  CHECK(speaks(stage, watch, 60s).size() == 1);
  CHECK(watch.current()->why == nobody_linked);
  CHECK(watch.current()->peers.front() == Stuck::Peer{{1002}, State::lost, 2});
}

TEST_CASE("while bytes come there is nothing to tell", "[stuck]") {
  Stage stage({});
  StuckWatch watch(stage.now);
  Remote& bob = stage.feeds(1002, "11111");
  bob.begins(test::requested(bob.hears()).at(0));
  for (int i = 0; i < 10; ++i) {
    bob.continues(1);
    CHECK(speaks(stage, watch, 5s).empty());
  }
  CHECK_FALSE(watch.explain(stage.swarm, stage.now));
  CHECK(speaks(stage, watch, 6s).size() == 1);
  CHECK(watch.current()->why == unanswered);
}

TEST_CASE("what nobody linked has is missing for want of holders", "[stuck]") {
  Stage stage({.stored = "11000"});
  StuckWatch watch(stage.now);
  Remote& bob = stage.feeds(1002, "11010");
  bob.gives(3);
  CHECK(speaks(stage, watch, 11s).size() == 1);
  CHECK(watch.current()->why == nobody_holds);
  CHECK(watch.current()->pieces == std::vector<PieceIndex>{{2}, {4}});
  CHECK(watch.current()->peer_count == 3);
}

TEST_CASE("a complete peer's neighbors make progress by what they ask for and by what they tell", "[stuck]") {
  Stage stage({.stored = "11111"});
  StuckWatch watch(stage.now);
  Remote& bob = stage.joins(1002, "00000");
  CHECK(speaks(stage, watch, 9s).empty());
  bob.says("interested");
  bob.says("request 0");
  bob.hears();
  CHECK(speaks(stage, watch, 9s).empty());
  bob.says("have 0");
  CHECK(speaks(stage, watch, 9s).empty());
  bob.says("have 0");  // nothing new
  CHECK(speaks(stage, watch, 2s).size() == 1);
  CHECK(watch.current()->why == others);
  CHECK(watch.current()->peers.front() == Stuck::Peer{{1002}, State::linked, 1});
}

TEST_CASE("for a peer that cannot finish, others' progress is none", "[stuck]") {
  Stage stage({});
  StuckWatch watch(stage.now);
  Remote& bob = stage.joins(1002, "00000");
  CHECK(speaks(stage, watch, 9s).empty());
  bob.says("have 0");
  CHECK(speaks(stage, watch, 2s).size() == 1);
  CHECK(watch.current()->why == choked);
}

}  // namespace
}  // namespace p2p
