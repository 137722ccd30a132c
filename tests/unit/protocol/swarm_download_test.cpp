// What the swarm asks for, of whom, and what it makes of the answers. What gets no answer:
// swarm_lost_requests_test.cpp.
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::requested;
using test::Stage;
using Pieces = std::vector<std::uint32_t>;

TEST_CASE("nothing is asked of a neighbor that chokes us", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.joins(1002, "11111");
  stage.passes(1min);
  CHECK(bob.hears() == "");
  bob.says("unchoke");
  CHECK(requested(bob.hears()).size() == 1);
  CHECK(stage.swarm.unchoking_us() == 1);
}

TEST_CASE("with a pipeline of 1 the next request follows the answer", "[swarm]") {
  Stage stage({.pipeline = 1});
  Remote& bob = stage.feeds(1002, "11111");
  Pieces asked;
  for (int i = 0; i < 5; ++i) {
    const auto requests = requested(bob.hears());
    REQUIRE(requests.size() == 1);
    asked.push_back(requests[0]);
    CHECK(bob.gives(requests[0]));
  }
  std::ranges::sort(asked);
  CHECK(asked == Pieces{0, 1, 2, 3, 4});
  CHECK(bob.hears().ends_with("not interested, have " + stage.events.at(stage.events.size() - 2).substr(7, 1)));
  CHECK(stage.swarm.complete());
}

TEST_CASE("the rarest piece is asked for first", "[swarm]") {
  Stage stage({});
  stage.joins(1003, "11011");
  stage.joins(1004, "11010");
  Remote& bob = stage.feeds(1002, "11111");
  CHECK(bob.hears() == "request 2");
  bob.gives(2);
  CHECK(requested(bob.hears()) == Pieces{4});
}

TEST_CASE("what a lost neighbor had becomes rarer", "[swarm]") {
  Stage stage({.stored = "000"});
  Remote& carol = stage.joins(1003, "100");
  stage.joins(1004, "010");
  stage.joins(1005, "011");
  carol.leaves();
  CHECK(stage.feeds(1002, "111").hears() == "request 0");
}

TEST_CASE("a piece is asked of one neighbor only", "[swarm]") {
  Stage stage({.stored = "11000"});
  Pieces asked;
  for (const std::uint32_t id : {1002u, 1003u, 1004u})
    for (const auto piece : requested(stage.feeds(id, "11111").hears())) asked.push_back(piece);
  std::ranges::sort(asked);
  CHECK(asked == Pieces{2, 3, 4});
}

TEST_CASE("a new have is asked for at once where a request is free", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "00000");
  CHECK(bob.hears() == "");
  bob.says("have 2");
  CHECK(bob.hears() == "interested, request 2");
}

// --- late, double, unasked
// -----------------------------------------------------------------------------------------------

TEST_CASE("a piece that comes after its request was given up is taken while it is missing", "[swarm]") {
  Stage stage({.stored = "11110"});
  Remote& bob = stage.feeds(1002, "11111");
  bob.hears();
  bob.says("choke");
  CHECK(bob.gives(4));
  CHECK(stage.count("stored 4 from 1002, now 5") == 1);
  CHECK_FALSE(bob.closed());
}

TEST_CASE("a piece that comes twice is counted once and stored once", "[swarm]") {
  Stage stage({.stored = "11110"});
  Remote& bob = stage.feeds(1002, "11111");
  bob.hears();
  Remote& carol = stage.feeds(1003, "11111");
  bob.says("choke");
  REQUIRE(carol.hears() == "request 4");
  CHECK(bob.gives(4));
  CHECK_FALSE(carol.gives(4));
  CHECK(stage.swarm.stored().count() == 5);
  CHECK(std::ranges::count_if(stage.events, [](const std::string& event) { return event.starts_with("stored"); }) == 1);
  CHECK_FALSE(carol.closed());
}

TEST_CASE("two copies that come at the same time are stored once", "[swarm]") {
  Stage stage({.stored = "11110"});
  Remote& bob = stage.feeds(1002, "11111");
  bob.hears();
  Remote& carol = stage.feeds(1003, "11111");
  bob.says("choke");
  bob.begins(4);
  carol.begins(4);
  CHECK(stage.swarm.payload_wanted(bob.link()));
  CHECK(stage.swarm.payload_wanted(carol.link()));
  carol.continues(1000);
  bob.continues(1000);
  CHECK(carol.ends(4));
  CHECK_FALSE(bob.ends(4));
  CHECK(stage.swarm.complete());
}

TEST_CASE("a piece that was never asked for is dropped, a second one is a violation", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.joins(1002, "11111");
  bob.begins(3);
  CHECK_FALSE(stage.swarm.payload_wanted(bob.link()));
  bob.continues(1000);
  CHECK_FALSE(bob.ends(3));
  CHECK(stage.swarm.stored().count() == 0);
  CHECK_FALSE(bob.closed());
  bob.begins(2);
  CHECK(bob.reason() == "protocol violation: pieces that were never asked for, the last one being 2");
}

