// Who may take part in a private network, as people write it down.
#include "config/allow_list.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/findings.hpp"

namespace p2p::config {
namespace {

std::string text_of(unsigned seed) {
  Fingerprint fingerprint;
  std::ranges::fill(fingerprint.bytes, std::byte(seed));
  return to_text(fingerprint);
}

TEST_CASE("an allow list is a fingerprint and a name a line", "[allow]") {
  const auto list =
      parse_allow_list("# the lab\n" + text_of(1) + " anna\n\n" + text_of(2) + "\tben # his laptop\r\n", "a");
  REQUIRE(list.size() == 2);
  CHECK(to_text(list[0].key) == text_of(1));
  CHECK(list[0].name == "anna");
  CHECK(list[1].name == "ben");
  CHECK(parse_allow_list("", "a").empty());
}

TEST_CASE("an allow list says where it is wrong, and what was expected", "[allow]") {
  const auto fault = [](const std::string& text) { return findings_of([&] { parse_allow_list(text, "a"); }); };
  CHECK(fault("anna " + text_of(1)) ==
        "a:1:1: \"anna\" is no fingerprint, expected 43 letters, digits, - and _ as `peerProcess key` prints them, and "
        "then a name");
  CHECK(fault(text_of(1)) == "a:1:44: 1 word, expected 2: a fingerprint and a name");
  CHECK(fault(text_of(1) + " anna smith") == "a:1:50: 3 words, expected 2: a fingerprint and a name");
  CHECK(fault(text_of(1) + " anna\n" + text_of(1) + " ben") == "a:2:1: this key stands here again, first on line 1");
  CHECK(fault(text_of(1) + " anna\nx\ny z").find("a:2:1") == 0);
}

}  // namespace
}  // namespace p2p::config
