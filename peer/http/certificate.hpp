// The certificate by which the server says who it is, and its key.
#pragma once

#include <filesystem>
#include <string>

#include "peer/keys/secret_file.hpp"

namespace p2p {

struct HttpCertificate {
  std::string chain;  ///< PEM.
  SecretText key;     ///< PEM, with a NUL at its end, as C has texts.
};

/// Throws ExitError: not_authorised and io as read_secret_file() for the key; usage when the certificate cannot be
/// read or is none, when the key is none or has a passphrase, when it is another certificate's, and where this program
/// was built without TLS.
HttpCertificate read_certificate(const std::filesystem::path& certificate, const std::filesystem::path& key);

}  // namespace p2p
