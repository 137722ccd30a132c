// What a user says of serving contents by HTTP. Absent: how it is said (peer/commands/http_options.hpp).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "peer/ground/http_place.hpp"

namespace p2p {

struct HttpOptions {
  std::optional<HttpPlace> place = {};     ///< None: nothing is served.
  std::filesystem::path token = {};        ///< The file with the token; empty: none.
  std::filesystem::path certificate = {};  ///< PEM, with its chain; empty: no TLS.
  std::filesystem::path key = {};          ///< PEM, of the certificate.
  std::vector<std::string> names = {};     ///< More names that requests may call us by, in their Host.
  unsigned most_connections = 1024;        ///< Fewer where the process may not have so many descriptors.
};

}  // namespace p2p
