// Who may be at the other end of our connections: the keys of a listed swarm, or those of a private network, made ready
// for TLS 1.3 (RFC 8446). docs/PROTOCOL.md, "TLS", has what goes over the wire.
//
// Listed: both ends show a self-signed certificate of which only the key counts, and each checks it against the line of
// PeerInfo.cfg. Private network: both ends have the network's secret as an external PSK, with a fresh key exchange, so
// that who learns the secret later cannot read what was sent; inside of the channel each then signs with its own key.
// There is no resumption, no early data, no renegotiation, and no other version than 1.3.
//
// May be shared by several connections. Everything on the network thread.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "config/fingerprint.hpp"
#include "peer/keys/network.hpp"
#include "peer/keys/node_identity.hpp"
#include "peer/keys/private_key.hpp"
#include "protocol/proof.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX and SSL
struct ssl_st;

namespace p2p {

class TlsStream;

class TlsKeys {
 public:
  /// Of a listed swarm: the keys of all lines, ours among them. Precondition: no key stands twice.
  TlsKeys(const PrivateKey& own, std::map<config::Fingerprint, PeerId> listed);
  /// Of a private network. Precondition: network.is_private().
  TlsKeys(Network network, NodeIdentity own);
  ~TlsKeys();
  TlsKeys(const TlsKeys&) = delete;
  TlsKeys& operator=(const TlsKeys&) = delete;

  /// Of a listed swarm: these are the keys of all lines from now on. Connections of others end now, and so do those on
  /// which somebody has proven a key that is another peer's now. Precondition: as of the constructor.
  void relist(std::map<config::Fingerprint, PeerId> listed);
  /// Of a private network: from now on only these are let in, and we. Connections of others end now.
  void allow(std::set<config::Fingerprint> keys);
  bool allows(const config::Fingerprint& key) const;

  /// Whether both ends prove their keys inside of the channel: in a private network.
  bool proves_inside() const { return own_.has_value(); }
  /// Precondition of both: proves_inside().
  std::vector<std::byte> prove(ssl_st* connection, bool as_server) const;
  /// Empty: it is none. `as_server`: of the end that has sent it.
  std::optional<Proof> check_proof(ssl_st* connection, bool as_server, std::span<const std::byte> proof) const;
  static constexpr std::size_t kProofBytes = NodeIdentity::kProofBytes;

  /// Of a listed swarm, behind the handshake: whose key it is.
  std::optional<Proof> listed_peer(ssl_st* connection) const;

  /// A connection before its handshake, to be freed with SSL_free(). This outlives it.
  ssl_st* new_connection(bool as_server) const;

  /// For connections: that they are there, so that they can be cut off.
  void add(TlsStream& stream) { streams_.insert(&stream); }
  void remove(TlsStream& stream) { streams_.erase(&stream); }

  /// For bytes that are being sealed, of the size of whoever had it before. Given back it serves the next connection:
  /// so those that send nothing hold none.
  std::vector<std::byte> take_buffer();
  void give_back(std::vector<std::byte> buffer);

  // --- for the callbacks of OpenSSL --------------------------------------------------------------------------------
  const std::map<config::Fingerprint, PeerId>& listed() const { return listed_; }
  const std::optional<Network>& network() const { return network_; }

 private:
  ssl_ctx_st* new_context(bool as_server) const;

  std::map<config::Fingerprint, PeerId> listed_;
  std::optional<Network> network_;
  std::optional<NodeIdentity> own_;
  std::optional<std::set<config::Fingerprint>> allowed_;
  std::set<TlsStream*> streams_;
  std::vector<std::vector<std::byte>> buffers_;
  ssl_ctx_st* server_ = nullptr;
  ssl_ctx_st* client_ = nullptr;
};

}  // namespace p2p
