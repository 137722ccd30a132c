// A process as one of a network's: the ID that it shows, and in a private network the key that it proves, and whom it
// lets in.
//
// Everything on the network thread.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "peer/discovery/address.hpp"
#include "peer/discovery/discovery.hpp"
#include "peer/net/asio.hpp"
#include "peer/net/tls_keys.hpp"
#include "peer/node/get_options.hpp"
#include "peer/node/life.hpp"
#include "protocol/ids.hpp"

namespace p2p {

/// How one who only looks for something takes part in finding.
inline DiscoveryOptions visitor(const NetworkOptions& options, PeerId self, const std::vector<Address>& join) {
  return {.network = options.network,
          .visitor = self,
          .join = to_rendezvous(join),
          .multicast = options.multicast,
          .dht = options.dht};
}

class Membership {
 public:
  /// In a private network: has every connection of the process sealed from now on, with the key of --key or one that is
  /// made for this process; keeps its memory from others; reads --allow, and reads it again at each SIGHUP, whereupon
  /// connections with those that are not in it any more end. A list that is wrong then is named, and the one before
  /// goes on to hold. `io` and `life` outlive it. Throws ExitError: usage for a key or a list in an open network, what
  /// PrivateKey::read() throws; ConfigError.
  Membership(asio::io_context& io, Life& life, const NetworkOptions& options);
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  /// The ID of this process.
  PeerId self() const { return self_; }

 private:
  void allow_again();

  std::filesystem::path allow_;
  std::shared_ptr<TlsKeys> keys_;
  PeerId self_;
};

}  // namespace p2p
