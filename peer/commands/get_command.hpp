// peerProcess get: finds who has a file, fetches it from all of them at once, verifies it, and ends.
#pragma once

#include <iosfwd>

#include "peer/ground/exit_code.hpp"
#include "peer/commands/share_options.hpp"

namespace p2p {

/// Prints content id and path, or a JSON object, to `out` when the file is there. Throws ExitError (network, timeout,
/// content_mismatch, disk_full, io, usage).
ExitCode get_shared(const GetOptions& options, std::ostream& out);

}  // namespace p2p
