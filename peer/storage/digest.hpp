// Digests of pieces and of manifests.
//
// SHA-256 (FIPS 180-4, by OpenSSL) is against liars: nobody knows how to make other bytes with the same digest.
// XXH3-128 (by xxHash, canonical form: big-endian) is several times faster and against accidents alone: whoever wants
// to can make other bytes with the same digest, so it must never decide what to accept from somebody who may lie.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "config/manifest.hpp"

namespace p2p {

using Sha256Digest = std::array<std::byte, 32>;
using Xxh3Digest = std::array<std::byte, 16>;

Sha256Digest sha256(std::span<const std::byte> bytes);
Xxh3Digest xxh3_128(std::span<const std::byte> bytes);

/// Writes the digest of `bytes` to `out`. Precondition: out.size() == config::digest_bytes(hash).
void digest_of(config::PieceHash hash, std::span<const std::byte> bytes, std::span<std::byte> out);

/// A digest of bytes that come in parts. One thread at a time.
class Digester {
 public:
  explicit Digester(config::PieceHash hash);
  ~Digester();
  Digester(const Digester&) = delete;
  Digester& operator=(const Digester&) = delete;

  void add(std::span<const std::byte> bytes);
  /// Writes the digest of all that was added, and begins anew. Precondition: out.size() == config::digest_bytes(hash).
  void finish(std::span<std::byte> out);

 private:
  void begin();

  struct State;
  config::PieceHash hash_;
  std::unique_ptr<State> state_;
};

}  // namespace p2p
