// base64url: the vectors of RFC 4648, and what is refused because another text stands for the same bytes.
#include "config/base64url.hpp"

#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace p2p::config {
namespace {

std::string encoded(const std::vector<std::byte>& bytes) {
  std::string text(base64url_characters(bytes.size()), '\0');
  to_base64url(bytes, text);
  return text;
}

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

bool is_text_of(std::size_t bytes, std::string_view text) {
  std::vector<std::byte> out(bytes);
  return from_base64url(text, out);
}

TEST_CASE("base64url has the values of RFC 4648, section 10, without padding", "[config]") {
  CHECK(encoded(bytes_of("")).empty());
  CHECK(encoded(bytes_of("f")) == "Zg");
  CHECK(encoded(bytes_of("fo")) == "Zm8");
  CHECK(encoded(bytes_of("foo")) == "Zm9v");
  CHECK(encoded(bytes_of("foob")) == "Zm9vYg");
  CHECK(encoded(bytes_of("fooba")) == "Zm9vYmE");
  CHECK(encoded(bytes_of("foobar")) == "Zm9vYmFy");
  CHECK(encoded(bytes_of("\xfb\xff\xbf")) == "-_-_");
}

TEST_CASE("bytes become text and the same bytes again", "[config][random]") {
  std::mt19937 random(4648);
  for (std::size_t size = 0; size < 70; ++size) {
    std::vector<std::byte> bytes(size), again(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    const std::string text = encoded(bytes);
    INFO(text);
    CHECK(from_base64url(text, again));
    CHECK(again == bytes);
    CHECK_FALSE(is_text_of(size + 1, text));
    CHECK((size == 0 || !is_text_of(size - 1, text)));
  }
}

TEST_CASE("each bytes have one text", "[config]") {
  CHECK(is_text_of(1, "Zg"));
  for (const char* const text : {"Zh", "Zv", "Z=", "Zg==", "Z", "", "Zg\n", " Zg", "Z+", "Z/", "Z\xff", "Z\x80"})
    CHECK_FALSE(is_text_of(1, text));
  CHECK(is_text_of(2, "Zm8"));
  for (const char* const text : {"Zm9", "Zm-", "Zm8="}) CHECK_FALSE(is_text_of(2, text));
  CHECK_FALSE(is_text_of(1, std::string_view("Z\0", 2)));
  CHECK_FALSE(is_text_of(0, "A"));
}

TEST_CASE("of all last characters those are taken whose idle bits are zero", "[config]") {
  // 43 characters are 258 bits, 32 bytes are 256.
  int taken = 0;
  for (int c = 0; c < 256; ++c) taken += is_text_of(32, std::string(42, 'A') + static_cast<char>(c)) ? 1 : 0;
  CHECK(taken == 16);
}

}  // namespace
}  // namespace p2p::config
