// A place to serve at by HTTP, as a user says it.
#pragma once

#include <string>

#include "peer/ground/http_place.hpp"

namespace p2p {

/// PORT of the loopback, HOST:PORT or unix:PATH. Throws CLI::ValidationError, which names `option`.
HttpPlace parse_place(const std::string& option, const std::string& word);

}  // namespace p2p
