// --check: validates everything that can be validated without a connection, and says what would happen.
#pragma once

#include <iosfwd>

#include "peer/setup.hpp"

namespace p2p {

/// Prints the plan and warnings. Throws ExitError when the peer's folder does not fit the configuration.
void check(const Setup& setup, std::ostream& out);

}  // namespace p2p
