#include "peer/net/sealing.hpp"

#include <utility>

#include "peer/net/tcp_stream.hpp"
#include "peer/net/tls_stream.hpp"

namespace p2p {

StreamPtr Sealing::accepted(tcp::socket socket) {
  if (!keys_) return std::make_unique<TcpStream>(std::move(socket));
  return std::make_unique<TlsStream>(std::move(socket), keys_, TlsStream::End::accepted);
}

StreamPtr Sealing::dialed(tcp::socket socket, const std::optional<config::Fingerprint>& expected) {
  if (!keys_) return std::make_unique<TcpStream>(std::move(socket));
  return std::make_unique<TlsStream>(std::move(socket), keys_, TlsStream::End::dialed, expected);
}

}  // namespace p2p
