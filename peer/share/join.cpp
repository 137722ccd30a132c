#include "peer/share/join.hpp"

#include <set>

#include "peer/share/cluster.hpp"

namespace p2p {

std::vector<Address> addresses_to_join(const std::vector<Address>& given) {
  if (!given.empty()) return given;
  std::set<Address> addresses;
  for (const Cluster& cluster : find_clusters("."))
    for (const config::ClusterEntry& entry : cluster.entries) addresses.insert({entry.host, entry.port});
  if (!addresses.empty()) return {addresses.begin(), addresses.end()};
  // By the address that it shows to others, too: a client that joins by the loopback alone can reach nothing else.
  addresses.insert({"localhost", kUsualPort});
  if (const std::string host = primary_host(); !is_loopback(host)) addresses.insert({host, kUsualPort});
  return {addresses.begin(), addresses.end()};
}

}  // namespace p2p
