#include "peer/net/multicast_socket.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

namespace p2p {
namespace {

using udp = asio::ip::udp;

constexpr std::size_t kMostInterfaces = 64;
constexpr std::size_t kMostBytes = 512;

/// An address of an interface that is up.
struct Place {
  asio::ip::address address;  ///< Of IPv6 a link-local one, with its zone.
  unsigned index = 0;

  friend bool operator<(const Place& a, const Place& b) {
    return std::pair(a.index, a.address) < std::pair(b.index, b.address);
  }
};

std::optional<asio::ip::address> address_of(const sockaddr* from) {
  if (from == nullptr) return std::nullopt;
  if (from->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, from, sizeof v4);
    return asio::ip::make_address_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (from->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6;
  std::memcpy(&v6, from, sizeof v6);
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes, v6.sin6_scope_id);
}

std::set<Place> places(bool loopback_only) {
  std::set<Place> all;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return all;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> held(list, ::freeifaddrs);
  for (const ifaddrs* each = list; each != nullptr && all.size() < kMostInterfaces; each = each->ifa_next) {
    const auto address = address_of(each->ifa_addr);
    const bool is_up = (each->ifa_flags & IFF_UP) != 0 && (each->ifa_flags & IFF_POINTOPOINT) == 0;
    if (!address || !is_up || (loopback_only && !address->is_loopback())) continue;
    if (address->is_v6() && !address->to_v6().is_link_local()) continue;
    all.insert({*address, ::if_nametoindex(each->ifa_name)});
  }
  return all;
}

asio::ip::address without_zone(const asio::ip::address& address) {
  return address.is_v6() ? asio::ip::address(asio::ip::address_v6(address.to_v6().to_bytes())) : address;
}

template <class Value>
void set(udp::socket& socket, int level, int name, const Value& value, std::error_code& error) {
  if (!error && ::setsockopt(socket.native_handle(), level, name, &value, sizeof value) != 0)
    error = {errno, std::system_category()};
}

}  // namespace

struct MulticastSocket::State : std::enable_shared_from_this<MulticastSocket::State> {
  using Socket = std::shared_ptr<udp::socket>;

  State(asio::io_context& context, const MulticastGroup& where, bool only, OnDatagram handler)
      : io(context), group(where), loopback_only(only), on_datagram(std::move(handler)) {}

  udp::endpoint group_at(const Place& place) const;
  Socket open_group(bool v6);
  Socket open_sender(const Place& place);
  void look_at_interfaces();
  void close();
  static asio::awaitable<void> receive(std::weak_ptr<State> weak, Socket socket);

