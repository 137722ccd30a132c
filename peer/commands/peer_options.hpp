// The options of every peer that is listed in PeerInfo.cfg, whatever it exchanges.
#pragma once

#include "peer/node/run_options.hpp"

namespace CLI {
class App;
}

namespace p2p {

/// Adds them, --dir left out.
void add_run_options(CLI::App& app, RunOptions& options);
/// Some of these options do not go together. Throws CLI::ValidationError.
void check_run_options(const RunOptions& options);

}  // namespace p2p
