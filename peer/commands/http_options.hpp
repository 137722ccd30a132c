// The options by which what the network has is served by HTTP: --http, --http-token, --http-cert, --http-key,
// --http-name.
#pragma once

#include "peer/http/http_options.hpp"

namespace CLI {
class App;
}

namespace p2p {

/// `options` outlives `app`.
void add_http_options(CLI::App& app, HttpOptions& options);

/// Throws CLI::ValidationError for what does not go together.
void check_http_options(const HttpOptions& options);

}  // namespace p2p
