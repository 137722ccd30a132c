// In the place of opendht_discovery.cpp in a build without OpenDHT.
#include "peer/discovery/discovery.hpp"
#include "peer/exit_code.hpp"

namespace p2p {

bool has_discovery() { return false; }

std::unique_ptr<Discovery> make_discovery(asio::io_context&, DiscoveryOptions) {
  throw ExitError(ExitCode::usage, "this build cannot find other nodes: it was made without OpenDHT; install libopendht-dev, then build again");
}

}  // namespace p2p
