// In the place of make_discovery.cpp in a build without OpenDHT.
#include "peer/discovery/discovery.hpp"
#include "peer/ground/exit_code.hpp"

namespace p2p {

std::string_view no_discovery() {
  return "this build cannot find other nodes, so share, ls and get do not work: it was made without OpenDHT, which "
         "Debian 12 and "
         "Ubuntu 24.04 have as libopendht-dev and Debian 13 does not have; install it, then build again";
}

std::unique_ptr<Discovery> make_discovery(asio::io_context&, DiscoveryOptions) {
  throw ExitError(ExitCode::usage, std::string(no_discovery()));
}

}  // namespace p2p
