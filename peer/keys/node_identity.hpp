// Who a node of a private network is: its key, and the ID that follows from it (docs/PROTOCOL.md, "Private networks").
//
// An ID has 31 bits, so it is no proof of anything by itself: convictions, limits and quorums go by the key. But nobody
// shows an ID that does not follow from his key, so a node cannot be copied.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "peer/keys/private_key.hpp"
#include "protocol/proof.hpp"

namespace p2p {

class NodeIdentity {
 public:
  /// Key, salt and signature.
  static constexpr std::size_t kProofBytes = 32 + 16 + 64;

  /// Of a process; processes with one key have IDs of their own.
  explicit NodeIdentity(PrivateKey key);

  PeerId id() const { return id_; }
  config::Fingerprint fingerprint() const { return key_.fingerprint(); }

  /// Shows the key, and signs what is of this channel and of this end of it alone. `exporter`: the same at both ends of
  /// a channel, and of no other (RFC 8446, section 7.5).
  std::vector<std::byte> prove(std::span<const std::byte> exporter, bool as_server) const;
  /// The other end's proof; `as_server` says which end that is. Empty when it is none.
  static std::optional<Proof> check(std::span<const std::byte> proof, std::span<const std::byte> exporter,
                                    bool as_server);

 private:
  using Salt = std::array<std::byte, 16>;

  static PeerId id_of(const PublicKey& key, const Salt& salt);

  PrivateKey key_;
  Salt salt_{};
  PeerId id_;
};

}  // namespace p2p
