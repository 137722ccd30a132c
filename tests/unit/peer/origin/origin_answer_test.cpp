#include "peer/origin/origin_answer.hpp"

#include <string>
#include <vector>

#include "config/hex.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

OriginHead head(const std::vector<std::string>& lines) {
  OriginHead head;
  for (const std::string& line : lines) head.take_line(line + "\r\n");
  return head;
}

OriginHead partial(const std::string& range, const std::string& etag = "\"v1\"") {
  return head({"HTTP/1.1 206 Partial Content", "Content-Range: " + range, "ETag: " + etag});
}

OriginVersion version(const OriginHead& head) {
  const auto answer = version_of(head);
  REQUIRE(std::holds_alternative<OriginVersion>(answer));
  return std::get<OriginVersion>(answer);
}

OriginFault fault(const OriginHead& head) {
  const auto answer = version_of(head);
  REQUIRE(std::holds_alternative<OriginFault>(answer));
  return std::get<OriginFault>(answer);
}

TEST_CASE("an answer to a range says mark, size and that there are ranges", "[origin]") {
  CHECK(version(partial("bytes 0-0/1000")) == OriginVersion{"etag \"v1\"", 1000, true});
  CHECK(version(head({"HTTP/1.1 200 OK", "content-length:  77 ", "last-modified: yesterday"})) ==
        OriginVersion{"modified yesterday", 77, false});
  CHECK(version(head({"HTTP/2 206 ", "Content-Range: bytes 0-0/5", "ETag: W/\"w\"", "Last-Modified: d"})).mark ==
        "etag W/\"w\" modified d");
  CHECK(version(head({"HTTP/1.1 206 x", "Content-Range: bytes 0-0/5", "ETag: \"s\"", "Last-Modified: d"})).mark ==
        "etag \"s\"");
  CHECK(version(head({"HTTP/1.1 416 x", "Content-Range: bytes */0", "ETag: \"s\""})) ==
        OriginVersion{"etag \"s\"", 0, false});
}

TEST_CASE("after a redirect only the last answer counts", "[origin]") {
  CHECK(version(head({"HTTP/1.1 302 Found", "ETag: \"old\"", "Content-Length: 5", "", "HTTP/1.1 200 OK",
                      "Content-Length: 7", "ETag: \"new\""})) == OriginVersion{"etag \"new\"", 7, false});
}

TEST_CASE("what cannot be fetched says why", "[origin]") {
  using Kind = OriginFault::Kind;
  for (const int status : {404, 410}) CHECK(fault(head({"HTTP/1.1 " + std::to_string(status)})).kind == Kind::nothing);
  for (const int status : {401, 403, 500, 503, 301, 204})
    CHECK(fault(head({"HTTP/1.1 " + std::to_string(status)})).why.find(std::to_string(status)) != std::string::npos);
  CHECK(fault(head({"HTTP/1.1 403"})).kind == Kind::refused);
  CHECK(fault(head({"HTTP/1.1 200 OK", "ETag: \"s\""})).why.find("large") != std::string::npos);
  CHECK(fault(head({"HTTP/1.1 200 OK", "Content-Length: 5"})).why.find("ETag") != std::string::npos);
  CHECK(
      fault(head({"HTTP/1.1 200 OK", "Content-Length: 5", "ETag: \"s\"", "Content-Encoding: gzip"})).why.find("gzip") !=
      std::string::npos);
  for (const char* const range : {"", "bytes 0-0/*", "bytes 0-0", "bytes 5-4/9", "bytes 0-9/9", "items 0-0/9",
                                  "bytes -1-0/9", "bytes 0-0/9x", "bytes 0-0/99999999999999999999"})
    CHECK(fault(partial(range)).why.find("large") != std::string::npos);
}

TEST_CASE("the bytes of a range are those of the version, or an error", "[origin]") {
  using Kind = OriginFault::Kind;
  const OriginVersion v = version(partial("bytes 0-0/1000"));
  CHECK_FALSE(range_fault(partial("bytes 100-199/1000"), v, 100, 200));
  CHECK(range_fault(partial("bytes 100-198/1000"), v, 100, 200)->kind == Kind::refused);
  CHECK(range_fault(partial("bytes 100-199/1001"), v, 100, 200)->kind == Kind::changed);
  CHECK(range_fault(partial("bytes 100-199/1000", "\"v2\""), v, 100, 200)->kind == Kind::changed);
  CHECK(range_fault(head({"HTTP/1.1 200 OK", "Content-Length: 1000", "ETag: \"v1\""}), v, 100, 200)->kind ==
        Kind::changed);
  for (const int status : {412, 416, 404})
    CHECK(range_fault(head({"HTTP/1.1 " + std::to_string(status)}), v, 100, 200)->kind == Kind::changed);
  CHECK(range_fault(head({"HTTP/1.1 503"}), v, 100, 200)->kind == Kind::refused);
  const OriginVersion whole = version(head({"HTTP/1.1 200 OK", "Content-Length: 1000", "ETag: \"v1\""}));
  CHECK_FALSE(range_fault(head({"HTTP/1.1 200 OK", "Content-Length: 1000", "ETag: \"v1\""}), whole, 100, 200));
  CHECK(range_fault(head({"HTTP/1.1 200 OK", "Content-Length: 999", "ETag: \"v1\""}), whole, 0, 999)->kind ==
        Kind::changed);
}

TEST_CASE("the id of a version is a digest of what docs/HTTP.md says", "[origin]") {
  // printf 'peerProcess origin 1\nhttp://h/a\netag "v1"\n1000\n' | sha256sum
  CHECK(config::to_hex(id_of("http://h/a", version(partial("bytes 0-0/1000")))) ==
        "f5203134d6ba2671550db9a98fee2366b7ad5892081b481f21fdf1672883096a");
}

}  // namespace
}  // namespace p2p
