// Digests by published vectors, and in parts as in one.
#include "peer/storage/digest.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "config/hex.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST_CASE("SHA-256 gives the digests of FIPS 180", "[digest]") {
  const auto hex = [](std::string_view text) { return config::to_hex(sha256(bytes_of(text))); };
  CHECK(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hex(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("XXH3-128 is written as xxhsum -H2 prints it", "[digest]") {
  const auto hex = [](std::string_view text) { return config::to_hex(xxh3_128(bytes_of(text))); };
  CHECK(hex("") == "99aa06d3014798d86001c324468d497f");
  CHECK(hex("abc") == "06b05ab6733a618578af5f94892f3950");
}

TEST_CASE("parts give the digest of the whole, one content after the other", "[digest]") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += static_cast<char>(i * i);
  for (const auto hash : {config::PieceHash::sha256, config::PieceHash::xxh3}) {
    std::vector<std::byte> whole(config::digest_bytes(hash));
    std::vector<std::byte> parts(config::digest_bytes(hash));
    Digester digester(hash);
    for (const std::size_t part : {1u, 7u, 64u, 1000u, 5000u}) {
      for (std::size_t at = 0; at < text.size(); at += part)
        digester.add(bytes_of(text).subspan(at, std::min(part, text.size() - at)));
      digester.finish(parts);
      digest_of(hash, bytes_of(text), whole);
      CHECK(parts == whole);
    }
    digester.finish(parts);
    digest_of(hash, {}, whole);
    CHECK(parts == whole);
  }
}

}  // namespace
}  // namespace p2p
