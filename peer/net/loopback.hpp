// Options for sockets whose bytes never leave this machine.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <asio/ip/address.hpp>
#include <string_view>

namespace p2p {

/// Loss-based congestion control for a socket whose address is the loopback: a pacing one (BBR, the default of some
/// systems) costs CPU there, and paces where nothing queues (docs/BENCHMARKS.md). Everywhere else the choice is the
/// system's. To be called before connect() or listen(): a socket that was paced once stays so. What is accepted
/// inherits it. Best effort: a system without it goes on with its own.
inline void tune_for_loopback(int descriptor, const asio::ip::address& address) {
  constexpr std::string_view kLossBased = "cubic";
  if (address.is_loopback())
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, kLossBased.data(), kLossBased.size());
}

}  // namespace p2p
