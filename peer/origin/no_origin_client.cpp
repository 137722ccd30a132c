// Where the build has no libcurl.
#include <stdexcept>

#include "peer/origin/origin_client.hpp"

namespace p2p {

class OriginClient::Worker {};

OriginClient::OriginClient(asio::io_context&, OriginUrl, Options) : url_("http://none") {
  throw std::runtime_error("this build has no origins, because libcurl's headers were not there");
}
OriginClient::~OriginClient() = default;
void OriginClient::ask(const std::string&, OnVersion) {}
OriginClient::Id OriginClient::fetch(Range, Hooks) { return 0; }
void OriginClient::stop(Id) {}

}  // namespace p2p
