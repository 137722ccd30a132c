// What a swarm shows of its links, and of the copies of pieces.
#include "tests/support/catch.hpp"
#include "tests/support/stage.hpp"

namespace p2p::test {
namespace {

TEST_CASE("a link's standing is what both ends said last", "[swarm]") {
  Stage stage({.self = 1002, .stored = "01000"});
  Remote& bob = stage.joins(1003, "10110");
  stage.joins(1004, "00000");
  auto standings = stage.swarm.link_standings();
  REQUIRE(standings.size() == 2);
  CHECK(standings[0].id.value == 1003);
  CHECK(standings[0].handle == standings[0].id);
  CHECK(standings[0].link == bob.link());
  CHECK(standings[0].direction == Direction::accepted);
  CHECK(standings[0].pieces.count() == 3);
  CHECK(standings[0].pieces.test(PieceIndex{2}));
  CHECK(standings[0].interested);
  CHECK_FALSE(standings[0].interested_in_us);
  CHECK(standings[0].chokes_us);
  CHECK(standings[0].choked);
  CHECK(standings[0].requests == 0);
  CHECK_FALSE(standings[1].interested);

  bob.says("unchoke");
  bob.hears();
  bob.says("interested");
  stage.passes(5s);
  bob.hears();
  standings = stage.swarm.link_standings();
  CHECK_FALSE(standings[0].chokes_us);
  CHECK_FALSE(standings[0].choked);
  CHECK(standings[0].interested_in_us);
  CHECK(standings[0].requests == 1);

  bob.leaves();
  CHECK(stage.swarm.link_standings().size() == 1);
}

TEST_CASE("copies are ours and those of linked neighbors", "[swarm]") {
  Stage stage({.self = 1002, .stored = "01000"});
  CHECK(stage.swarm.copies().rarest == 0);
  CHECK(stage.swarm.copies().rarest_pieces == 4);
  CHECK(stage.swarm.copies().mean == 1 / 5.0);
  stage.joins(1003, "11111");
  Remote& carol = stage.joins(1004, "11100");
  CHECK(stage.swarm.copies().rarest == 1);
  CHECK(stage.swarm.copies().rarest_pieces == 2);
  CHECK(stage.swarm.copies().mean == 9 / 5.0);
  carol.leaves();
  CHECK(stage.swarm.copies().rarest == 1);
  CHECK(stage.swarm.copies().rarest_pieces == 4);
}

}  // namespace
}  // namespace p2p::test
