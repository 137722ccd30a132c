// What all that call OpenSSL have in common.
#pragma once

#include <openssl/err.h>
#include <openssl/rand.h>

#include <cstddef>
#include <span>
#include <stdexcept>

namespace p2p {

/// Bytes as OpenSSL takes them.
inline unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
inline const unsigned char* raw(const std::byte* bytes) { return reinterpret_cast<const unsigned char*>(bytes); }

/// By the system's randomness. Throws std::runtime_error when it gives none.
inline void fill_randomly(std::span<std::byte> bytes) {
  if (RAND_bytes(raw(bytes.data()), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("the system gives no random bytes");
}

/// Errors of OpenSSL wait in a queue of the thread, where the next one to look would take them for its own: those that
/// come up while this lives are forgotten.
class NoErrorsLeft {
 public:
  NoErrorsLeft() { ERR_set_mark(); }
  ~NoErrorsLeft() { ERR_pop_to_mark(); }
  NoErrorsLeft(const NoErrorsLeft&) = delete;
  NoErrorsLeft& operator=(const NoErrorsLeft&) = delete;
};

}  // namespace p2p
