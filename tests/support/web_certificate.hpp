// A certificate for a web server, and its key, as files.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/support/temp_dir.hpp"

namespace p2p::test {

/// Of a P-256 key, signed by itself, valid for an hour.
struct WebCertificate {
  explicit WebCertificate(const TempDir& dir, const std::string& name = "web")
      : certificate(dir / (name + ".crt")), key(dir / (name + ".key")) {
    const std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> pair(::EVP_EC_gen("P-256"), ::EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&::X509_free)> made(::X509_new(), ::X509_free);
    ::X509_set_version(made.get(), 2);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(made.get()), 1);
    ::X509_gmtime_adj(::X509_getm_notBefore(made.get()), -60);
    ::X509_gmtime_adj(::X509_getm_notAfter(made.get()), 3600);
    ::X509_set_pubkey(made.get(), pair.get());
    X509_NAME* const subject = ::X509_get_subject_name(made.get());
    const std::string host = "localhost";
    ::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(host.data()),
                                 static_cast<int>(host.size()), -1, 0);
    ::X509_set_issuer_name(made.get(), subject);
    if (::X509_sign(made.get(), pair.get(), ::EVP_sha256()) == 0)
      throw std::runtime_error("no certificate can be made");
    write(certificate, [&](FILE* file) { return ::PEM_write_X509(file, made.get()); });
    write(key,
          [&](FILE* file) { return ::PEM_write_PrivateKey(file, pair.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    std::filesystem::permissions(key, std::filesystem::perms(0600));
  }

  std::filesystem::path certificate, key;

 private:
  template <class Write>
  static void write(const std::filesystem::path& path, Write&& by) {
    FILE* const file = std::fopen(path.c_str(), "w");
    if (!file || by(file) != 1 || std::fclose(file) != 0) throw std::runtime_error("cannot write " + path.string());
  }
};

}  // namespace p2p::test
