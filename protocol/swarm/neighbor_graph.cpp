#include "protocol/swarm/neighbor_graph.hpp"

#include <algorithm>
#include <numeric>
#include <span>

#include "protocol/assert.hpp"
#include "protocol/random.hpp"

namespace p2p {
namespace {

// Part of the protocol: every peer must draw the same cycles.
constexpr std::uint64_t kGraphSeed = 0x50325046494c4553;
// A complete graph has as many cycles as one likes; nobody serves more neighbors than this by them.
constexpr std::uint32_t kMostCycles = 64;

constexpr std::uint32_t kCarefulCycles = 8;
constexpr std::uint32_t kTries = 500;

std::vector<std::uint32_t> random_cycle(std::uint32_t peers, Random& random) {
  std::vector<std::uint32_t> cycle(peers);
  std::iota(cycle.begin(), cycle.end(), 0u);
  random.shuffle(std::span(cycle));
  return cycle;
}

}  // namespace

NeighborGraph::NeighborGraph(std::uint32_t peers, std::uint32_t max_connections)
    : peers_(peers), complete_(max_connections == 0 || peers <= max_connections + 1) {
  P2P_ASSERT(peers >= 1 && max_connections != 1);
  const std::uint32_t count = complete_ ? std::min(kMostCycles, peers - 1) : max_connections / 2;
  Random random(kGraphSeed);
  for (std::uint32_t c = 0; c < count; ++c) {
    // Where two cycles share a step, a peer is served by fewer others. Those that serve by are drawn with care.
    Cycle best = random_cycle(peers, random);
    const bool may_serve = c < kCarefulCycles;
    std::uint32_t fewest = may_serve ? shared_steps(best) : 0;
    for (std::uint32_t tries = 0; fewest > 0 && tries < kTries; ++tries) {
      Cycle cycle = random_cycle(peers, random);
      const std::uint32_t shared = shared_steps(cycle);
      if (shared >= fewest) continue;
      fewest = shared;
      best = std::move(cycle);
    }
    std::vector<std::uint32_t> places(peers);
    for (std::uint32_t i = 0; i < peers; ++i) places[best[i]] = i;
    cycles_.push_back(std::move(best));
    places_.push_back(std::move(places));
  }
}

/// How many steps from a peer to the next the cycle has in common with those that are there.
std::uint32_t NeighborGraph::shared_steps(const Cycle& cycle) const {
  std::uint32_t shared = 0;
  for (std::uint32_t i = 0; i < peers_; ++i) {
    const std::uint32_t from = cycle[i];
    const std::uint32_t to = cycle[(i + 1) % peers_];
    for (std::size_t c = 0; c < cycles_.size(); ++c)
      if (cycles_[c][(places_[c][from] + 1) % peers_] == to) {
        ++shared;
        break;
      }
  }
  return shared;
}

std::vector<std::uint32_t> NeighborGraph::neighbors(std::uint32_t peer) const {
  std::vector<std::uint32_t> found;
  if (complete_) {
    for (std::uint32_t i = 0; i < peers_; ++i)
      if (i != peer) found.push_back(i);
    return found;
  }
  for (std::size_t c = 0; c < cycles_.size(); ++c) {
    const std::uint32_t place = places_[c][peer];
    found.push_back(cycles_[c][(place + 1) % peers_]);
    found.push_back(cycles_[c][(place + peers_ - 1) % peers_]);
  }
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<std::uint32_t> NeighborGraph::successors(std::uint32_t peer, std::uint32_t slots) const {
  std::vector<std::uint32_t> found;
  for (std::size_t c = 0; c < cycles_.size() && found.size() < slots; ++c) {
    const std::uint32_t next = cycles_[c][(places_[c][peer] + 1) % peers_];
    if (std::ranges::find(found, next) == found.end()) found.push_back(next);
  }
  return found;
}

}  // namespace p2p
