#include "peer/discovery/make_discovery.hpp"

#include <algorithm>

#include "peer/discovery/address.hpp"

namespace p2p {

bool is_loopback_only(const DiscoveryOptions& options) {
  if (options.self) return is_loopback(options.self->host);
  return std::ranges::all_of(options.join, [](const Rendezvous& rendezvous) { return is_loopback(rendezvous.host); });
}

std::unique_ptr<MemberDiscovery> make_discovery(asio::io_context& io, const DiscoveryOptions& options) {
  return std::make_unique<MemberDiscovery>(io, options, options.dht && options.self ? make_dht(io, options) : nullptr);
}

}  // namespace p2p
