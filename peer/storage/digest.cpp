#include "peer/storage/digest.hpp"

#include <openssl/evp.h>
#include <xxhash.h>
#ifdef PEER_XXHASH_DISPATCH
// Renames the functions to those that use what the processor has; the library itself is SSE2.
#include <xxh_x86dispatch.h>
#endif

#include <algorithm>
#include <new>
#include <stdexcept>

#include "protocol/assert.hpp"

namespace p2p {
namespace {

using config::PieceHash;

/// OpenSSL's calls fail only where memory is short or the installation forbids or lacks SHA-256.
void must(int result) {
  if (result != 1)
    throw std::runtime_error("SHA-256 failed in OpenSSL: out of memory, or its configuration forbids it");
}

void write_canonical(const XXH128_hash_t& hash, std::span<std::byte> out) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  std::ranges::copy(std::as_bytes(std::span(canonical.digest)), out.begin());
}

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

template <class T>
std::unique_ptr<T, Free> owned(T* pointer) {
  if (!pointer) throw std::bad_alloc();
  return std::unique_ptr<T, Free>(pointer);
}

}  // namespace

Sha256Digest sha256(std::span<const std::byte> bytes) {
  Sha256Digest digest{};
  digest_of(PieceHash::sha256, bytes, digest);
  return digest;
}

Xxh3Digest xxh3_128(std::span<const std::byte> bytes) {
  Xxh3Digest digest{};
  digest_of(PieceHash::xxh3, bytes, digest);
  return digest;
}

void digest_of(PieceHash hash, std::span<const std::byte> bytes, std::span<std::byte> out) {
  P2P_ASSERT(out.size() == config::digest_bytes(hash));
  if (hash == PieceHash::xxh3)
    write_canonical(XXH3_128bits(bytes.data(), bytes.size()), out);
  else
    must(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, EVP_sha256(),
                    nullptr));
}

/// One of the two is there.
struct Digester::State {
  std::unique_ptr<EVP_MD_CTX, Free> sha256;
  std::unique_ptr<XXH3_state_t, Free> xxh3;
};

Digester::Digester(PieceHash hash) : hash_(hash), state_(std::make_unique<State>()) {
  if (hash_ == PieceHash::sha256)
    state_->sha256 = owned(EVP_MD_CTX_new());
  else
    state_->xxh3 = owned(XXH3_createState());
  begin();
}

Digester::~Digester() = default;

void Digester::begin() {
  if (hash_ == PieceHash::sha256)
    must(EVP_DigestInit_ex(state_->sha256.get(), EVP_sha256(), nullptr));
  else
    XXH3_128bits_reset(state_->xxh3.get());
}

void Digester::add(std::span<const std::byte> bytes) {
  if (hash_ == PieceHash::sha256)
    must(EVP_DigestUpdate(state_->sha256.get(), bytes.data(), bytes.size()));
  else
    XXH3_128bits_update(state_->xxh3.get(), bytes.data(), bytes.size());
}

void Digester::finish(std::span<std::byte> out) {
  P2P_ASSERT(out.size() == config::digest_bytes(hash_));
  if (hash_ == PieceHash::sha256)
    must(EVP_DigestFinal_ex(state_->sha256.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr));
  else
    write_canonical(XXH3_128bits_digest(state_->xxh3.get()), out);
  begin();
}

}  // namespace p2p
