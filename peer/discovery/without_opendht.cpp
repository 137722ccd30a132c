// In the place of make_dht.cpp in a build without OpenDHT.
#include "peer/discovery/discovery.hpp"
#include "peer/ground/exit_code.hpp"

namespace p2p {

std::string_view no_dht() {
  return "this build has no DHT: it was made without OpenDHT, which Debian 12 and Ubuntu 24.04 have as libopendht-dev "
         "and Debian 13 does not have; install it and build again, or leave out --dht, which only networks of "
         "thousands of nodes need";
}

std::unique_ptr<Discovery> make_dht(asio::io_context&, DiscoveryOptions) {
  throw ExitError(ExitCode::usage, std::string(no_dht()));
}

}  // namespace p2p
