// Why TLS does not let a connection be, in the words of who has to mend it.
#pragma once

#include <system_error>

namespace p2p {

enum class TlsFault {
  not_tls = 1,  ///< Its first bytes are something else.
  old_version,  ///< It speaks TLS, but not 1.3.
  unknown_key,  ///< Its key is none of those that are let in.
  other_key,    ///< Its key is not the one of the peer that was dialled.
  no_secret,    ///< It has not the secret of our network.
  bad_proof,    ///< What it says of its key is not true.
  refused,      ///< It does not let us in.
  gave_up,      ///< It ended the connection before the handshake was over.
  too_late,     ///< The handshake was not over in time.
  cut_off,      ///< The connection ended without a farewell, maybe by somebody between us.
  flood,        ///< It has us read messages of TLS itself instead of bytes.
  broken,       ///< What came is not what was sent, or is no TLS.
};

const std::error_category& tls_category();
std::error_code make_error_code(TlsFault fault);

/// Takes the errors that OpenSSL has noted on this thread, and says what they mean for a handshake that is not over, or
/// for a connection. Never success.
std::error_code take_tls_error(bool in_handshake);

}  // namespace p2p

template <>
struct std::is_error_code_enum<p2p::TlsFault> : std::true_type {};
