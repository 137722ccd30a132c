// Bytes that nobody else may learn. They are zeroed when they go, and there is no way to print them.
#pragma once

#include <openssl/crypto.h>

#include <array>
#include <cstddef>
#include <span>

namespace p2p {

template <std::size_t N>
class Secret {
 public:
  Secret() = default;
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret() { OPENSSL_cleanse(bytes_.data(), N); }

  std::span<const std::byte, N> bytes() const { return bytes_; }
  std::span<std::byte, N> bytes() { return bytes_; }

  /// In a time that does not depend on where they differ.
  friend bool operator==(const Secret& one, const Secret& other) {
    return CRYPTO_memcmp(one.bytes_.data(), other.bytes_.data(), N) == 0;
  }

 private:
  std::array<std::byte, N> bytes_{};
};

/// Of a process that has a secret: no core file, and no other process of the user may look into it.
void keep_memory_private();

}  // namespace p2p
