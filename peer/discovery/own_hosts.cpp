#include "peer/discovery/own_hosts.hpp"

#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>
#include <asio.hpp>
#include <memory>
#include <optional>

namespace p2p {
namespace {

using udp = asio::ip::udp;

std::optional<asio::ip::address> address_of(const sockaddr* raw) {
  if (!raw) return std::nullopt;
  if (raw->sa_family == AF_INET)
    return asio::ip::address_v4(ntohl(reinterpret_cast<const sockaddr_in*>(raw)->sin_addr.s_addr));
  if (raw->sa_family != AF_INET6) return std::nullopt;
  asio::ip::address_v6::bytes_type bytes;
  std::ranges::copy(reinterpret_cast<const sockaddr_in6*>(raw)->sin6_addr.s6_addr, bytes.begin());
  return asio::ip::address_v6(bytes);
}

OwnHost described(const asio::ip::address& address) {
  const bool v4_link_local = address.is_v4() && (address.to_v4().to_uint() >> 16) == 0xa9fe;  // RFC 3927
  return {.host = address.to_string(),
          .is_loopback = address.is_loopback(),
          .is_link_local = v4_link_local || (address.is_v6() && address.to_v6().is_link_local()),
          .is_v6 = address.is_v6()};
}

/// The address that the system would send from; nothing is sent.
std::optional<std::string> source_towards(const udp::endpoint& target) {
  asio::io_context io;
  udp::socket socket(io);
  std::error_code error;
  socket.open(target.protocol(), error);
  if (!error) socket.connect(target, error);
  if (error) return std::nullopt;
  auto local = socket.local_endpoint(error).address();
  if (error || local.is_unspecified() || local.is_loopback()) return std::nullopt;
  if (local.is_v6()) local = asio::ip::address_v6(local.to_v6().to_bytes());  // without a zone
  return local.to_string();
}

std::optional<std::string> source_towards(const Address& address) {
  asio::io_context io;
  udp::resolver resolver(io);
  std::error_code error;
  for (const auto& result : resolver.resolve(address.host, std::to_string(address.port), error))
    if (auto host = source_towards(result.endpoint())) return host;
  return std::nullopt;
}

}  // namespace

std::vector<std::string> in_order(std::vector<OwnHost> hosts) {
  std::erase_if(hosts, &OwnHost::is_loopback);
  std::ranges::stable_sort(hosts, {}, [](const OwnHost& each) { return std::pair(each.is_link_local, each.is_v6); });
  std::vector<std::string> all;
  for (const OwnHost& each : hosts)
    if (std::ranges::find(all, each.host) == all.end()) all.push_back(each.host);
  return all;
}

std::vector<std::string> own_hosts() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> held(list, ::freeifaddrs);
  std::vector<OwnHost> hosts;
  constexpr unsigned kUsable = IFF_UP | IFF_RUNNING;
  for (const ifaddrs* each = list; each; each = each->ifa_next)
    if (const auto address = address_of(each->ifa_addr); address && (each->ifa_flags & kUsable) == kUsable)
      hosts.push_back(described(*address));
  return in_order(std::move(hosts));
}

std::string primary_host(const std::vector<Address>& join) {
  for (const Address& address : join)
    if (!is_loopback(address.host))
      if (auto host = source_towards(address)) return *host;
  // Addresses for documentation (RFC 5737, RFC 3849): they are nobody's, and routed as the rest of the world is.
  for (const char* const target : {"192.0.2.1", "2001:db8::1"})
    if (auto host = source_towards(udp::endpoint(asio::ip::make_address(target), 9))) return *host;
  const std::vector<std::string> own = own_hosts();
  return own.empty() ? "127.0.0.1" : own.front();
}

}  // namespace p2p
