#include "peer/discovery/join.hpp"

#include <algorithm>
#include <set>

#include "peer/discovery/cluster.hpp"
#include "peer/discovery/own_hosts.hpp"

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

std::string nobody_answers(const std::vector<Address>& asked, const std::map<Address, DialFailure>& failures) {
  std::set<std::string> reasons;
  for (const auto& [address, failure] : failures) reasons.insert(failure.text);
  std::string why;
  for (const std::string& reason : reasons) why += (why.empty() ? " (" : "; ") + reason;
  if (!why.empty()) why += ")";
  return "no node answers at " + to_string(asked) + why + "; say where with --join HOST[:PORT]";
}

bool is_final(const std::vector<Address>& asked, const std::map<Address, DialFailure>& failures) {
  return std::ranges::all_of(asked, [&](const Address& address) {
    const auto failed = failures.find(address);
    return failed != failures.end() && (failed->second.kind == DialFailure::Kind::not_resolved ||
                                        failed->second.kind == DialFailure::Kind::refused);
  });
}

}  // namespace p2p
