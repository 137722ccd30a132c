// The key of a peer or a node: Ed25519 (RFC 8032). A file of it is PKCS #8 in PEM (RFC 8410), as `openssl genpkey
// -algorithm ed25519` writes it, readable by its owner alone.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "config/fingerprint.hpp"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace p2p {

/// As it is written in a proof of a node (docs/PROTOCOL.md, "Private networks").
using PublicKey = std::array<std::byte, 32>;
using Signature = std::array<std::byte, 64>;

config::Fingerprint fingerprint_of(const PublicKey& key);
/// Whether the holder of the key has signed this message.
bool is_signed_by(const PublicKey& key, std::span<const std::byte> message, const Signature& signature);

/// Copies share the key; it is zeroed with the last. May be used by several threads at a time.
class PrivateKey {
 public:
  /// A new one, from the system's randomness.
  static PrivateKey generate();
  /// Throws ExitError: not_authorised when there is no such file, it is no Ed25519 key, or others may read it; io when
  /// it cannot be read. No message has any of the file's bytes.
  static PrivateKey read(const std::filesystem::path& file);

  /// Makes a file that its owner alone can read from its first byte on. Throws ExitError when there is one already
  /// (io), which is left as it is, or when it cannot be written (disk_full, io), and then leaves none.
  void write_new(const std::filesystem::path& file) const;

  const PublicKey& public_key() const { return public_key_; }
  config::Fingerprint fingerprint() const { return fingerprint_of(public_key_); }
  Signature sign(std::span<const std::byte> message) const;

  /// For the library that speaks TLS.
  evp_pkey_st* native() const { return key_.get(); }

 private:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_key_{};
};

}  // namespace p2p
