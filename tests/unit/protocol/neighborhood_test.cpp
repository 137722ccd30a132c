// Whom to dial and when; who is known to be complete.
#include "protocol/swarm/neighborhood.hpp"

#include "tests/support/aborts.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

Neighborhood third_of_five() {
  return {PeerId{1003}, {PeerId{1001}, PeerId{1002}, PeerId{1003}, PeerId{1004}, PeerId{1005}}, kStart};
}

std::vector<std::uint32_t> due(Neighborhood& neighborhood, Instant now) {
  std::vector<std::uint32_t> ids;
  for (const NeighborIndex index : neighborhood.take_due(now)) ids.push_back(neighborhood[index].id.value);
  return ids;
}

TEST_CASE("a peer dials every earlier line at once, and later ones when they have not come", "[neighborhood]") {
  Neighborhood neighborhood = third_of_five();
  CHECK(neighborhood.size() == 4);
  CHECK(neighborhood.next_due() == kStart);
  CHECK(due(neighborhood, kStart) == std::vector<std::uint32_t>{1001, 1002});
  CHECK(due(neighborhood, kStart + 9s).empty());  // they are being dialled
  CHECK(neighborhood.next_due() == kStart + Neighborhood::kTurnAbout);
}

TEST_CASE("the order of the lines counts, not the IDs", "[neighborhood]") {
  Neighborhood neighborhood(PeerId{5}, {PeerId{9}, PeerId{5}, PeerId{1}}, kStart);
  CHECK(due(neighborhood, kStart) == std::vector<std::uint32_t>{9});
}

TEST_CASE("the first line dials nobody at first", "[neighborhood]") {
  Neighborhood neighborhood(PeerId{1001}, {PeerId{1001}, PeerId{1002}}, kStart);
  CHECK(neighborhood.next_due() == kStart + 10s);
  CHECK(due(neighborhood, kStart + 9s).empty());
  CHECK(due(neighborhood, kStart + 10s) == std::vector<std::uint32_t>{1002});
}

TEST_CASE("who has come once is not dialled, and who was linked by our dial is", "[neighborhood]") {
  Neighborhood neighborhood(PeerId{1001}, {PeerId{1001}, PeerId{1002}, PeerId{1003}}, kStart);
  Random random(1);
  const auto came = *neighborhood.find(PeerId{1002}), reached = *neighborhood.find(PeerId{1003});
  for (const auto& [index, by_us] : {std::pair(came, false), std::pair(reached, true)}) {
    neighborhood.on_linked(index, LinkId{index}, by_us);
    neighborhood[index].link.reset();
    neighborhood.dial_again(index, kStart, random);
  }
  CHECK(due(neighborhood, kStart + 1h) == std::vector<std::uint32_t>{1003});
}

TEST_CASE("a link that ends while its neighbor is being dialled makes no second dial", "[neighborhood]") {
  Neighborhood neighborhood = third_of_five();
  Random random(1);
  const auto index = *neighborhood.find(PeerId{1001});
  due(neighborhood, kStart);
  neighborhood.dial_again(index, kStart, random);
  CHECK(due(neighborhood, kStart + 9s).empty());
  neighborhood.dial_ended(index);
  neighborhood.dial_again(index, kStart + 9s, random);
  CHECK(due(neighborhood, kStart + 9500ms) == std::vector<std::uint32_t>{1001});
}

TEST_CASE("since when those that are waited for are out of sight", "[neighborhood]") {
  Neighborhood neighborhood = third_of_five();
  CHECK(neighborhood.all_unseen_since() == kNever);  // nobody has ever come
  for (NeighborIndex i = 0; i < 4; ++i) {
    neighborhood.on_linked(i, LinkId{i}, false);
    neighborhood[i].seen = kStart + std::chrono::seconds(i);
  }
  CHECK(neighborhood.all_unseen_since() == kStart + 3s);
  neighborhood[3].complete = true;
  CHECK(neighborhood.all_unseen_since() == kStart + 2s);
  neighborhood.convict(2);
  CHECK(neighborhood.all_unseen_since() == kStart + 1s);
  neighborhood[1].complete = neighborhood[0].complete = true;
  CHECK(neighborhood.all_unseen_since() == std::nullopt);
}

TEST_CASE("neighbors are found by their ID; ourselves and strangers are not", "[neighborhood]") {
  const Neighborhood neighborhood = third_of_five();
  REQUIRE(neighborhood.find(PeerId{1005}));
  CHECK(neighborhood[*neighborhood.find(PeerId{1005})].id == PeerId{1005});
  CHECK_FALSE(neighborhood.find(PeerId{1003}));
  CHECK_FALSE(neighborhood.find(PeerId{7}));
}

TEST_CASE("the back-off doubles from 50 ms to 5 s, give or take a half", "[neighborhood]") {
  Neighborhood neighborhood(PeerId{1003}, {PeerId{1001}, PeerId{1002}, PeerId{1003}}, kStart);
  Random random(1);
  Instant now = kStart;
  const auto index = *neighborhood.find(PeerId{1001});
  Duration expected = 50ms;
  for (int failures = 0; failures < 12; ++failures) {
    due(neighborhood, now);
    neighborhood.dial_ended(index);
    neighborhood.dial_again(index, now, random);
    const Duration wait = neighborhood[index].dial_at - now;
    CHECK(wait >= expected / 2);
    CHECK(wait <= expected * 3 / 2);
    CHECK(neighborhood.next_due() <= neighborhood[index].dial_at);
    CHECK(due(neighborhood, neighborhood[index].dial_at - 1ns).empty());
    CHECK(neighborhood.next_due() == neighborhood[index].dial_at);
    now = neighborhood[index].dial_at;
    expected = std::min<Duration>(2 * expected, 5s);
  }
  CHECK(neighborhood[index].backoff == 5s);
}

