// The words for a swarm that stands still.
#pragma once

#include <string>

#include "peer/report/piece_words.hpp"
#include "protocol/swarm/stuck.hpp"

namespace p2p {

/// Such as "no live peer holds pieces 17, 203, 204 (+3)" or "choked by all 3 neighbors for 40 s".
std::string describe(const Stuck& stuck, Instant now, const PieceWords& words = {});

/// Why the time-out came first: what is missing, and `stuck`, the reason where there is one.
std::string describe_timeout(const Standing& standing, const std::optional<Stuck>& stuck, Instant now, const PieceWords& words = {});

}  // namespace p2p
