// The options that share, get and ls have in common.
#pragma once

#include <string>

#include "peer/node/get_options.hpp"

namespace CLI {
class App;
}

namespace p2p {

/// --join, --network, --progress and --log-level. `options` outlives `app`.
void add_network_options(CLI::App& app, NetworkOptions& options);

/// The first lines of a command's help: its purpose, and what this build lacks.
std::string with_build_note(std::string purpose);

}  // namespace p2p
