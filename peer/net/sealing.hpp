// Whether the connections of this process are sealed, and with which keys. It lives where everything else that they
// share does, in the one io_context of the process: asio::use_service<Sealing>(io).
//
// Everything on the network thread.
#pragma once

#include <memory>
#include <optional>

#include "config/fingerprint.hpp"
#include "peer/net/asio.hpp"
#include "peer/net/stream.hpp"
#include "peer/net/tls_keys.hpp"

namespace p2p {

class Sealing final : public asio::execution_context::service {
 public:
  using key_type = Sealing;
  static inline asio::execution_context::id id;

  explicit Sealing(asio::execution_context& context) : service(context) {}

  /// From now on every connection is sealed. To be called before there are any.
  void set(std::shared_ptr<TlsKeys> keys) { keys_ = std::move(keys); }

  /// Streams of these connected sockets, not established yet. `expected`: as TlsStream.
  StreamPtr accepted(tcp::socket socket);
  StreamPtr dialed(tcp::socket socket, const std::optional<config::Fingerprint>& expected);

  /// Null on plain connections.
  TlsKeys* keys() { return keys_.get(); }

 private:
  void shutdown() override { keys_.reset(); }

  std::shared_ptr<TlsKeys> keys_;
};

}  // namespace p2p
