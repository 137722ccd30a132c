// The options that share, get and ls have in common.
#pragma once

#include "peer/node/get_options.hpp"

namespace CLI {
class App;
}

namespace p2p {

/// --join, --network, --no-multicast, --dht, --progress and --log-level. `options` outlives `app`.
void add_network_options(CLI::App& app, NetworkOptions& options);

}  // namespace p2p
