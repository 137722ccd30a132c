// Connects to a peer by host and port. When to dial again is the swarm's decision.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "config/fingerprint.hpp"
#include "peer/net/asio.hpp"
#include "peer/net/dial_failure.hpp"
#include "peer/net/stream.hpp"

namespace p2p {

/// Tries every address of `host` in the resolver's order, each for about 7 s at most, and 10 s more for the handshake
/// of a sealed connection (sealing.hpp). Calls exactly one of the two, from the io_context; the stream is established.
/// Of a host with several addresses the failure is the one that says most. `expected`: in a listed swarm with keys, the
/// one of the peer that is to be there.
void dial(asio::io_context& io, std::string host, std::uint16_t port, std::function<void(StreamPtr)> on_connected,
          std::function<void(const DialFailure& failure)> on_failed, std::optional<config::Fingerprint> expected = {});

}  // namespace p2p
