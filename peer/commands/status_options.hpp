// The options by which whatever runs can be watched: --status, --status-token, --json-events.
#pragma once

#include "peer/status/status_place.hpp"

namespace CLI {
class App;
}

namespace p2p {

/// `options` outlives `app`.
void add_status_options(CLI::App& app, StatusOptions& options);

/// Throws CLI::ValidationError for what does not go together. `json`: the command prints objects of its own on stdout.
void check_status_options(const StatusOptions& options, bool json);

}  // namespace p2p
