// The page, and what it may do.
#include "peer/http/page.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("a page may run and be styled by what it has in it, and by nothing else", "[http]") {
  // openssl dgst -sha256 -binary | base64
  const std::string policy = content_policy("<style>a</style><script>b</script><script type=\"x\">a</script>");
  CHECK(policy ==
        "default-src 'none'; connect-src 'self'; img-src data:; style-src "
        "'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='; script-src "
        "'sha256-PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0=' "
        "'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'");
}

TEST_CASE("a page without a script may run none", "[http]") {
  CHECK(content_policy("<p>").find("script-src 'none'") != std::string::npos);
  CHECK(content_policy("<script>never ended").find("script-src 'none'") != std::string::npos);
}

TEST_CASE("the dashboard is compiled in, whole", "[http]") {
  CHECK(dashboard().starts_with("<!DOCTYPE html>"));
  CHECK(dashboard().ends_with("</html>\n"));
}

}  // namespace
}  // namespace p2p
