// Small swarms with everything that may go wrong, all of it drawn from one number, so that the number replays a run.
#pragma once

#include <cstdint>
#include <string>

#include "sim/simulation.hpp"

namespace p2p::sim {

/// The swarm of this seed: its size, file, hosts, settings, policy and faults.
Scenario random_scenario(std::uint64_t seed);

/// A scenario in one line, to see at once what a seed is about.
std::string describe(const Scenario& scenario);

struct Outcome {
  std::string failure{};         ///< The first claim that does not hold; empty when all do.
  Instant completed{};           ///< When the last peer was complete.
  Instant deadline{};            ///< When it must be; later than the faults.
  Instant ended{};               ///< Everybody has left, or `deadline`.
  std::uint32_t links_lost = 0;  ///< Links that ended before everybody was complete, counted at each end.
  std::uint32_t remaining = 0;   ///< Peers that still run at the end.
};

/// Runs a scenario and checks what a swarm owes its users, whatever happens to it.
///
/// Safety, at any time, faults or not:
/// - what Referee claims, and the core's own assertions;
/// - nobody ends a link for a breach of the protocol: all peers here are ours, and connections lose no byte but by
/// ending.
///
/// Liveness, once the faults are over and everything is healed:
/// - Completion: every peer runs again or has left, and holds the whole file by the deadline. No fault may prevent it,
///   because a peer leaves only when all its neighbors are known to be complete, so that nobody who lacks a piece loses
///   a neighbor, and pieces that were stored outlast a crash.
/// - Parting: who still runs at the end is linked with every neighbor that runs, and waits for one that has left. More
///   cannot be demanded. Completeness is learnt from bitfield and have alone, and a peer leaves on its own knowledge,
///   so the last word to a neighbor can be lost: its link is cut with the word under way or while nobody needs a new
///   one, or the neighbor restarts when everybody is gone. What is never allowed is that two peers that could talk wait
///   for each other.
/// - Where no connection is cut, only a peer that crashed can have missed a word: no more remain than have crashed; and
///   where nobody crashed either, everybody has left.
Outcome run_checked(const Scenario& scenario);

}  // namespace p2p::sim
