#include "peer/net/tls_keys.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "peer/keys/openssl.hpp"
#include "peer/net/tls_stream.hpp"

namespace p2p {
namespace {

// A certificate of ours has less than 300 bytes.
constexpr long kMostCertificateBytes = 4096;
constexpr std::size_t kExporterBytes = 32;
constexpr std::size_t kSpareBuffers = 4;
constexpr std::string_view kExporterLabel = "EXPORTER-peerProcess node proof";

// What is left between both ends in suites with SHA-256, which the PSK is bound to.
constexpr const char* kAesFirst = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kChaChaFirst = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
constexpr std::array<unsigned char, 2> kAes128GcmSha256{0x13, 0x01};

/// What OpenSSL refuses although it is asked for nothing unusual: the library lacks it, or there is no memory.
void require(bool done, const char* what) {
  if (done) return;
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  ERR_clear_error();
  throw std::runtime_error(std::string("TLS: ") + what + ": " + reason.data());
}

bool has_fast_aes() {
#if defined(__x86_64__) || defined(__i386__)
  return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#elif defined(__aarch64__)
  return (getauxval(AT_HWCAP) & HWCAP_AES) != 0;
#else
  return false;
#endif
}

/// Whether the kernel has TLS. Where it has none, OpenSSL must not try: from 3.2 on it loses what it has read ahead
/// when, having failed there, it takes the other end's new key.
bool kernel_has_tls() {
  static const bool has = [] {
    std::ifstream list("/proc/sys/net/ipv4/tcp_available_ulp");
    for (std::string name; list >> name;)
      if (name == "tls") return true;
    return false;
  }();
  return has;
}

/// Where a context keeps the TlsKeys that it was made from.
int keys_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

/// Where a connection keeps the name under which it shows the PSK: the same in both ClientHellos, if there are two.
void free_identity(void*, void* identity, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Network::PskIdentity*>(identity);
}

int identity_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_identity);
  return index;
}

const TlsKeys& keys_of(SSL* connection) {
  return *static_cast<const TlsKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), keys_index()));
}

std::optional<config::Fingerprint> fingerprint_of_certificate(const X509* certificate) {
  if (!certificate) return std::nullopt;
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) return std::nullopt;
  PublicKey bytes;
  std::size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(key, raw(bytes.data()), &size) != 1 || size != bytes.size()) return std::nullopt;
  return fingerprint_of(bytes);
}

