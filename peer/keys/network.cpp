#include "peer/keys/network.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <stdexcept>

#include "peer/keys/openssl.hpp"
#include "protocol/assert.hpp"

namespace p2p {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
static_assert(kNonceBytes + kTagBytes == Network::kBoxBytes);
/// Of the random bytes in the name of a pre-shared key, and of the digest behind them.
constexpr std::size_t kIdentityHalf = 16;

struct Free {
  void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// What is called here fails only where memory is short, or the installation forbids or lacks the algorithm.
void must(bool worked) {
  if (!worked)
    throw std::runtime_error(
        "OpenSSL cannot do HKDF, HMAC or ChaCha20-Poly1305: out of memory, or its configuration forbids it");
}

template <class T>
Owned<T> owned(T* pointer) {
  must(pointer != nullptr);
  return Owned<T>(pointer);
}

/// OpenSSL takes what it only reads as if it might write there.
OSSL_PARAM parameter(const char* name, std::span<const std::byte> bytes) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::byte*>(bytes.data()), bytes.size());
}
OSSL_PARAM with_sha256(const char* name) {
  static constexpr char kName[] = "SHA256";
  return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(kName), 0);
}

/// HKDF with an empty salt: a key for one purpose in the network of one name.
Secret<32> derived(const NetworkSecret& secret, const std::string& purpose, const std::string& network) {
  const std::string info = "peerProcess " + purpose + "\n" + network;
  const auto kdf = owned(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const auto context = owned(EVP_KDF_CTX_new(kdf.get()));
  const std::array parameters = {with_sha256(OSSL_KDF_PARAM_DIGEST), parameter(OSSL_KDF_PARAM_KEY, secret.bytes()),
                                 parameter(OSSL_KDF_PARAM_INFO, std::as_bytes(std::span(info))),
                                 OSSL_PARAM_construct_end()};
  Secret<32> key;
  must(EVP_KDF_derive(context.get(), raw(key.bytes().data()), key.bytes().size(), parameters.data()) == 1);
  return key;
}

/// HMAC with SHA-256 that has taken its key and no bytes yet.
Owned<EVP_MAC_CTX> hmac_with(const Secret<32>& key) {
  const auto mac = owned(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  auto context = owned(EVP_MAC_CTX_new(mac.get()));
  const std::array parameters = {with_sha256(OSSL_MAC_PARAM_DIGEST), OSSL_PARAM_construct_end()};
  must(EVP_MAC_init(context.get(), raw(key.bytes().data()), key.bytes().size(), parameters.data()) == 1);
  return context;
}

Sha256Digest hmac(const EVP_MAC_CTX* begun, std::span<const std::byte> bytes) {
  const auto context = owned(EVP_MAC_CTX_dup(begun));
  Sha256Digest digest{};
  std::size_t size = 0;
  must(EVP_MAC_update(context.get(), raw(bytes.data()), bytes.size()) == 1);
  must(EVP_MAC_final(context.get(), raw(digest.data()), &size, digest.size()) == 1 && size == digest.size());
  return digest;
}

}  // namespace

/// Nothing changes once they are made, so threads may share them.
struct Network::Keys {
  Keys(const std::string& network, const NetworkSecret& secret)
      : digest(hmac_with(derived(secret, "digest", network))),
        psk_identity(hmac_with(derived(secret, "psk identity", network))),
        box(derived(secret, "box", network)),
        psk(derived(secret, "psk", network)),
        cipher(owned(EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr))) {}

  Owned<EVP_MAC_CTX> digest;
  Owned<EVP_MAC_CTX> psk_identity;
  Secret<32> box;
  Secret<32> psk;
  Owned<EVP_CIPHER> cipher;
};

Network::Network(std::string name) : name_(std::move(name)) {}

Network::Network(std::string name, const NetworkSecret& secret)
    : name_(std::move(name)), keys_(std::make_shared<const Keys>(name_, secret)) {}

Sha256Digest Network::digest(std::span<const std::byte> bytes) const {
  return keys_ ? hmac(keys_->digest.get(), bytes) : sha256(bytes);
}

std::vector<std::byte> Network::seal(std::span<const std::byte> bytes) const {
  P2P_ASSERT(is_private());
  std::vector<std::byte> box(bytes.size() + kBoxBytes);
  std::byte* const nonce = box.data();
  std::byte* const sealed = nonce + kNonceBytes;
  std::byte* const tag = sealed + bytes.size();
  fill_randomly({nonce, kNonceBytes});
  const auto context = owned(EVP_CIPHER_CTX_new());
  must(EVP_EncryptInit_ex2(context.get(), keys_->cipher.get(), raw(keys_->box.bytes().data()), raw(nonce), nullptr) ==
       1);
  int count = 0;
  if (!bytes.empty())
    must(EVP_EncryptUpdate(context.get(), raw(sealed), &count, raw(bytes.data()), static_cast<int>(bytes.size())) == 1);
  must(EVP_EncryptFinal_ex(context.get(), raw(tag), &count) == 1);
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag) == 1);
  return box;
}

std::optional<std::vector<std::byte>> Network::open(std::span<const std::byte> box) const {
  P2P_ASSERT(is_private());
  if (box.size() < kBoxBytes) return std::nullopt;
  const auto nonce = box.first<kNonceBytes>();
  const auto sealed = box.subspan(kNonceBytes, box.size() - kBoxBytes);
  std::array<std::byte, kTagBytes> tag;
  std::ranges::copy(box.last<kTagBytes>(), tag.begin());
  std::vector<std::byte> bytes(sealed.size());
  const auto context = owned(EVP_CIPHER_CTX_new());
  must(EVP_DecryptInit_ex2(context.get(), keys_->cipher.get(), raw(keys_->box.bytes().data()), raw(nonce.data()),
                           nullptr) == 1);
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
  int count = 0;
  if (!sealed.empty())
    must(EVP_DecryptUpdate(context.get(), raw(bytes.data()), &count, raw(sealed.data()),
                           static_cast<int>(sealed.size())) == 1);
  // A stranger's box is no error of ours: whoever asks OpenSSL next about a connection finds none of it.
  const NoErrorsLeft guard;
  std::array<std::byte, kTagBytes> nothing;
  if (EVP_DecryptFinal_ex(context.get(), raw(nothing.data()), &count) != 1) return std::nullopt;
  return bytes;
}

const Secret<32>& Network::psk() const {
  P2P_ASSERT(is_private());
  return keys_->psk;
}

Network::PskIdentity Network::new_psk_identity() const {
  P2P_ASSERT(is_private());
  PskIdentity identity{};
  const auto random = std::span(identity).first<kIdentityHalf>();
  fill_randomly(random);
  const Sha256Digest digest = hmac(keys_->psk_identity.get(), random);
  std::copy_n(digest.begin(), kIdentityHalf, identity.begin() + kIdentityHalf);
  return identity;
}

bool Network::is_psk_identity(std::span<const std::byte> identity) const {
  P2P_ASSERT(is_private());
  if (identity.size() != std::tuple_size_v<PskIdentity>) return false;
  const Sha256Digest digest = hmac(keys_->psk_identity.get(), identity.first<kIdentityHalf>());
  return CRYPTO_memcmp(digest.data(), identity.data() + kIdentityHalf, kIdentityHalf) == 0;
}

bool operator==(const Network& one, const Network& other) {
  if (one.name_ != other.name_ || one.is_private() != other.is_private()) return false;
  return !one.is_private() || one.keys_->psk == other.keys_->psk;
}

}  // namespace p2p
