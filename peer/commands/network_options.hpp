// The options that share, get and ls have in common.
#pragma once

#include "peer/node/get_options.hpp"

namespace CLI {
class App;
}

namespace p2p {

/// --join, --network, --network-key, --no-multicast, --dht, --progress and --log-level. `options` outlives `app`, whose
/// parsing also throws what read_network() does.
void add_network_options(CLI::App& app, NetworkOptions& options);

}  // namespace p2p
