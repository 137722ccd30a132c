// What the path of a request asks for.
#include "peer/http/asked_path.hpp"

#include <string>

#include "config/hex.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::string shown(const std::string& path) {
  const auto parsed = parse_target(path);
  if (const auto* const fault = std::get_if<TargetFault>(&parsed)) return "fault: " + fault->why;
  const auto& target = std::get<AskedTarget>(parsed);
  return (target.asked.id ? config::to_hex(*target.asked.id) + ": " : "") + target.asked.path +
         (target.has_slash ? " (slash)" : "");
}

TEST_CASE("a path is a name, as it is or escaped", "[http]") {
  CHECK(shown("/") == " (slash)");
  CHECK(shown("/x") == "x");
  CHECK(shown("/a/b.txt") == "a/b.txt");
  CHECK(shown("/a/") == "a/ (slash)");
  CHECK(shown("/a%20b+c") == "a b+c");
  CHECK(shown("/%C3%A9") == "é");
  CHECK(shown("/%c3%a9") == "é");
  CHECK(shown("/é") == "é");
  CHECK(shown("/%25%32%46") == "%2F");
  CHECK(shown("/a\\b") == "a\\b");
}

TEST_CASE("a content is named by its id", "[http]") {
  CHECK(shown("/content/" + kId) == kId + ": ");
  CHECK(shown("/content/" + kId + "/") == kId + ":  (slash)");
  CHECK(shown("/content/" + kId + "/a/b") == kId + ": a/b");
  CHECK(shown("/content/" + kId + "/a/") == kId + ": a/ (slash)");
  CHECK(shown("/content/%30" + kId.substr(1)) == kId + ": ");
  // Anything else is a name.
  CHECK(shown("/content") == "content");
  CHECK(shown("/content/") == "content/ (slash)");
  CHECK(shown("/content/x") == "content/x");
  CHECK(shown("/content/" + kId + "0") == "content/" + kId + "0");
  CHECK(shown("/content/" + kId.substr(1)) == "content/" + kId.substr(1));
}

TEST_CASE("what is no path of names is refused, with why", "[http]") {
  for (const char* const path : {"/%2e%2e/x",  "/../x",
                                 "/a/../b",    "/.",
                                 "/..",        "//",
                                 "//x",        "/a//b",
                                 "/a//",       "/%00",
                                 "/a%0Ab",     "/%7f",
                                 "/%ff",       "/%c0%af",
                                 "/%ed%a0%80", "/a%2fb",
                                 "/a%2Fb",     "/%2F",
                                 "/%",         "/%2",
                                 "/%zz",       "/100%",
                                 "",           "x",
                                 "*",          "http://localhost/x"})
    CHECK(shown(path).starts_with("fault: "));
  CHECK(shown("/content/" + kId + "//").starts_with("fault: "));
  CHECK(shown("/content/" + kId + "/../x").starts_with("fault: "));
  CHECK(shown('/' + std::string(256, 'x')).starts_with("fault: "));
  CHECK(shown("/a%2fb") == "fault: no escape of a path stands for a slash");
  CHECK(shown("/100%") == "fault: a % in a path is followed by two hexadecimal digits");
}

TEST_CASE("what is escaped comes back", "[http]") {
  std::string all;
  for (int c = 1; c < 256; ++c)
    if (c != '/') all += static_cast<char>(c);
  CHECK(escape_part("a b/c:é?#%") == "a%20b%2Fc%3A%C3%A9%3F%23%25");
  CHECK(escape_path("a b/c") == "a%20b/c");
  for (const char c : escape_part(all)) CHECK((c > ' ' && c < 127 && c != '"' && c != '<' && c != '&' && c != '\''));
  CHECK(shown('/' + escape_path("<b> & \"c\"/it's/ü")) == "<b> & \"c\"/it's/ü");
}

}  // namespace
}  // namespace p2p
