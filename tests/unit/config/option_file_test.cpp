// A file of options as keys, values and places.
#include "config/option_file.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/findings.hpp"

namespace p2p::config {
namespace {

TEST_CASE("an option file has an option a line", "[option file]") {
  const auto options = parse_option_file(
      "\xef\xbb\xbf# what we share\r\n\nfolder = /srv/my models\t# here\r\n  join=one:5000,two\nhidden\t=\ttrue\n"
      "host = \"::1 # no comment\"  # one\nas = 'a \"b\"'\ntoken = a#b",
      "o");
  REQUIRE(options.size() == 6);
  CHECK(options[0].key == "folder");
  CHECK(options[0].value == "/srv/my models");
  CHECK(options[0].line == 3);
  CHECK(options[0].column == 1);
  CHECK(options[1].key == "join");
  CHECK(options[1].value == "one:5000,two");
  CHECK(options[1].column == 3);
  CHECK(options[2].value == "true");
  CHECK(options[3].value == "::1 # no comment");
  CHECK(options[4].value == "a \"b\"");
  CHECK(options[5].value == "a#b");
  CHECK(parse_option_file("", "o").empty());
}

TEST_CASE("an option file says where it is wrong, and what was expected", "[option file]") {
  const auto fault = [](const std::string& text) { return findings_of([&] { parse_option_file(text, "o"); }); };
  CHECK(fault("\n hidden\n") == "o:2:2: \"hidden\" is no option, expected OPTION = VALUE, such as port = 5000");
  CHECK(fault("--port = 1") == "o:1:1: \"--port\" is no option, expected OPTION = VALUE, such as port = 5000");
  CHECK(fault("[share]").starts_with("o:1:1: \"[share]\" is no option"));
  CHECK(fault("= 5").starts_with("o:1:1: \"\" is no option"));
  CHECK(fault("port =  # none") == "o:1:7: expected a value for port");
  CHECK(fault("port = \"\"") == "o:1:7: expected a value for port");
  CHECK(fault("as = \"models") == "o:1:5: expected a value in quotes that ends where the line, or its comment, does");
  CHECK(fault("as = 'a' b").starts_with("o:1:5: expected a value in quotes"));
  CHECK(fault(std::string("as = a\0b", 8)) == "o:1:5: the value of as has a zero byte");
}

}  // namespace
}  // namespace p2p::config
