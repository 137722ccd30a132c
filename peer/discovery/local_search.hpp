// Finding nodes on one link, or on this machine, without being told of any: by multicast (docs/PROTOCOL.md, "On one
// link").
//
// A node says where it is at its start and every half minute, and answers those who ask. What is heard is a hint:
// whoever takes it asks that address before he believes anything. Everything on the network thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "peer/discovery/beacons.hpp"
#include "peer/keys/network.hpp"
#include "peer/net/asio.hpp"
#include "peer/net/multicast_socket.hpp"

namespace p2p {

class LocalSearch {
 public:
  /// Its own: no other program's.
  static constexpr std::uint16_t kPort = 5077;
  static constexpr std::chrono::seconds kInterval{30};

  struct Self {
    PeerId peer;
    std::uint16_t port = 0;
  };

  /// `self`: empty for one who only asks. `on_node`: an address, by its own word; again and again, and never after the
  /// end of this.
  LocalSearch(asio::io_context& io, const Network& network, std::optional<Self> self, bool loopback_only,
              std::function<void(const asio::ip::address& ip, std::uint16_t port)> on_node);

  /// One who only asked is a node from now on.
  void show(const Self& self);
  /// Asks all who are there.
  void ask();

 private:
  void tell();
  void take(std::span<const std::byte> bytes, const asio::ip::address& from, const MulticastSocket::Reply& reply);
  std::vector<std::byte> here() const { return beacons_.here_i_am(self_->port, self_->peer); }

  Beacons beacons_;
  std::optional<Self> self_;
  std::function<void(const asio::ip::address& ip, std::uint16_t port)> on_node_;
  asio::steady_timer timer_;
  MulticastSocket socket_;
};

}  // namespace p2p
