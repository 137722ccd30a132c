// When a complete peer may leave, and for whom it waits no longer.
#include "protocol/swarm/farewell.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

/// A peer, its two neighbors and its clock.
struct Party {
  explicit Party(Duration patience = {}, bool has_end = true) : farewell(has_end, patience) {}

  void links(NeighborIndex index) { neighborhood.on_linked(index, LinkId{index}, false); }
  void loses(NeighborIndex index) { neighborhood.on_unlinked(index, Bitfield(4), now); }
  void has_all(NeighborIndex index) { neighborhood[index].complete = true; }
  bool is_over(bool complete = true) { return farewell.is_over(complete, neighborhood, now); }
  bool out_of_patience() { return farewell.doubts_return(now) && farewell.out_of_patience(true, neighborhood, now); }

  Instant now = kStart;
  Neighborhood neighborhood{PeerId{1}, {PeerId{1}, PeerId{2}, PeerId{3}}, kStart};
  Farewell farewell;
};

Party everybody_complete() {
  Party party;
  for (const NeighborIndex index : {0u, 1u}) {
    party.links(index);
    party.has_all(index);
  }
  return party;
}

TEST_CASE("it is over when everybody has everything, once", "[farewell]") {
  Party party = everybody_complete();
  CHECK_FALSE(party.is_over(false));
  CHECK(party.is_over());
  CHECK(party.farewell.over());
  CHECK_FALSE(party.is_over());
  CHECK(party.farewell.next_deadline() == kNever);
}

TEST_CASE("a neighbor that lacks something is waited for without end", "[farewell]") {
  Party party = everybody_complete();
  party.neighborhood[1].complete = false;
  CHECK_FALSE(party.is_over());
  CHECK(party.farewell.next_deadline() == kNever);
  party.now += 24h;
  CHECK_FALSE(party.is_over());
}

TEST_CASE("who has lost its link, and has not heard that we are complete, has a grace to come back", "[farewell]") {
  Party party = everybody_complete();
  party.loses(1);
  CHECK_FALSE(party.is_over());
  CHECK(party.farewell.next_deadline() == kStart + Farewell::kGrace);
  party.now += Farewell::kGrace - 1ms;
  CHECK_FALSE(party.is_over());
  SECTION("and is gone when that is over") {
    party.now += 1ms;
    CHECK(party.is_over());
  }
  SECTION("or comes back") {
    party.links(1);
    CHECK(party.is_over());
  }
  SECTION("or turns out to lack something, and has a whole grace when it is complete") {
    party.neighborhood[1].complete = false;
    CHECK_FALSE(party.is_over());
    CHECK(party.farewell.next_deadline() == kNever);
    party.has_all(1);
    CHECK_FALSE(party.is_over());
    CHECK(party.farewell.next_deadline() == party.now + Farewell::kGrace);
  }
}

TEST_CASE("who was told needs no link", "[farewell]") {
  Party party = everybody_complete();
  party.loses(1);
  party.neighborhood[1].told = true;
  CHECK(party.is_over());
}

TEST_CASE("where nobody knows who everybody is there is no end", "[farewell]") {
  Party party(0s, false);
  CHECK_FALSE(party.is_over());
  CHECK(party.farewell.next_deadline() == kNever);
}

TEST_CASE("what was over is not over when we lack something again", "[farewell]") {
  Party party = everybody_complete();
  CHECK(party.is_over());
  party.farewell.begin_anew();
  CHECK_FALSE(party.farewell.over());
  CHECK_FALSE(party.is_over(false));
  CHECK(party.is_over());
}

// --- patience --------------------------------------------------------------------------------------------------------

TEST_CASE("those out of sight are waited for as long as the patience lasts, counted from our own completion",
          "[farewell]") {
  Party party(10min);
  for (const NeighborIndex index : {0u, 1u}) {
    party.links(index);
    party.loses(index);
  }
  party.now += 1h;
  CHECK_FALSE(party.is_over(false));
  party.now += 1h;
  CHECK_FALSE(party.is_over());
  CHECK_FALSE(party.out_of_patience());
  CHECK(party.farewell.next_deadline() == party.now + 10min);
  party.now += 10min - 1ms;
  CHECK_FALSE(party.out_of_patience());
  SECTION("it ends") {
    party.now += 1ms;
    CHECK(party.out_of_patience());
    CHECK_FALSE(party.is_over());
    CHECK_FALSE(party.out_of_patience());
    CHECK(party.farewell.next_deadline() == kNever);
  }
  SECTION("one of them is seen") {
    party.neighborhood[0].seen = party.now;
    party.now += 1ms;
    CHECK_FALSE(party.out_of_patience());
    CHECK(party.farewell.next_deadline() == party.neighborhood[0].seen + 10min);
  }
}

TEST_CASE("who never came is still to come", "[farewell]") {
  Party party(10min);
  party.links(0);
  party.loses(0);
  party.now += 24h;
  CHECK_FALSE(party.is_over());
  CHECK_FALSE(party.out_of_patience());
  CHECK(party.farewell.next_deadline() == kNever);
}

}  // namespace
}  // namespace p2p
