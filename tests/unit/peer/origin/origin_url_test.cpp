#include "peer/origin/origin_url.hpp"

#include <stdexcept>
#include <string>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

std::string fault(std::string_view text) {
  try {
    OriginUrl{text};
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("a URL is told without credentials, and in one spelling", "[origin]") {
  CHECK(OriginUrl("http://h").text() == "http://h/");
  CHECK(OriginUrl("HTTPS://Example.ORG:443/Models").text() == "https://example.org/Models/");
  CHECK(OriginUrl("http://example.org:80/").text() == "http://example.org/");
  CHECK(OriginUrl("https://example.org:80/").text() == "https://example.org:80/");
  CHECK(OriginUrl("http://[::1]:8080/a/").text() == "http://[::1]:8080/a/");
  const OriginUrl url("https://me:p%40ss%3Aword@example.org/a/");
  CHECK(url.text() == "https://example.org/a/");
  CHECK(url.user() == "me");
  CHECK(url.password() == "p@ss:word");
  CHECK(url.has_credentials());
  CHECK(url.is_sealed());
  CHECK_FALSE(OriginUrl("http://h/").has_credentials());
  CHECK(OriginUrl("http://token@h/").user() == "token");
}

TEST_CASE("what is no URL of an origin is refused, with why and without the URL", "[origin]") {
  CHECK(fault("example.org").find("http://") != std::string::npos);
  CHECK(fault("ftp://example.org/").find("http://") != std::string::npos);
  CHECK(fault("file:///etc/passwd").find("http://") != std::string::npos);
  CHECK(fault("http://").find("host") != std::string::npos);
  CHECK(fault("http:///a").find("host") != std::string::npos);
  CHECK(fault("http://exa mple/").find("host") != std::string::npos);
  CHECK(fault("http://h/?token=1").find("query") != std::string::npos);
  CHECK(fault("http://h/#a").find("fragment") != std::string::npos);
  CHECK(fault("http://h:0/").find("port") != std::string::npos);
  CHECK(fault("http://h:65536/").find("port") != std::string::npos);
  CHECK(fault("http://h:8x/").find("port") != std::string::npos);
  CHECK(fault("http://[::1/").find("IPv6") != std::string::npos);
  CHECK(fault("http://[::g]/").find("IPv6") != std::string::npos);
  CHECK(fault("http://[::1]x/").find("port") != std::string::npos);
  CHECK(fault("http://h/a b/").find("%XX") != std::string::npos);
  CHECK(fault("http://h/\xc3\xa9/").find("%XX") != std::string::npos);
  CHECK(fault("http://u:secret%2@h/").find("credentials") != std::string::npos);
  for (const char* const text :
       {"http://u:secret@h:0/", "http://u:secret%zz@h/", "http://u:secret@/", "x://u:secret@h/"})
    CHECK(fault(text).find("secret") == std::string::npos);
}

TEST_CASE("a path of the network is part of the URL, as what it is", "[origin]") {
  const OriginUrl url("http://me:secret@h/models");
  CHECK(url.of("a/b-1.0_x~y.bin") == "http://h/models/a/b-1.0_x~y.bin");
  CHECK(url.of("a b?c#d%41") == "http://h/models/a%20b%3Fc%23d%2541");
  CHECK(url.of("\xc3\xa9/+&=@:") == "http://h/models/%C3%A9/%2B%26%3D%40%3A");
}

}  // namespace
}  // namespace p2p
