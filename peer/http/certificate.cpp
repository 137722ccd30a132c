#include "peer/http/certificate.hpp"

#include <microhttpd.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>

#include "config/text.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/keys/openssl.hpp"

namespace p2p {
namespace {

constexpr std::streamsize kMostBytes = std::streamsize{1} << 20;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

[[noreturn]] void fail(const std::string& option, const std::filesystem::path& file, const std::string& why) {
  throw ExitError(ExitCode::usage, option + ": " + config::in_quotes(file.string()) + ' ' + why);
}

std::string read_chain(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(static_cast<std::size_t>(kMostBytes), '\0');
  in.read(text.data(), kMostBytes);
  if (in.bad() || in.gcount() == 0) fail("--http-cert", file, "cannot be read, or is empty");
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

Owned<BIO> bio_of(std::string_view text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// For OpenSSL, which would ask the terminal for the passphrase of a file that has one.
int no_passphrase(char*, int, int, void*) { return -1; }

bool has_tls() {
#ifdef PEER_NO_GNUTLS
  return false;
#else
  return ::MHD_is_feature_supported(MHD_FEATURE_TLS) == MHD_YES;
#endif
}

}  // namespace

HttpCertificate read_certificate(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  if (!has_tls())
    throw ExitError(ExitCode::usage,
                    "--http-cert: this program was built without TLS for HTTP; take one that is linked with the "
                    "system's libraries, or put a reverse proxy with the certificate before --http unix:PATH");
  const NoErrorsLeft guard;
  std::string chain = read_chain(certificate);
  const Owned<X509> first(PEM_read_bio_X509(bio_of(chain).get(), nullptr, &no_passphrase, nullptr));
  if (!first) fail("--http-cert", certificate, "has no certificate in PEM (-----BEGIN CERTIFICATE-----)");
  const SecretText text = read_secret_file(
      key, {.what = "key file", .if_absent = "it belongs to the certificate of --http-cert", .if_there = ""});
  const Owned<EVP_PKEY> its(PEM_read_bio_PrivateKey(bio_of(text.view()).get(), nullptr, &no_passphrase, nullptr));
  if (!its) fail("--http-key", key, "has no private key in PEM without a passphrase");
  if (X509_check_private_key(first.get(), its.get()) != 1)
    fail("--http-key", key, "is not the key of " + config::in_quotes(certificate.string()));
  SecretText ended(text.view().size() + 1);
  std::ranges::copy(text.view(), ended.characters().begin());
  return {.chain = std::move(chain), .key = std::move(ended)};
}

}  // namespace p2p