TEST_CASE("peers that lost the same neighbor do not come back in step", "[neighborhood]") {
  const auto first_wait = [](std::uint64_t seed) {
    Neighborhood neighborhood = third_of_five();
    Random random(seed);
    neighborhood.dial_again(0, kStart, random);
    return neighborhood[0].dial_at - kStart;
  };
  CHECK(first_wait(1) != first_wait(2));
}

TEST_CASE("a link that proved useful makes the next back-off short again", "[neighborhood]") {
  Neighborhood neighborhood = third_of_five();
  Random random(1);
  for (int i = 0; i < 10; ++i) neighborhood.dial_again(0, kStart, random);
  neighborhood.reset_backoff(0);
  neighborhood.dial_again(0, kStart, random);
  CHECK(neighborhood[0].dial_at - kStart <= 75ms);
}

TEST_CASE("each violation makes the next dial wait twice as long, up to five minutes, until the neighbor behaves",
          "[neighborhood]") {
  Neighborhood neighborhood = third_of_five();
  Random random(1);
  const auto wait_after_violation = [&] {
    neighborhood.reset_backoff(0);  // it began as a link should
    neighborhood.lengthen_backoff(0);
    neighborhood.dial_again(0, kStart, random);
    return neighborhood[0].dial_at - kStart;
  };
  for (const Duration expected : {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s, 300s}) {
    const Duration wait = wait_after_violation();
    CHECK(wait >= expected / 2);
    CHECK(wait <= expected * 3 / 2);
  }
  neighborhood.forgive(0);
  CHECK(wait_after_violation() <= 7500ms);
}

TEST_CASE("a linked neighbor is not due though a dial was planned", "[neighborhood]") {
  Neighborhood neighborhood = third_of_five();
  neighborhood.on_linked(*neighborhood.find(PeerId{1001}), LinkId{7}, true);
  CHECK(neighborhood[*neighborhood.find(PeerId{1001})].link == LinkId{7});
  CHECK(due(neighborhood, kStart + 1h) == std::vector<std::uint32_t>{1002, 1004, 1005});
}

TEST_CASE("a later line is not dialled again at once", "[neighborhood]") {
  Neighborhood neighborhood = third_of_five();
  Random random(1);
  due(neighborhood, kStart);
  neighborhood.dial_again(*neighborhood.find(PeerId{1004}), kStart, random);
  CHECK(neighborhood.next_due() > kStart + 7s);
}

TEST_CASE("all are complete when each is", "[neighborhood]") {
  Neighborhood neighborhood = third_of_five();
  for (NeighborIndex i = 0; i < neighborhood.size(); ++i) {
    CHECK_FALSE(neighborhood.all_complete());
    neighborhood[i].complete = true;
  }
  CHECK(neighborhood.all_complete());
}

TEST_CASE("a peer that is listed alone has no neighbors to wait for", "[neighborhood]") {
  const Neighborhood alone(PeerId{1}, {PeerId{1}}, kStart);
  CHECK(alone.size() == 0);
  CHECK(alone.all_complete());
  CHECK(alone.next_due() == kNever);
}

TEST_CASE("a list without ourselves or with an ID twice is our own bug", "[neighborhood]") {
  CHECK(test::aborts([] { Neighborhood(PeerId{1}, {PeerId{2}}, kStart); }));
  CHECK(test::aborts([] { Neighborhood(PeerId{1}, {PeerId{1}, PeerId{1}}, kStart); }));
  CHECK(test::aborts([] { Neighborhood(PeerId{1}, {PeerId{1}, PeerId{2}, PeerId{2}}, kStart); }));
}

TEST_CASE("neighbors come and go, and take each other's places", "[neighborhood]") {
  Neighborhood neighborhood(PeerId{1}, {PeerId{1}}, kStart);
  const NeighborIndex first = neighborhood.add(PeerId{2}, true, false, kStart);
  const NeighborIndex second = neighborhood.add(PeerId{3}, false, false, kStart);
  CHECK(neighborhood.next_due() == kStart);
  CHECK(due(neighborhood, kStart) == std::vector<std::uint32_t>{2});
  neighborhood[second].complete = true;
  CHECK_FALSE(neighborhood.all_complete());
  neighborhood.remove(first);
  CHECK(neighborhood.all_complete());
  CHECK(neighborhood.known() == 1);
  CHECK_FALSE(neighborhood.find(PeerId{2}));
  CHECK(neighborhood.add(PeerId{4}, false, false, kStart) == first);
  CHECK(neighborhood.size() == 2);
  CHECK(neighborhood[first].id == PeerId{4});
  CHECK_FALSE(neighborhood[first].complete);
  CHECK(due(neighborhood, kStart + 1h).empty());
}

}  // namespace
}  // namespace p2p
