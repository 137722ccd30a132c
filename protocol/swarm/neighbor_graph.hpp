// Who is linked with whom when a swarm is too large for a full mesh (MaxConnections in Common.cfg).
//
// The graph is computed from the number of listed peers and the bound alone, so that both ends of a link come to the
// same result and nothing is negotiated. It is a union of random Hamiltonian cycles, drawn from a fixed seed: each
// cycle alone connects everybody, and a few of them together make an expander with overwhelming probability (Friedman
// 2008 for random regular graphs), whose diameter grows as log n, which is what pieces need to spread.
#pragma once

#include <cstdint>
#include <vector>

namespace p2p {

class NeighborGraph {
 public:
  /// `peers` >= 1 vertices, numbered in the order of PeerInfo.cfg. `max_connections` is the largest degree, at least 2;
  /// 0 means no bound. Without a bound, or with one that does not bind, the graph is complete.
  NeighborGraph(std::uint32_t peers, std::uint32_t max_connections);

  /// Ascending, without `peer` itself; at most max_connections.
  std::vector<std::uint32_t> neighbors(std::uint32_t peer) const;

  /// The peers that `peer` should serve when everybody serves `slots` neighbors and nobody is selfish: its successor on
  /// each of so many cycles. As each peer is the successor of one other on each cycle, everybody is served by as many
  /// as it serves. Neighbors of `peer`, no one twice; fewer than `slots` where cycles meet.
  std::vector<std::uint32_t> successors(std::uint32_t peer, std::uint32_t slots) const;

 private:
  using Cycle = std::vector<std::uint32_t>;  ///< Peers in the order of a walk that returns to its start.

  std::uint32_t shared_steps(const Cycle& cycle) const;

  std::uint32_t peers_;
  bool complete_;
  std::vector<Cycle> cycles_;
  std::vector<std::vector<std::uint32_t>> places_;  ///< Of each peer in each cycle.
};

}  // namespace p2p