// A slow peer that is asked again has both requests in its queue and answers both.
TEST_CASE("a piece that was asked for twice may come twice", "[swarm]") {
  const bool by_choke = GENERATE(false, true);
  Stage stage({.stored = "11000"});  // piece 2 has no holder, so that this is no endgame
  Remote& bob = stage.feeds(1002, "00010");
  for (const std::uint32_t piece : {3u, 4u}) {
    const std::string request = "request " + std::to_string(piece);
    REQUIRE(bob.hears().find(request) != std::string::npos);
    if (by_choke) {
      bob.says("choke");
      bob.says("unchoke");
    }
    std::string again = bob.hears();
    for (int i = 0; i < 240 && again.empty(); ++i) {
      stage.passes(250ms);
      again = bob.hears();
    }
    REQUIRE(again == request);
    CHECK(bob.gives(piece));
    CHECK_FALSE(bob.gives(piece));
    REQUIRE_FALSE(bob.closed());
    if (piece == 3) bob.says("have 4");
  }
}

TEST_CASE("a piece that is answered twice was asked for once", "[swarm]") {
  Stage stage({});
  Remote& bob = stage.feeds(1002, "11111");
  const auto piece = requested(bob.hears()).at(0);
  CHECK(bob.gives(piece));
  CHECK_FALSE(bob.gives(piece));
  CHECK_FALSE(bob.gives(piece));
  CHECK(bob.closed());
}

// --- storing
// -------------------------------------------------------------------------------------------------------------

TEST_CASE("a piece that is being stored is not asked for again", "[swarm]") {
  Stage stage({.stored = "11110"});
  stage.stores_at_once = false;
  Remote& bob = stage.feeds(1002, "11111");
  bob.hears();
  CHECK(bob.gives(4));
  Remote& carol = stage.feeds(1003, "11111");
  stage.passes(10s);
  CHECK(bob.hears() == "");
  CHECK(carol.hears() == "");
  CHECK_FALSE(stage.swarm.complete());
  stage.swarm.on_piece_stored(PieceIndex{4}, stage.now);
  stage.settle();
  CHECK(stage.swarm.complete());
}

TEST_CASE("a piece that could not be stored is asked for again", "[swarm]") {
  Stage stage({.stored = "11110"});
  stage.stores_at_once = false;
  Remote& bob = stage.feeds(1002, "11111");
  CHECK(bob.hears() == "request 4");
  CHECK(bob.gives(4));
  stage.swarm.on_store_failed(PieceIndex{4}, stage.now);
  stage.settle();
  CHECK(bob.hears() == "request 4");
  CHECK(bob.gives(4));
  stage.swarm.on_piece_stored(PieceIndex{4}, stage.now);
  stage.settle();
  CHECK(stage.count("stored 4 from 1002, now 5") == 1);
}

// --- how much, and the end
// -----------------------------------------------------------------------------------------------

TEST_CASE("more requests are opened as answers come, up to what the link carries", "[swarm]") {
  Stage stage({.stored = std::string(400, '0'), .pipeline = 512});
  Remote& bob = stage.feeds(1002, std::string(400, '1'));
  Pieces open = requested(bob.hears());
  REQUIRE(open.size() == 1);
  std::size_t most = 0;
  for (int i = 0; i < 200; ++i) {
    stage.passes(1ms);  // 1,000 bytes a millisecond, and a delay of as long as the open requests take
    REQUIRE(bob.gives(open.front()));
    open.erase(open.begin());
    for (const auto piece : requested(bob.hears())) open.push_back(piece);
    most = std::max(most, open.size());
  }
  CHECK(most > 10);
  CHECK(most < 60);
}

TEST_CASE("in the endgame an idle link asks for what another has not brought", "[swarm]") {
  Stage stage({.stored = "11110"});
  Remote& bob = stage.feeds(1002, "11111");
  CHECK(bob.hears() == "request 4");
  Remote& carol = stage.feeds(1003, "11111");
  Remote& dave = stage.feeds(1004, "11111");
  CHECK(carol.hears() == "");
  stage.passes(1500ms);  // bob takes longer than carol is expected to
  const std::string duplicates = carol.hears() + dave.hears();
  CHECK(duplicates == "request 4");  // one more copy, not two

  CHECK(carol.gives(4));
  CHECK(stage.swarm.complete());
  CHECK_FALSE(bob.gives(4));
  CHECK_FALSE(bob.closed());
  CHECK(stage.swarm.stored().count() == 5);
}

TEST_CASE("in the endgame nothing is asked for twice where our own downlink is what is slow", "[swarm]") {
  Stage stage({});
  Remote& carol = stage.feeds(1003, "10000");
  stage.passes(100ms);  // a fast one
  CHECK(carol.gives(0));
  Remote& bob = stage.feeds(1002, "01111");
  Pieces asked;
  for (int i = 0; i < 3; ++i) {
    asked = requested(bob.hears());
    stage.passes(1300ms);
    bob.gives(asked.at(0));
  }
  // The last piece is due from bob in 1.3 s; carol could bring it sooner, but not through a downlink of 1,000 bytes/s.
  asked = requested(bob.hears());
  carol.hears();
  carol.says("have " + std::to_string(asked.at(0)));
  CHECK(carol.hears() == "interested");
}

TEST_CASE("before the endgame nothing is asked for twice", "[swarm]") {
  Stage stage({.stored = "11100"});  // piece 4 is open, though nobody has it
  Remote& bob = stage.feeds(1002, "00010");
  bob.hears();
  Remote& carol = stage.feeds(1003, "00010");
  stage.passes(3s);
  CHECK(carol.hears() == "");
}

}  // namespace
}  // namespace p2p
