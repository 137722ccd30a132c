#include "peer/keys/private_key.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "peer/ground/exit_code.hpp"
#include "peer/keys/openssl.hpp"
#include "peer/keys/secret_file.hpp"
#include "peer/storage/digest.hpp"

namespace p2p {
namespace {

constexpr const char* kKind = "ED25519";

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// What is called here fails only where memory is short, or where the installation forbids or lacks the algorithm.
void must(bool worked) {
  if (!worked)
    throw ExitError(ExitCode::unexpected, "OpenSSL cannot do Ed25519: out of memory, or its configuration forbids it");
}

SecretFileKind kind_of_file() {
  return {.what = "key file",
          .if_absent = "peerProcess key makes one",
          .if_there = "a key is never overwritten: move it away first, if there is to be a new one"};
}

/// For OpenSSL, which would ask the terminal for the passphrase of a file that has one.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

config::Fingerprint fingerprint_of(const PublicKey& key) {
  // SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING }: RFC 8410, section 4.
  constexpr std::array<unsigned char, 12> kHead = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                   0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
  std::array<std::byte, kHead.size() + std::tuple_size_v<PublicKey>> info;
  std::ranges::copy(key, std::ranges::copy(std::as_bytes(std::span(kHead)), info.begin()).out);
  return {sha256(info)};
}

bool is_signed_by(const PublicKey& key, std::span<const std::byte> message, const Signature& signature) {
  const NoErrorsLeft guard;
  const Owned<EVP_PKEY> made(EVP_PKEY_new_raw_public_key_ex(nullptr, kKind, nullptr, raw(key.data()), key.size()));
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  must(made && context);
  must(EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, made.get(), nullptr) == 1);
  return EVP_DigestVerify(context.get(), raw(signature.data()), signature.size(), raw(message.data()),
                          message.size()) == 1;
}

PrivateKey::PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {
  std::size_t size = public_key_.size();
  must(EVP_PKEY_get_raw_public_key(key_.get(), raw(public_key_.data()), &size) == 1 && size == public_key_.size());
}

PrivateKey PrivateKey::generate() {
  const NoErrorsLeft guard;
  std::shared_ptr<EVP_PKEY> key(EVP_PKEY_Q_keygen(nullptr, nullptr, kKind), Free());
  must(key != nullptr);
  return PrivateKey(std::move(key));
}

PrivateKey PrivateKey::read(const std::filesystem::path& file) {
  const NoErrorsLeft guard;
  const SecretText text = read_secret_file(file, kind_of_file());
  const std::string_view view = text.view().empty() ? "\n" : text.view();  // OpenSSL takes no memory of no bytes
  const Owned<BIO> bio(BIO_new_mem_buf(view.data(), static_cast<int>(view.size())));
  must(bio != nullptr);
  std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr), Free());
  constexpr const char* kExpected =
      ", expected an Ed25519 private key in PEM without a passphrase, as peerProcess key makes it";
  if (!key) throw ExitError(ExitCode::not_authorised, file.string() + ": has no private key" + kExpected);
  if (EVP_PKEY_is_a(key.get(), kKind) != 1)
    throw ExitError(ExitCode::not_authorised, file.string() + ": has a private key of another kind" + kExpected);
  return PrivateKey(std::move(key));
}

void PrivateKey::write_new(const std::filesystem::path& file) const {
  // Such a BIO zeroes its memory when it goes, and when it grows.
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  must(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  write_new_secret_file(file, {data, static_cast<std::size_t>(size)}, kind_of_file());
}

Signature PrivateKey::sign(std::span<const std::byte> message) const {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  Signature signature{};
  std::size_t size = signature.size();
  must(context && EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key_.get(), nullptr) == 1);
  must(EVP_DigestSign(context.get(), raw(signature.data()), &size, raw(message.data()), message.size()) == 1 &&
       size == signature.size());
  return signature;
}

}  // namespace p2p