/// In the place of OpenSSL's verification: no authority, no dates, no names; the key is known or it is not.
int is_known(X509_STORE_CTX* chain, void*) {
  auto* const connection = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto fingerprint = fingerprint_of_certificate(X509_STORE_CTX_get0_cert(chain));
  const bool known = fingerprint && keys_of(connection).listed().contains(*fingerprint);
  X509_STORE_CTX_set_error(chain, known ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
  return known;
}

int never(int, X509_STORE_CTX*) { return 0; }

SSL_SESSION* psk_session(SSL* connection, const Network& network) {
  SSL_SESSION* const session = SSL_SESSION_new();
  const auto psk = network.psk().bytes();
  const SSL_CIPHER* const cipher = SSL_CIPHER_find(connection, kAes128GcmSha256.data());
  if (session && cipher && SSL_SESSION_set_cipher(session, cipher) == 1 &&
      SSL_SESSION_set1_master_key(session, raw(psk.data()), psk.size()) == 1 &&
      SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1)
    return session;
  SSL_SESSION_free(session);
  return nullptr;
}

int find_psk(SSL* connection, const unsigned char* identity, std::size_t size, SSL_SESSION** session) {
  const Network& network = *keys_of(connection).network();
  // None, and no error: the handshake fails as with any stranger.
  *session =
      network.is_psk_identity(std::as_bytes(std::span(identity, size))) ? psk_session(connection, network) : nullptr;
  return 1;
}

int use_psk(SSL* connection, const EVP_MD*, const unsigned char** identity, std::size_t* size, SSL_SESSION** session) {
  const Network& network = *keys_of(connection).network();
  auto* name = static_cast<Network::PskIdentity*>(SSL_get_ex_data(connection, identity_index()));
  if (!name) {
    name = new Network::PskIdentity(network.new_psk_identity());
    SSL_set_ex_data(connection, identity_index(), name);
  }
  *identity = raw(name->data());
  *size = name->size();
  *session = psk_session(connection, network);
  return *session != nullptr;
}

using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;

/// An X.509 needs a number, dates and names; nobody looks at them.
CertificatePtr certificate_of(const PrivateKey& key) {
  CertificatePtr certificate(X509_new(), X509_free);
  X509* const x = certificate.get();
  require(x && X509_set_version(x, X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
              ASN1_TIME_set_string_X509(X509_getm_notBefore(x), "20000101000000Z") == 1 &&
              ASN1_TIME_set_string_X509(X509_getm_notAfter(x), "99991231235959Z") == 1 &&
              X509_set_pubkey(x, key.native()) == 1 && X509_sign(x, key.native(), nullptr) > 0,
          "making a certificate");
  return certificate;
}

std::array<std::byte, kExporterBytes> exporter_of(SSL* connection) {
  std::array<std::byte, kExporterBytes> exporter{};
  require(SSL_export_keying_material(connection, raw(exporter.data()), exporter.size(), kExporterLabel.data(),
                                     kExporterLabel.size(), nullptr, 0, 0) == 1,
          "exporting from a channel");
  return exporter;
}

}  // namespace

TlsKeys::TlsKeys(const PrivateKey& own, std::map<config::Fingerprint, PeerId> listed) : listed_(std::move(listed)) {
  const CertificatePtr certificate = certificate_of(own);
  for (const bool as_server : {true, false}) {
    SSL_CTX* const context = (as_server ? server_ : client_) = new_context(as_server);
    require(SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
                SSL_CTX_use_PrivateKey(context, own.native()) == 1 &&
                SSL_CTX_set1_sigalgs_list(context, "ed25519") == 1,
            "using a key");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(context, is_known, nullptr);
  }
}

TlsKeys::TlsKeys(Network network, NodeIdentity own) : network_(std::move(network)), own_(std::move(own)) {
  server_ = new_context(true);
  SSL_CTX_set_psk_find_session_callback(server_, find_psk);
  client_ = new_context(false);
  SSL_CTX_set_psk_use_session_callback(client_, use_psk);
  // A server that shows a certificate has not the secret.
  SSL_CTX_set_verify(client_, SSL_VERIFY_PEER, never);
}

TlsKeys::~TlsKeys() {
  SSL_CTX_free(server_);
  SSL_CTX_free(client_);
}

ssl_ctx_st* TlsKeys::new_context(bool as_server) const {
  SSL_CTX* const context = SSL_CTX_new(as_server ? TLS_server_method() : TLS_client_method());
  require(context != nullptr, "making a context");
  require(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
              SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
              SSL_CTX_set_ciphersuites(context, has_fast_aes() ? kAesFirst : kChaChaFirst) == 1 &&
              SSL_CTX_set1_groups_list(context, "X25519") == 1 && SSL_CTX_set_num_tickets(context, 0) == 1 &&
              SSL_CTX_set_ex_data(context, keys_index(), const_cast<TlsKeys*>(this)) == 1,
          "setting up a context");
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, kMostCertificateBytes);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  if (kernel_has_tls()) SSL_CTX_set_options(context, SSL_OP_ENABLE_KTLS);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // Else a call that reads would not come back as long as messages of TLS itself keep coming, and no bytes.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  return context;
}

void TlsKeys::allow(std::set<config::Fingerprint> keys) {
  allowed_ = std::move(keys);
  for (TlsStream* const stream : streams_)
    if (const auto& proof = stream->remote().proof; proof && !allows(config::Fingerprint{proof->key})) stream->close();
}

void TlsKeys::relist(std::map<config::Fingerprint, PeerId> listed) {
  listed_ = std::move(listed);
  for (TlsStream* const stream : streams_) {
    const auto& proof = stream->remote().proof;
    if (!proof) continue;
    const auto line = listed_.find(config::Fingerprint{proof->key});
    if (line == listed_.end() || line->second != proof->peer) stream->close();
  }
}

bool TlsKeys::allows(const config::Fingerprint& key) const {
  return !allowed_ || allowed_->contains(key) || (own_ && own_->fingerprint() == key);
}

std::vector<std::byte> TlsKeys::take_buffer() {
  if (buffers_.empty()) return {};
  std::vector<std::byte> buffer = std::move(buffers_.back());
  buffers_.pop_back();
  return buffer;
}

void TlsKeys::give_back(std::vector<std::byte> buffer) {
  if (buffers_.size() < kSpareBuffers) buffers_.push_back(std::move(buffer));
}

ssl_st* TlsKeys::new_connection(bool as_server) const {
  SSL* const connection = SSL_new(as_server ? server_ : client_);
  require(connection != nullptr, "making a connection");
  if (as_server)
    SSL_set_accept_state(connection);
  else
    SSL_set_connect_state(connection);
  return connection;
}

std::optional<Proof> TlsKeys::listed_peer(ssl_st* connection) const {
  const auto fingerprint = fingerprint_of_certificate(SSL_get0_peer_certificate(connection));
  const auto found = fingerprint ? listed_.find(*fingerprint) : listed_.end();
  return found == listed_.end() ? std::nullopt : std::optional(Proof{found->first.bytes, found->second});
}

std::vector<std::byte> TlsKeys::prove(ssl_st* connection, bool as_server) const {
  return own_->prove(exporter_of(connection), as_server);
}

std::optional<Proof> TlsKeys::check_proof(ssl_st* connection, bool as_server, std::span<const std::byte> proof) const {
  return NodeIdentity::check(proof, exporter_of(connection), as_server);
}

}  // namespace p2p
