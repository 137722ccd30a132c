// Fingerprints: 43 characters, and nothing else.
#include "config/fingerprint.hpp"

#include "tests/support/catch.hpp"

namespace p2p::config {
namespace {

constexpr std::string_view kText = "GyzRYV2-jHqvAi6aDa24yQ1WD0bTFDkxWm5G1HyIKmU";

TEST_CASE("a fingerprint has one text", "[config]") {
  const auto fingerprint = parse_fingerprint(kText);
  REQUIRE(fingerprint);
  CHECK(fingerprint->bytes[0] == std::byte{0x1b});
  CHECK(fingerprint->bytes[31] == std::byte{0x65});
  CHECK(to_text(*fingerprint) == kText);
  CHECK(to_text(Fingerprint{}) == std::string(43, 'A'));
}

TEST_CASE("what is no fingerprint is none", "[config]") {
  const std::string text(kText);
  for (const std::string& wrong : {std::string(), text.substr(1), text + "A", text + "=", " " + text.substr(1),
                                   "+" + text.substr(1), text.substr(0, 42) + "V", text.substr(0, 42) + "\n"})
    CHECK_FALSE(parse_fingerprint(wrong));
}

}  // namespace
}  // namespace p2p::config
