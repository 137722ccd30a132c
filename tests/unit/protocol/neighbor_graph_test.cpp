// Who is linked with whom when not everybody is.
#include "protocol/swarm/neighbor_graph.hpp"

#include <algorithm>
#include <string>

#include "tests/support/aborts.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using Peers = std::vector<std::uint32_t>;

bool are_neighbors(const NeighborGraph& graph, std::uint32_t a, std::uint32_t b) {
  return std::ranges::count(graph.neighbors(a), b) == 1;
}

/// How many peers can be reached from peer 0, and in how many steps at most.
std::pair<std::size_t, std::size_t> reached(const NeighborGraph& graph, std::uint32_t peers) {
  std::vector<bool> seen(peers);
  Peers frontier = {0};
  seen[0] = true;
  std::size_t steps = 0;
  while (true) {
    Peers next;
    for (const std::uint32_t from : frontier)
      for (const std::uint32_t to : graph.neighbors(from))
        if (!seen[to]) {
          seen[to] = true;
          next.push_back(to);
        }
    if (next.empty()) return {static_cast<std::size_t>(std::ranges::count(seen, true)), steps};
    frontier = std::move(next);
    ++steps;
  }
}

TEST_CASE("without a bound everybody is linked with everybody", "[graph]") {
  const NeighborGraph graph(5, 0);
  CHECK(graph.neighbors(0) == Peers{1, 2, 3, 4});
  CHECK(graph.neighbors(2) == Peers{0, 1, 3, 4});
}

TEST_CASE("a bound that does not bind changes nothing", "[graph]") {
  CHECK(NeighborGraph(5, 4).neighbors(2) == Peers{0, 1, 3, 4});
  CHECK(NeighborGraph(5, 100).neighbors(2) == Peers{0, 1, 3, 4});
  CHECK(NeighborGraph(1, 2).neighbors(0).empty());
  CHECK(NeighborGraph(2, 2).neighbors(0) == Peers{1});
}

TEST_CASE("with a bound the graph is symmetric, connected and within the bound", "[graph]") {
  for (const std::uint32_t peers : {4u, 5u, 30u, 101u})
    for (const std::uint32_t bound : {2u, 3u, 4u, 7u, 20u}) {
      if (peers <= bound + 1) continue;
      INFO(peers << " peers, at most " << bound << " connections");
      const NeighborGraph graph(peers, bound);
      for (std::uint32_t peer = 0; peer < peers; ++peer) {
        const Peers neighbors = graph.neighbors(peer);
        REQUIRE_FALSE(neighbors.empty());
        REQUIRE(neighbors.size() <= bound);
        REQUIRE(std::ranges::is_sorted(neighbors));
        for (const std::uint32_t neighbor : neighbors) {
          REQUIRE(neighbor != peer);
          REQUIRE(are_neighbors(graph, neighbor, peer));
        }
      }
      REQUIRE(reached(graph, peers).first == peers);
    }
}

TEST_CASE("a thousand peers with eight connections are a few steps from each other", "[graph]") {
  const auto [count, steps] = reached(NeighborGraph(1000, 8), 1000);
  CHECK(count == 1000);
  CHECK(steps <= 6);
}

// Peers of different versions must come to the same links, so this may never change.
TEST_CASE("the graph is the one that every other peer draws", "[graph]") {
  const NeighborGraph graph(7, 4);
  std::string picture;
  for (std::uint32_t peer = 0; peer < 7; ++peer) {
    picture += std::to_string(peer) + ":";
    for (const std::uint32_t neighbor : graph.neighbors(peer)) picture += std::to_string(neighbor);
    picture += " ";
  }
  CHECK(picture == "0:1346 1:0256 2:1346 3:0245 4:0235 5:1346 6:0125 ");
}

TEST_CASE("successors are neighbors, no one twice, and serve everybody alike", "[graph]") {
  for (const std::uint32_t bound : {0u, 8u}) {
    constexpr std::uint32_t kPeers = 40;
    constexpr std::uint32_t kSlots = 3;
    const NeighborGraph graph(kPeers, bound);
    std::vector<std::size_t> served(kPeers);
    std::size_t serving = 0;
    for (std::uint32_t peer = 0; peer < kPeers; ++peer) {
      Peers successors = graph.successors(peer, kSlots);
      REQUIRE(successors.size() <= kSlots);
      for (const std::uint32_t successor : successors) {
        REQUIRE(are_neighbors(graph, peer, successor));
        ++served[successor];
        ++serving;
      }
      std::ranges::sort(successors);
      REQUIRE(std::ranges::adjacent_find(successors) == successors.end());
    }
    for (const std::size_t times : served) CHECK((times >= 1 && times <= kSlots + 1));
    CHECK(serving >= kPeers * kSlots * 9 / 10);
  }
}

TEST_CASE("a graph of one connection each is our own bug", "[graph]") {
  CHECK(test::aborts([] { NeighborGraph(5, 1); }));
  CHECK(test::aborts([] { NeighborGraph(0, 0); }));
}

}  // namespace
}  // namespace p2p
