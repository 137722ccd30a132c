// Accepts connections on the peer's own port.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>

#include "peer/net/asio.hpp"
#include "peer/net/stream.hpp"

namespace p2p {

class Sealing;

/// Listens on every interface, except when the peer's own host in PeerInfo.cfg is the loopback (`localhost`,
/// 127.0.0.0/8, ::1): then only there, so that a swarm on one machine is not reachable from others.
class Listener {
 public:
  /// `port` 0: one that is free, the same everywhere. Throws ExitError: port_in_use, or network for what else goes
  /// wrong.
  Listener(asio::io_context& io, const std::string& own_host, std::uint16_t port);

  /// Calls `on_stream` for each connection, which is not established yet (sealing.hpp). No error of an accept ends the
  /// listener: when no descriptors or memory are left, `make_room` is called, and the next connection is accepted at
  /// once if that made any, else a while later. Where others than this machine can come in and nothing is sealed, a
  /// warning says so.
  void start(std::function<void(StreamPtr)> on_stream, std::function<bool()> make_room);
  void stop();
  std::uint16_t port() const;

 private:
  struct Socket {
    explicit Socket(asio::io_context& io) : acceptor(io), retry(io) {}
    tcp::acceptor acceptor;
    asio::steady_timer retry;
  };

  void listen_on(const std::string& own_host, std::uint16_t port);
  static asio::awaitable<void> accept_loop(Socket& socket, Sealing& sealing, std::function<void(StreamPtr)> on_stream,
                                           std::function<bool()> make_room);

  asio::io_context& io_;
  std::list<Socket> sockets_;
};

}  // namespace p2p
