// Which discovery a process has.
#pragma once

#include <memory>

#include "peer/discovery/member_discovery.hpp"

namespace p2p {

/// By members, and for a node with `options.dht` by a DHT as well: visitors do not join it, they have nodes look there.
/// Throws ExitError as make_dht() does.
std::unique_ptr<MemberDiscovery> make_discovery(asio::io_context& io, const DiscoveryOptions& options);

}  // namespace p2p
