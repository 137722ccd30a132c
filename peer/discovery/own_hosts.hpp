// Where this machine is for others: the addresses of its interfaces, and which of them is told.
#pragma once

#include <string>
#include <vector>

#include "peer/discovery/address.hpp"

namespace p2p {

/// An interface's address and what the choice goes by.
struct OwnHost {
  std::string host;
  bool is_loopback = false;
  bool is_link_local = false;  ///< Reaches as far as one network.
  bool is_v6 = false;

  friend bool operator==(const OwnHost&, const OwnHost&) = default;
};

/// All addresses of interfaces that are up and have a carrier, without those of the loopback, in the order of
/// choose_host(). A link-local IPv6 address has no zone: a zone's name means nothing on another machine, and who dials
/// tries his own.
std::vector<std::string> own_hosts();

/// Puts those that reach further first, and IPv4 before IPv6; leaves out the loopback's.
std::vector<std::string> in_order(std::vector<OwnHost> hosts);

/// Under which address others reach this machine: the one that it sends from to the first of `join` that leads
/// anywhere, else the one that it sends from to the rest of the world, else the first of own_hosts(); the loopback's
/// when it is alone. Resolves the names in `join`, and waits for that.
std::string primary_host(const std::vector<Address>& join = {});

}  // namespace p2p
