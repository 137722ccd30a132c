// --check: validates everything that can be validated without a connection, and says what would happen.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "peer/commands/setup.hpp"

namespace p2p {

/// Of some hosts those that cannot be resolved: unresolved() of net/name_check.hpp.
using NameCheck = std::function<std::vector<std::string>(const std::vector<std::string>& hosts)>;

/// Prints the plan and warnings. Throws ExitError when the peer's folder does not fit the configuration.
void check(const Setup& setup, std::ostream& out, const NameCheck& unresolved);

}  // namespace p2p
