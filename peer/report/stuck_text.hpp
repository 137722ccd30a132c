// The words for a swarm that stands still.
#pragma once

#include <functional>
#include <string>

#include "peer/report/piece_words.hpp"
#include "protocol/swarm/stuck.hpp"

namespace p2p {

/// Where a peer is dialled, such as "alpha.example.org:6001".
using PeerAddress = std::function<std::string(PeerId)>;

/// Such as "no live peer holds pieces 17, 203, 204 (+3)" or "choked by all 3 neighbors for 40 s". Of peers that are not
/// linked it says why our dials fail, also where the others are to dial us. `where`: may be null.
std::string describe(const Stuck& stuck, Instant now, const PieceWords& words = {}, const PeerAddress& where = {});

/// Why the time-out came first: what is missing, and `stuck`, the reason where there is one.
std::string describe_timeout(const Standing& standing, const std::optional<Stuck>& stuck, Instant now,
                             const PieceWords& words = {}, const PeerAddress& where = {});

}  // namespace p2p
