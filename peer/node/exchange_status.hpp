// An exchange as others may see it: what it adds to a Status.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "peer/node/exchange.hpp"
#include "peer/report/stuck_text.hpp"
#include "peer/status/status.hpp"
#include "protocol/swarm/stuck.hpp"

namespace p2p {

/// O(pieces), where not all are.
std::uint64_t stored_bytes(const Swarm& swarm);

/// Pieces, bytes, and whether all is here. One content's only.
void add_content(Status& status, const Exchange& exchange);

/// Where a neighbor is, by its handle, when no link tells; none: nobody knows.
using PlaceOf = std::function<std::optional<std::string>(PeerId handle)>;

/// The neighbors, and what they make of the swarm. `content`: its name. `place_of` goes before the place of a link; may
/// be null.
void add_neighbors(Status& status, const Exchange& exchange, const std::string& content, const PlaceOf& place_of);

/// Copies of pieces. One content's only.
void add_copies(Status& status, const Exchange& exchange);

/// `text`: describe().
void add_halt(Status& status, const std::optional<Stuck>& stuck, const std::string& text);

/// For what it waits, when nothing comes; none when all is here.
std::optional<Wait> wait_of(const Exchange& exchange);

}  // namespace p2p
