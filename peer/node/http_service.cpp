#include "peer/node/http_service.hpp"

#include <algorithm>

#include "peer/keys/secret.hpp"
#include "peer/net/descriptors.hpp"
#include "peer/report/terminal.hpp"

namespace p2p {
namespace {

// Half of what there is: the other half is for the swarm, and for the files of both.
constexpr unsigned kShareOfDescriptors = 2;
constexpr unsigned kFewestConnections = 16;

}  // namespace

HttpService::HttpService(ContentHost& host, HttpOptions options, bool is_private) {
  if (!options.place) return;
  if (!options.token.empty() || !options.key.empty()) keep_memory_private();
  options.most_connections = std::clamp(spare_connections(0) / kShareOfDescriptors, kFewestConnections,
                                        std::max(options.most_connections, kFewestConnections));
  server_.emplace(host, options, is_private);
  say("http: " + server_->url());
}

}  // namespace p2p
