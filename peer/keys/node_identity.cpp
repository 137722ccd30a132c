#include "peer/keys/node_identity.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "peer/keys/openssl.hpp"
#include "peer/storage/digest.hpp"
#include "protocol/wire/big_endian.hpp"

namespace p2p {
namespace {

void append(std::vector<std::byte>& bytes, std::span<const std::byte> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

void append(std::vector<std::byte>& bytes, std::string_view text) { append(bytes, std::as_bytes(std::span(text))); }

/// What a node signs. The label keeps this signature from being one of anything else that the key may sign.
std::vector<std::byte> signed_bytes(std::span<const std::byte> salt, std::span<const std::byte> exporter,
                                    bool as_server) {
  std::vector<std::byte> bytes;
  append(bytes, as_server ? "peerProcess node proof, accepted\n" : "peerProcess node proof, dialled\n");
  append(bytes, salt);
  append(bytes, exporter);
  return bytes;
}

}  // namespace

NodeIdentity::NodeIdentity(PrivateKey key) : key_(std::move(key)) {
  do {
    fill_randomly(salt_);
    id_ = id_of(key_.public_key(), salt_);
  } while (id_.value == 0);
}

PeerId NodeIdentity::id_of(const PublicKey& key, const Salt& salt) {
  std::vector<std::byte> bytes;
  append(bytes, "peerProcess node ID\n");
  append(bytes, key);
  append(bytes, salt);
  const Sha256Digest digest = sha256(bytes);
  return PeerId{load_u32(std::span(digest).first<4>()) & kLargestPeerId};
}

std::vector<std::byte> NodeIdentity::prove(std::span<const std::byte> exporter, bool as_server) const {
  std::vector<std::byte> proof;
  append(proof, key_.public_key());
  append(proof, salt_);
  append(proof, key_.sign(signed_bytes(salt_, exporter, as_server)));
  return proof;
}

std::optional<Proof> NodeIdentity::check(std::span<const std::byte> proof, std::span<const std::byte> exporter,
                                         bool as_server) {
  if (proof.size() != kProofBytes) return std::nullopt;
  PublicKey key;
  Salt salt;
  Signature signature;
  std::ranges::copy(proof.first(key.size()), key.begin());
  std::ranges::copy(proof.subspan(key.size(), salt.size()), salt.begin());
  std::ranges::copy(proof.last(signature.size()), signature.begin());
  const PeerId peer = id_of(key, salt);
  if (peer.value == 0 || !is_signed_by(key, signed_bytes(salt, exporter, as_server), signature)) return std::nullopt;
  return Proof{fingerprint_of(key).bytes, peer};
}

}  // namespace p2p
