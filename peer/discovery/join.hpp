// Through whom `get` and `ls` look for others.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "peer/discovery/address.hpp"
#include "peer/net/dial_failure.hpp"

namespace p2p {

/// What --join says; without it, all entries of the cluster folders in the working directory; without these, port 5000
/// of this machine. Never empty.
std::vector<Address> addresses_to_join(const std::vector<Address>& given);

/// For who finds no node at all: who was asked, why none of them answers, and what to do.
std::string nobody_answers(const std::vector<Address>& asked, const std::map<Address, DialFailure>& failures);

/// Whether all were asked in vain for a reason that does not go away while one waits.
bool is_final(const std::vector<Address>& asked, const std::map<Address, DialFailure>& failures);

}  // namespace p2p
