// Datagrams to a group on each link that this machine is on, and from it.
//
// A socket an interface's address sends to the group, and gets what is answered to it alone. One socket a family, which
// others on this machine may have as well, gets what comes to the group. Nothing leaves a link: the time to live is 1.
// On the loopback only IPv4 has multicast. No error is anybody's concern: a link without multicast is a link where
// nobody is heard. Everything on the network thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "peer/net/asio.hpp"

namespace p2p {

struct MulticastGroup {
  asio::ip::address_v4 v4;
  asio::ip::address_v6 v6;
  std::uint16_t port = 0;
};

class MulticastSocket {
 public:
  /// Answers whoever sent a datagram, and nobody else.
  using Reply = std::function<void(std::span<const std::byte>)>;
  /// The sender's address has no zone.
  using OnDatagram =
      std::function<void(std::span<const std::byte> bytes, const asio::ip::address& from, const Reply& reply)>;

  /// `loopback_only`: nothing is sent anywhere else, or taken from there.
  MulticastSocket(asio::io_context& io, const MulticastGroup& group, bool loopback_only, OnDatagram on_datagram);
  ~MulticastSocket();
  MulticastSocket(const MulticastSocket&) = delete;
  MulticastSocket& operator=(const MulticastSocket&) = delete;

  /// To the group, on each interface that is up now.
  void send(std::span<const std::byte> bytes);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace p2p
