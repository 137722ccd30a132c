// peerProcess ls: what all nodes of a network offer.
#pragma once

#include <iosfwd>

#include "peer/ground/exit_code.hpp"
#include "peer/commands/share_options.hpp"

namespace p2p {

/// Prints a table, or a JSON array, to `out`: name, bytes, content id, holders. Throws ExitError (network, usage).
ExitCode list_shared(const LsOptions& options, std::ostream& out);

}  // namespace p2p
