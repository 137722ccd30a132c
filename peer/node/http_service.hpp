// What serves contents by HTTP, when its user wants it.
#pragma once

#include <optional>

#include "peer/http/content_server.hpp"

namespace p2p {

class HttpService {
 public:
  /// Says on stderr where contents are served. `host` outlives this; `is_private`: its network is. Throws ExitError as
  /// ContentServer.
  HttpService(ContentHost& host, HttpOptions options, bool is_private);

 private:
  std::optional<ContentServer> server_;
};

}  // namespace p2p
