// The module with OpenDHT: a file beside the program or, installed, in ../lib/peerProcess/ as seen from there. It is
// loaded when a DHT is wanted, so that a process without one has nothing of it and a system without OpenDHT has all the
// rest.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "peer/discovery/dht_node.hpp"

namespace p2p {

/// Whether the file is there. Loads nothing.
bool has_dht_module();

/// Loads it, once, and gives a sentence without its stop that says why there is no DHT and what to do; empty: there is
/// one.
std::string no_dht();

/// Precondition: no_dht() is empty. See OpenDhtNode.
std::unique_ptr<DhtNode> open_dht_node(asio::io_context& io, const DhtNodeOptions& options,
                                       const std::function<void(bool connected)>& on_connected);

}  // namespace p2p
