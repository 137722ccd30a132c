// Lists, ETags, preferences and names in fields.
#include <array>
#include <string>

#include "peer/http/accept.hpp"
#include "peer/http/conditions.hpp"
#include "peer/http/field.hpp"
#include "peer/http/guard.hpp"
#include "peer/http/media_type.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("a list has words between its commas, but for those in quotes", "[http]") {
  CHECK(list_words("").empty());
  CHECK(list_words(" ,\t, ").empty());
  CHECK(list_words("a , b,c") == std::vector<std::string_view>{"a", "b", "c"});
  CHECK(list_words("\"a,b\", c") == std::vector<std::string_view>{"\"a,b\"", "c"});
  CHECK(list_words("\"a,b") == std::vector<std::string_view>{"\"a,b"});
  CHECK(list_words("a;q=1", ';') == std::vector<std::string_view>{"a", "q=1"});
}

TEST_CASE("ETags are compared as strong ones, or as weak ones where that will do", "[http]") {
  CHECK(has_etag("\"a\"", "\"a\"", false));
  CHECK(has_etag("\"b\", \"a\"", "\"a\"", false));
  CHECK(has_etag("*", "\"a\"", false));
  CHECK_FALSE(has_etag("W/\"a\"", "\"a\"", false));
  CHECK(has_etag("W/\"a\"", "\"a\"", true));
  for (const char* const list : {"", "a", "\"b\"", "\"a", "\"A\"", "w/\"a\"", "\"a,\"a\"", "\"*\""})
    CHECK_FALSE(has_etag(list, "\"a\"", true));
}

TEST_CASE("conditions go first as RFC 9110, section 13.2.2 has them", "[http]") {
  const auto wish = [](const char* match, const char* none_match) {
    Conditions conditions;
    if (match) conditions.if_match = match;
    if (none_match) conditions.if_none_match = none_match;
    return wish_of(conditions, "\"a\"");
  };
  CHECK(wish(nullptr, nullptr) == Wish::wanted);
  CHECK(wish("\"a\"", nullptr) == Wish::wanted);
  CHECK(wish("\"b\"", nullptr) == Wish::failed);
  CHECK(wish("W/\"a\"", nullptr) == Wish::failed);
  CHECK(wish(nullptr, "\"a\"") == Wish::unchanged);
  CHECK(wish(nullptr, "W/\"a\"") == Wish::unchanged);
  CHECK(wish(nullptr, "\"b\"") == Wish::wanted);
  CHECK(wish("\"b\"", "\"a\"") == Wish::failed);
}

TEST_CASE("ranges are of what there is only where its strong ETag says so", "[http]") {
  const auto hold = [](const char* said) {
    return ranges_hold({.if_match = {}, .if_none_match = {}, .if_range = said}, "\"a\"");
  };
  CHECK(ranges_hold({}, "\"a\""));
  CHECK(hold("\"a\""));
  for (const char* const other : {"", "\"b\"", "W/\"a\"", "*", "\"a\", \"b\"", "Fri, 27 Nov 2026 08:00:00 GMT"})
    CHECK_FALSE(hold(other));
}

TEST_CASE("a client gets the form that it prefers", "[http]") {
  constexpr std::array<std::string_view, 2> kForms{"text/html", "application/json"};
  const auto form = [&](const char* accept) { return kForms[preferred(accept, kForms)]; };
  for (const char* const accept :
       {"", "*/*", "text/html", "text/*, application/json;q=0.9", "text/html,application/xhtml+xml,*/*;q=0.8",
        "image/png", "application/json;q=0", "application/json;q=0.5, */*",
        "application/json;q=0.500, text/html;q=0.501", "garbage", ";;,"})
    CHECK(form(accept) == "text/html");
  for (const char* const accept :
       {"application/json", "APPLICATION/JSON", "application/*", "application/json, */*;q=0.5",
        "text/html;q=0.4, application/json;q=0.5", "application/json; charset=utf-8", "text/html;q=0, */*",
        "application/json ; q=1.000, text/html;q=0.999"})
    CHECK(form(accept) == "application/json");
}

TEST_CASE("a file is what the end of its name says", "[http]") {
  CHECK(media_type("a.txt") == "text/plain; charset=utf-8");
  CHECK(media_type("A.HTML") == "text/html; charset=utf-8");
  CHECK(media_type("x.tar.gz") == "application/gzip");
  CHECK(media_type("x.whl") == "application/zip");
  CHECK(media_type("x.deb") == "application/vnd.debian.binary-package");
  CHECK(media_type("x.json") == "application/json");
  CHECK(media_type("x.mp4") == "video/mp4");
  for (const char* const name : {"", "x", ".", "x.", "txt", "x.safetensors", "x.txt~"})
    CHECK(media_type(name) == "application/octet-stream");
}

TEST_CASE("a name is told in quotes, and as it is where those cannot have it", "[http]") {
  CHECK(disposition("a b.txt", false) == "inline; filename=\"a b.txt\"");
  CHECK(disposition("x", true) == "attachment; filename=\"x\"");
  CHECK(disposition("é\"\\;.txt", true) == "attachment; filename=\"____;.txt\"; filename*=UTF-8''%C3%A9%22%5C%3B.txt");
  CHECK(disposition("100%", false) == "inline; filename=\"100_\"; filename*=UTF-8''100%25");
}

TEST_CASE("a token is said as it is, or as a password", "[http]") {
  const std::string token = "0123456789abcdef";
  CHECK(has_basic_token("Basic dXNlcjowMTIzNDU2Nzg5YWJjZGVm", token));  // user:0123456789abcdef
  CHECK(has_basic_token("basic OjAxMjM0NTY3ODlhYmNkZWY=", token));      // :0123456789abcdef
  CHECK(has_basic_token("Basic eHg6MDEyMzQ1Njc4OWFiY2RlZg==", token));  // xx:0123456789abcdef
  for (const char* const header : {"", "Basic", "Basic ", "Basic =", "Basic ====", "Basic dXNlcg==",
                                   "Basic MDEyMzQ1Njc4OWFiY2RlZg==", "Bearer dXNlcjowMTIzNDU2Nzg5YWJjZGVm",
                                   "Basic dXNlcjowMTIzNDU2Nzg5YWJjZGV", "Basic dXNlcjowMTIzNDU2Nzg5YWJjZGVmMA==",
                                   "Basic !!!!", "Basic dXNlcjo=", "Basic OnVzZXI6MDEyMzQ1Njc4OWFiY2RlZg=="})
    CHECK_FALSE(has_basic_token(header, token));
  CHECK_FALSE(has_basic_token("Basic " + std::string(1 << 14, 'A'), token));
}

TEST_CASE("more names are ours when we were told", "[http]") {
  const std::vector<std::string> names{"gateway.example", "gw"};
  CHECK(is_named("gateway.example", names));
  CHECK(is_named("GW:8080", names));
  CHECK_FALSE(is_named("example", names));
  CHECK_FALSE(is_named("gw.example", names));
  CHECK_FALSE(is_named("gw:x", names));
  CHECK_FALSE(is_named("", names));
}

}  // namespace
}  // namespace p2p
