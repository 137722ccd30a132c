// Through whom `get` and `ls` look for others.
#pragma once

#include <vector>

#include "peer/share/address.hpp"

namespace p2p {

/// What --join says; without it, all entries of the cluster folders in the working directory; without these, port 5000 of
/// this machine. Never empty.
std::vector<Address> addresses_to_join(const std::vector<Address>& given);

}  // namespace p2p
