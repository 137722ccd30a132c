// Each event as the course's log wants it, to the character.
#include <string>

#include "peer/report/event_log.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

std::string line(const Event& event) { return course_line(PeerId{1001}, event).value_or("(none)"); }

constexpr PeerId kOther{1002};

TEST_CASE("connections are logged by who opened them", "[log]") {
  CHECK(line(LinkEstablished{kOther, Direction::dialed}) == "Peer 1001 makes a connection to Peer 1002.");
  CHECK(line(LinkEstablished{kOther, Direction::accepted}) == "Peer 1001 is connected from Peer 1002.");
}

TEST_CASE("preferred neighbors are listed with a comma alone", "[log]") {
  CHECK(line(PreferredNeighborsChanged{{kOther}}) == "Peer 1001 has the preferred neighbors 1002.");
  CHECK(line(PreferredNeighborsChanged{{PeerId{1002}, PeerId{1004}, PeerId{1005}}}) ==
        "Peer 1001 has the preferred neighbors 1002,1004,1005.");
}

TEST_CASE("the optimistic neighbor is logged", "[log]") {
  CHECK(line(OptimisticNeighborChanged{kOther}) == "Peer 1001 has the optimistically unchoked neighbor 1002.");
}

TEST_CASE("chokes and unchokes by others are logged", "[log]") {
  CHECK(line(UnchokedBy{kOther}) == "Peer 1001 is unchoked by 1002.");
  CHECK(line(ChokedBy{kOther}) == "Peer 1001 is choked by 1002.");
}

TEST_CASE("messages are logged in typographic quotes, U+2018 and U+2019", "[log]") {
  CHECK(line(HaveReceived{kOther, PieceIndex{305}}) ==
        "Peer 1001 received the \xe2\x80\x98have\xe2\x80\x99 message from 1002 for the piece 305.");
  CHECK(line(InterestedReceived{kOther}) ==
        "Peer 1001 received the \xe2\x80\x98interested\xe2\x80\x99 message from 1002.");
  CHECK(line(NotInterestedReceived{kOther}) ==
        "Peer 1001 received the \xe2\x80\x98not interested\xe2\x80\x99 message from 1002.");
}

TEST_CASE("a stored piece is logged with its origin and the number of pieces", "[log]") {
  CHECK(line(PieceStored{PieceIndex{7}, kOther, 42}) ==
        "Peer 1001 has downloaded the piece 7 from 1002. Now the number of pieces it has is 42.");
}

TEST_CASE("completion is logged", "[log]") {
  CHECK(line(FileCompleted{}) == "Peer 1001 has downloaded the complete file.");
}

TEST_CASE("what the course does not log is not logged", "[log]") {
  CHECK(line(LinkClosed{kOther, "why"}) == "(none)");
  CHECK(line(StrangerClosed{"why"}) == "(none)");
  CHECK(line(UnknownMessageReceived{kOther, 20}) == "(none)");
  CHECK(line(RequestsStalled{kOther, 1}) == "(none)");
  CHECK(line(SwarmCompleted{}) == "(none)");
}

TEST_CASE("the smallest and the largest ID are printed as they are", "[log]") {
  CHECK(course_line(PeerId{0}, UnchokedBy{PeerId{2147483647}}) == "Peer 0 is unchoked by 2147483647.");
}

}  // namespace
}  // namespace p2p
