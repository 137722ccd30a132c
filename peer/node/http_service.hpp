// What serves contents by HTTP, when its user wants it.
#pragma once

#include <optional>
#include <string>

#include "peer/http/content_server.hpp"

namespace p2p {

class HttpService {
 public:
  /// Says on stderr where contents are served. `host` outlives this; `is_private`: its network is. Throws ExitError as
  /// ContentServer.
  HttpService(ContentHost& host, HttpOptions options, bool is_private);

  /// As ContentServer::url(). Precondition: the options had a place.
  const std::string& url() const { return server_->url(); }

 private:
  std::optional<ContentServer> server_;
};

}  // namespace p2p
