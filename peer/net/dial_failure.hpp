// Why nobody could be reached, for whoever decides what to do next. No Asio here.
#pragma once

#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "protocol/origin.hpp"

namespace p2p {

/// Why a dial did not end in a connection.
struct DialFailure {
  enum class Kind {
    not_resolved,  ///< Nothing is known under the host's name.
    refused,       ///< The machine is there, and nobody listens on the port.
    timed_out,     ///< Nothing came back: a machine that is off, or a firewall.
    no_route,      ///< A network says that it does not lead there.
    unsealed,      ///< Somebody is there, and no TLS connection comes of it: keys differ, or it has none.
    other,         ///< Something on this machine, such as no descriptor left.
  };
  Kind kind = Kind::other;
  std::string text;  ///< Words for a person, host and port among them: "10.5.0.1 port 6001 refuses the connection".
  std::vector<Origin> tried{};  ///< All that the host has; none when it was not resolved.

  friend bool operator==(const DialFailure&, const DialFailure&) = default;
};

/// How an error of the resolver or of connect() is to be understood.
DialFailure describe_failure(const std::string& host, std::uint16_t port, const std::error_code& error);

}  // namespace p2p
