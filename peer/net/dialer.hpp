// Connects to a peer by host and port. When to dial again is the swarm's decision.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "peer/net/asio.hpp"
#include "peer/net/dial_failure.hpp"
#include "peer/net/stream.hpp"

namespace p2p {

/// Tries every address of `host` in the resolver's order, each for about 7 s at most. Calls exactly one of the two,
/// from the io_context. Of a host with several addresses the failure is the one that says most.
void dial(asio::io_context& io, std::string host, std::uint16_t port, std::function<void(StreamPtr)> on_connected,
          std::function<void(const DialFailure& failure)> on_failed);

}  // namespace p2p
