#include "peer/net/tls_fault.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>

namespace p2p {
namespace {

class TlsCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "tls"; }
  std::string message(int fault) const override {
    switch (static_cast<TlsFault>(fault)) {
      case TlsFault::not_tls: return "it does not speak TLS: perhaps it has no keys, and here everybody needs one";
      case TlsFault::old_version: return "it speaks an older TLS than 1.3";
      case TlsFault::unknown_key: return "its key is none that is let in here";
      case TlsFault::other_key: return "its key is not the one of the peer that should be there";
      case TlsFault::no_secret: return "it has not the secret of this network";
      case TlsFault::bad_proof: return "it has not proven its key";
      case TlsFault::refused: return "it does not let us in: perhaps it does not know our key";
      case TlsFault::gave_up: return "it ended the TLS handshake: perhaps it has no keys, or does not know ours";
      case TlsFault::too_late: return "the TLS handshake was not over in time";
      case TlsFault::cut_off: return "the connection was cut off";
      case TlsFault::flood: return "it changes keys again and again, or sends tickets, and few bytes";
      case TlsFault::broken: return "what came is not TLS as it was sent";
    }
    return "TLS fault " + std::to_string(fault);
  }
};

TlsFault fault_of(unsigned long error, bool in_handshake) {
  switch (ERR_GET_REASON(error)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_RECORD_LENGTH_MISMATCH:
    case SSL_R_PACKET_LENGTH_TOO_LONG: return in_handshake ? TlsFault::not_tls : TlsFault::broken;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION: return TlsFault::old_version;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_EXCESSIVE_MESSAGE_SIZE: return TlsFault::unknown_key;
    case SSL_R_BINDER_DOES_NOT_VERIFY:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_CIPHER: return TlsFault::no_secret;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return in_handshake ? TlsFault::gave_up : TlsFault::cut_off;
    default: break;
  }
  // Alerts of the other end have reasons of their own, behind this number.
  if (ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET) return TlsFault::refused;
  return TlsFault::broken;
}

}  // namespace

const std::error_category& tls_category() {
  static const TlsCategory category;
  return category;
}

std::error_code make_error_code(TlsFault fault) { return {static_cast<int>(fault), tls_category()}; }

std::error_code take_tls_error(bool in_handshake) {
  // The first says what went wrong, the others what that led to.
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (error == 0) return in_handshake ? TlsFault::gave_up : TlsFault::cut_off;
  return fault_of(error, in_handshake);
}

}  // namespace p2p
