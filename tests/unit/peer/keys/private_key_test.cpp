// Private keys: the vectors of RFC 8032 and RFC 8410, round trips, and files that are none.
#include "peer/keys/private_key.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string>
#include <vector>

#include "config/hex.hpp"
#include "peer/storage/digest.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/file_limit.hpp"
#include "tests/support/secret_files.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::ending_of;
using test::TempDir;
using test::write_with_mode;

template <std::size_t N>
std::array<std::byte, N> hex(std::string_view digits) {
  std::array<std::byte, N> bytes{};
  REQUIRE(config::from_hex(digits, bytes));
  return bytes;
}

std::string pem(std::string_view base64, const std::string& label = "PRIVATE KEY") {
  return "-----BEGIN " + label + "-----\n" + std::string(base64) + "\n-----END " + label + "-----\n";
}

std::string base64(std::span<const std::byte> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

/// The file of the key that RFC 8032 makes of these 32 bytes.
std::string pem_of_seed(std::string_view digits) {
  const auto seed = hex<32>(digits);
  const auto head = hex<16>("302e020100300506032b657004220420");
  std::vector<std::byte> bytes(head.begin(), head.end());
  bytes.insert(bytes.end(), seed.begin(), seed.end());
  return pem(base64(bytes));
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// RFC 8410, section 10.3.
const std::string kExample = pem("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC");

TEST_CASE("the example of RFC 8410 has the public key that stands there, and its fingerprint", "[keys]") {
  const TempDir dir;
  const PrivateKey key = PrivateKey::read(write_with_mode(dir, "a.key", kExample));
  CHECK(config::to_hex(key.public_key()) == "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
  // SHA-256 of the SubjectPublicKeyInfo of section 10.1, by other means.
  CHECK(config::to_text(key.fingerprint()) == "oekVYFTgT6yJmunydRMs3Ael28TqLCrTof_G4NJTaB8");
}

TEST_CASE("a fingerprint is that of what OpenSSL writes as a SubjectPublicKeyInfo", "[keys]") {
  const PrivateKey key = PrivateKey::generate();
  unsigned char* info = nullptr;
  const int size = i2d_PUBKEY(key.native(), &info);
  REQUIRE(size == 44);
  const auto digest = sha256(std::as_bytes(std::span(info, static_cast<std::size_t>(size))));
  OPENSSL_free(info);
  CHECK(key.fingerprint().bytes == digest);
}

TEST_CASE("signatures are those of RFC 8032, section 7.1", "[keys]") {
  struct Vector {
    const char *seed, *key, *message, *signature;
  };
  const auto vector =
      GENERATE(Vector{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                      "d25bf5f0595bbe24655141438e7a100b"},
               Vector{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72",
                      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                      "387b2eaeb4302aeeb00d291612bb0c00"},
               Vector{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82",
                      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                      "4a7c15e9716ed28dc027beceea1ec40a"});
  const TempDir dir;
  const PrivateKey key = PrivateKey::read(write_with_mode(dir, "a.key", pem_of_seed(vector.seed)));
  CHECK(key.public_key() == hex<32>(vector.key));
  CHECK(key.sign(bytes_of(vector.message)) == hex<64>(vector.signature));
  CHECK(is_signed_by(key.public_key(), bytes_of(vector.message), hex<64>(vector.signature)));
}

TEST_CASE("a signature is of one message and one key", "[keys]") {
  const PrivateKey key = PrivateKey::generate();
  const std::string message = "to whom it may concern";
  const Signature signature = key.sign(bytes_of(message));
  CHECK(is_signed_by(key.public_key(), bytes_of(message), signature));
  CHECK_FALSE(is_signed_by(key.public_key(), bytes_of(message + "!"), signature));
  CHECK_FALSE(is_signed_by(key.public_key(), {}, signature));
  CHECK_FALSE(is_signed_by(PrivateKey::generate().public_key(), bytes_of(message), signature));
  for (std::size_t at = 0; at < signature.size(); ++at) {
    Signature wrong = signature;
    wrong[at] ^= std::byte{1};
    CHECK_FALSE(is_signed_by(key.public_key(), bytes_of(message), wrong));
  }
  // No point of the curve at all.
  for (const auto byte : {std::byte{0xff}, std::byte{0x00}, std::byte{0x02}}) {
    PublicKey none;
    none.fill(byte);
    CHECK_FALSE(is_signed_by(none, bytes_of(message), signature));
  }
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("a key that was written is the same when it is read, and each new one is another", "[keys]") {
  const TempDir dir;
  const PrivateKey key = PrivateKey::generate();
  key.write_new(dir / "a.key");
  CHECK(test::mode_of(dir / "a.key") == 0600);
  const std::string text = dir.read("a.key");
  CHECK(text.starts_with("-----BEGIN PRIVATE KEY-----\n"));
  CHECK(text.size() == 119);
  const PrivateKey again = PrivateKey::read(dir / "a.key");
  CHECK(again.public_key() == key.public_key());
  CHECK(again.sign(bytes_of("m")) == key.sign(bytes_of("m")));
  CHECK(PrivateKey::generate().public_key() != key.public_key());
}

TEST_CASE("a key is never overwritten", "[keys]") {
  const TempDir dir;
  write_with_mode(dir, "a.key", kExample);
  const std::string said = ending_of([&] { PrivateKey::generate().write_new(dir / "a.key"); });
  CHECK(said ==
        "17: " + (dir / "a.key").string() +
            ": is there already and stays as it is; a key is never overwritten: move it away first, if there is "
            "to be a new one");
  CHECK(dir.read("a.key") == kExample);
}

TEST_CASE("a key for which there is no room leaves no file", "[keys]") {
  const TempDir dir;
  {
    const test::FileLimit full(50);
    CHECK(ending_of([&] { PrivateKey::generate().write_new(dir / "a.key"); }).starts_with("9: "));
  }
  CHECK(fs::is_empty(dir.path()));
}

/// PEM of a key of another kind, or with a passphrase.
std::string written(EVP_PKEY* key, const char* passphrase = nullptr) {
  REQUIRE(key != nullptr);
  BIO* const bio = BIO_new(BIO_s_mem());
  REQUIRE(PEM_write_bio_PKCS8PrivateKey(bio, key, passphrase ? EVP_aes_256_cbc() : nullptr, passphrase,
                                        passphrase ? static_cast<int>(std::string_view(passphrase).size()) : 0, nullptr,
                                        nullptr) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return text;
}

TEST_CASE("a file that has no Ed25519 key is refused, and nothing of it is repeated", "[keys]") {
  const TempDir dir;
  const std::string expected =
      ", expected an Ed25519 private key in PEM without a passphrase, as peerProcess key makes it";
  const auto said = [&](std::string_view text) {
    const fs::path file = write_with_mode(dir, "a.key", text);
    const std::string message = ending_of([&] { PrivateKey::read(file); });
    INFO(message);
    const std::string begin = "66: " + file.string() + ": has ";
    CHECK(message.starts_with(begin));
    CHECK(message.ends_with(expected));
    CHECK(ERR_peek_error() == 0);
    return message.substr(begin.size(), message.size() - begin.size() - expected.size());
  };
  const std::string binary("\x30\x2e\0\xff\n", 5);
  for (const std::string& text :
       {std::string(), std::string("secret\n"), binary, kExample.substr(0, 60), kExample.substr(0, 90),
        kExample.substr(28), pem("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp"), pem("!!!!"), pem(""),
        pem("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=", "PUBLIC KEY"),
        pem("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="),
        written(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "passphrase")})
    CHECK(said(text) == "no private key");
  for (const char* const kind : {"X25519", "ED448"})
    CHECK(said(written(EVP_PKEY_Q_keygen(nullptr, nullptr, kind))) == "a private key of another kind");
  CHECK(said(written(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"))) == "a private key of another kind");
}

TEST_CASE("a file that others may read gives no key", "[keys]") {
  const TempDir dir;
  const fs::path file = write_with_mode(dir, "a.key", kExample, 0644);
  CHECK(ending_of([&] { PrivateKey::read(file); }) ==
        "66: " + file.string() +
            ": others than its owner may use this key file (mode 644), expected mode 600: chmod 600 " + file.string());
  CHECK(ending_of([&] { PrivateKey::read(dir / "none"); }) ==
        "66: " + (dir / "none").string() + ": there is no such key file; peerProcess key makes one");
}

TEST_CASE("what stands around the key in its file does not matter", "[keys]") {
  const TempDir dir;
  const fs::path file = write_with_mode(dir, "a.key", "peer 1001\n" + kExample + "\n");
  CHECK(config::to_text(PrivateKey::read(file).fingerprint()).starts_with("oekV"));
}

TEST_CASE("a private key that is copied is one key", "[keys]") {
  const PrivateKey key = PrivateKey::generate();
  const PrivateKey copy = key;
  CHECK(copy.native() == key.native());
  CHECK(copy.fingerprint() == key.fingerprint());
}

}  // namespace
}  // namespace p2p