  asio::io_context& io;
  MulticastGroup group;
  bool loopback_only;
  OnDatagram on_datagram;
  Socket group_v4;  ///< Null where it cannot be had, as is the next.
  Socket group_v6;
  std::map<Place, Socket> senders;
};

udp::endpoint MulticastSocket::State::group_at(const Place& place) const {
  if (place.address.is_v4()) return {group.v4, group.port};
  return {asio::ip::address_v6(group.v6.to_bytes(), place.index), group.port};
}

/// Gets what comes to the group on those interfaces that join() named, and not what other processes have joined.
MulticastSocket::State::Socket MulticastSocket::State::open_group(bool v6) {
  const auto socket = std::make_shared<udp::socket>(io);
  std::error_code error;
  socket->open(v6 ? udp::v6() : udp::v4(), error);
  if (!error) socket->set_option(udp::socket::reuse_address(true), error);
  if (!error && v6) socket->set_option(asio::ip::v6_only(true), error);
  constexpr int kOff = 0;
  if (v6)
    set(*socket, IPPROTO_IPV6, IPV6_MULTICAST_ALL, kOff, error);
  else
    set(*socket, IPPROTO_IP, IP_MULTICAST_ALL, kOff, error);
  const auto where = v6 ? asio::ip::address(asio::ip::address_v6::any()) : asio::ip::address(group.v4);
  if (!error) socket->bind({where, group.port}, error);
  if (error) {
    spdlog::info("no multicast of {}: {}", v6 ? "IPv6" : "IPv4", error.message());
    return nullptr;
  }
  spawn(io, receive(weak_from_this(), socket));
  return socket;
}

MulticastSocket::State::Socket MulticastSocket::State::open_sender(const Place& place) {
  const bool v6 = place.address.is_v6();
  const auto socket = std::make_shared<udp::socket>(io);
  std::error_code error;
  socket->open(v6 ? udp::v6() : udp::v4(), error);
  if (!error) socket->bind({place.address, 0}, error);
  if (v6) {
    set(*socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(place.index), error);
  } else {
    ip_mreqn interface {};
    interface.imr_address.s_addr = htonl(place.address.to_v4().to_uint());
    interface.imr_ifindex = static_cast<int>(place.index);
    set(*socket, IPPROTO_IP, IP_MULTICAST_IF, interface, error);
  }
  if (error) {
    spdlog::info("no multicast from {}: {}", place.address.to_string(), error.message());
    return nullptr;
  }
  spawn(io, receive(weak_from_this(), socket));
  return socket;
}

void MulticastSocket::State::look_at_interfaces() {
  const std::set<Place> now = places(loopback_only);
  std::erase_if(senders, [&](const auto& each) {
    const bool is_gone = !now.contains(each.first);
    if (is_gone) each.second->close();
    return is_gone;
  });
  for (const Place& place : now) {
    const bool v6 = place.address.is_v6();
    Socket& receiver = v6 ? group_v6 : group_v4;
    if (senders.contains(place)) continue;
    if (!receiver) receiver = open_group(v6);
    const Socket sender = receiver ? open_sender(place) : nullptr;
    if (!sender) continue;
    // One address of an interface has joined for all of them, and one that has gone and come has joined before: both
    // say so.
    std::error_code joined_already;
    if (v6) {
      ipv6_mreq membership{};
      std::memcpy(&membership.ipv6mr_multiaddr, group.v6.to_bytes().data(), sizeof membership.ipv6mr_multiaddr);
      membership.ipv6mr_interface = place.index;
      set(*receiver, IPPROTO_IPV6, IPV6_JOIN_GROUP, membership, joined_already);
    } else {
      ip_mreqn membership{};
      membership.imr_multiaddr.s_addr = htonl(group.v4.to_uint());
      membership.imr_address.s_addr = htonl(place.address.to_v4().to_uint());
      membership.imr_ifindex = static_cast<int>(place.index);
      set(*receiver, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership, joined_already);
    }
    senders.emplace(place, sender);
  }
}

void MulticastSocket::State::close() {
  on_datagram = nullptr;
  for (const Socket& socket : {group_v4, group_v6})
    if (socket) socket->close();
  for (const auto& [place, socket] : senders) socket->close();
}

asio::awaitable<void> MulticastSocket::State::receive(std::weak_ptr<State> weak, Socket socket) {
  std::array<std::byte, kMostBytes> bytes{};
  while (socket->is_open()) {
    udp::endpoint from;
    const auto [error, count] = co_await socket->async_receive_from(asio::buffer(bytes), from, use_result);
    const auto state = weak.lock();
    if (!state || !state->on_datagram || error == asio::error::operation_aborted) co_return;
    // Else it is about one datagram, such as an answer that reached nobody.
    if (error) continue;
    const Reply reply = [socket, from](std::span<const std::byte> answer) {
      std::error_code not_sent;
      socket->send_to(asio::buffer(answer.data(), answer.size()), from, 0, not_sent);
    };
    state->on_datagram(std::span(bytes).first(count), without_zone(from.address()), reply);
  }
}

MulticastSocket::MulticastSocket(asio::io_context& io, const MulticastGroup& group, bool loopback_only,
                                 OnDatagram on_datagram)
    : state_(std::make_shared<State>(io, group, loopback_only, std::move(on_datagram))) {
  state_->look_at_interfaces();
}

MulticastSocket::~MulticastSocket() { state_->close(); }

void MulticastSocket::send(std::span<const std::byte> bytes) {
  state_->look_at_interfaces();
  for (const auto& [place, socket] : state_->senders) {
    std::error_code not_sent;
    socket->send_to(asio::buffer(bytes.data(), bytes.size()), state_->group_at(place), 0, not_sent);
    if (not_sent) spdlog::debug("nothing sent from {}: {}", place.address.to_string(), not_sent.message());
  }
}

}  // namespace p2p
