// Connects to a peer by host and port. When to dial again is the swarm's decision.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

#include "peer/net/asio.hpp"
#include "peer/net/stream.hpp"

namespace p2p {

/// Why a dial did not end in a connection.
struct DialFailure {
  enum class Kind {
    not_resolved,  ///< Nothing is known under the host's name.
    refused,       ///< The machine is there, and nobody listens on the port.
    timed_out,     ///< Nothing came back: a machine that is off, or a firewall.
    no_route,      ///< A network says that it does not lead there.
    other,         ///< Something on this machine, such as no descriptor left.
  };
  Kind kind = Kind::other;
  std::string text;  ///< Words for a person, host and port among them: "10.5.0.1 port 6001 refuses the connection".
  std::vector<asio::ip::address> tried{};  ///< All that the host has; none when it was not resolved.

  friend bool operator==(const DialFailure&, const DialFailure&) = default;
};

/// What an error of the resolver or of connect() means.
DialFailure describe_failure(const std::string& host, std::uint16_t port, const std::error_code& error);

/// Tries every address of `host` in the resolver's order, each for about 7 s at most. Calls exactly one of the two,
/// from the io_context. Of a host with several addresses the failure is the one that says most.
void dial(asio::io_context& io, std::string host, std::uint16_t port, std::function<void(StreamPtr)> on_connected,
          std::function<void(const DialFailure& failure)> on_failed);

}  // namespace p2p
