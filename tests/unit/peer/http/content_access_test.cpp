// Who may read contents by HTTP, and by which name and what means.
#include <openssl/ssl.h>

#include "peer/http/content_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_content_host.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/secret_files.hpp"
#include "tests/support/web_certificate.hpp"

namespace p2p {
namespace {

using test::ask;
using test::FakeContentHost;
using test::HttpAnswer;
using test::HttpClient;
using test::TempDir;

const std::string kToken = "0123456789abcdef";

std::string ending_of(const HttpOptions& options, bool is_private = false) {
  FakeContentHost host;
  return test::ending_of([&] { ContentServer(host, options, is_private); });
}

TEST_CASE("with a token all of it wants it, as a bearer's or as a password, and it is never told", "[http]") {
  const TempDir dir;
  FakeContentHost host;
  host.add_file("x.bin", "hello");
  host.hold();
  const ContentServer server(host, {.place = HttpPlace{}, .token = test::write_with_mode(dir, "token", kToken + '\n')},
                             false);
  for (const char* const path : {"/", "/x.bin", "/%00", "/content/x"})
    for (const std::string& header : {std::string(), "Authorization: Bearer " + kToken + "x\r\n",
                                      std::string("Authorization: Basic dXNlcjp4\r\n")}) {
      const HttpAnswer refused = ask(server.url(), path, header);
      CHECK(refused.code == "401");
      CHECK(refused.head.find("WWW-Authenticate: Bearer realm=") != std::string::npos);
      CHECK(refused.head.find("WWW-Authenticate: Basic realm=") != std::string::npos);
      CHECK((refused.head + refused.body).find(kToken) == std::string::npos);
    }
  CHECK(host.held() == 0);
  host.release();
  const HttpAnswer bearer = ask(server.url(), "/x.bin", "Authorization: Bearer " + kToken + "\r\n");
  CHECK(bearer.code == "200");
  CHECK(bearer.header("Cache-Control") == "private, no-cache");
  CHECK(ask(server.url(), "/x.bin", "Authorization: Basic dXNlcjowMTIzNDU2Nzg5YWJjZGVm\r\n").body == "hello");
}

TEST_CASE("a private network is read by nobody without a token, at whatever place", "[http]") {
  const TempDir dir;
  const auto token = test::write_with_mode(dir, "token", kToken + '\n');
  const std::string end = ending_of({.place = HttpPlace{}}, true);
  CHECK(end.starts_with("28: --http in a private network wants --http-token FILE"));
  CHECK(ending_of({.place = HttpPlace{.path = dir / "s"}}, true).starts_with("28: "));
  CHECK_FALSE(std::filesystem::exists(dir / "s"));
  CHECK(ending_of({.place = HttpPlace{}, .token = token}, true).empty());
}

TEST_CASE("beyond this machine there has to be a token or a certificate", "[http]") {
  const TempDir dir;
  const HttpPlace everywhere{.host = "0.0.0.0"};
  const std::string end = ending_of({.place = everywhere});
  CHECK(end.starts_with("28: --http http://0.0.0.0:"));
  CHECK(end.find("--http-token FILE") != std::string::npos);
  CHECK(end.find("--http-cert FILE") != std::string::npos);
  CHECK(ending_of({.place = everywhere, .token = test::write_with_mode(dir, "token", kToken + '\n')}).empty());
  const test::WebCertificate web(dir);
  CHECK(ending_of({.place = everywhere, .certificate = web.certificate, .key = web.key}).empty());
  CHECK(ending_of({.place = everywhere, .certificate = web.certificate, .key = web.key}, true).starts_with("28: "));
}

TEST_CASE("files of secrets are nobody else's, and are what they are said to be", "[http]") {
  const TempDir dir;
  const test::WebCertificate web(dir), other(dir, "other");
  const auto with = [&](const std::filesystem::path& certificate, const std::filesystem::path& key) {
    return ending_of({.place = HttpPlace{}, .certificate = certificate, .key = key});
  };
  const auto junk = test::write_with_mode(dir, "junk", "hush\n");
  CHECK(with(web.certificate, web.key).empty());
  CHECK(with(junk, web.key).starts_with("28: --http-cert: "));
  CHECK(with(dir / "absent", web.key).starts_with("28: --http-cert: "));
  CHECK(with(web.certificate, junk).starts_with("28: --http-key: "));
  CHECK(with(web.certificate, junk).find("hush") == std::string::npos);
  CHECK(with(web.certificate, dir / "absent").starts_with("66: "));
  CHECK(with(web.certificate, other.key).find("is not the key of") != std::string::npos);
  std::filesystem::permissions(web.key, std::filesystem::perms(0640));
  CHECK(with(web.certificate, web.key).starts_with("66: "));
  const auto open = test::write_with_mode(dir, "open", kToken + '\n', 0644);
  CHECK(ending_of({.place = HttpPlace{}, .token = open}).starts_with("66: "));
  const auto poor = test::write_with_mode(dir, "poor", "hush\n");
  CHECK(ending_of({.place = HttpPlace{}, .token = poor}).starts_with("28: --http-token: "));
}

TEST_CASE("whoever calls us by a name that is not ours is refused", "[http]") {
  FakeContentHost host;
  host.add_file("x.bin", "hello");
  const ContentServer server(host, {.place = HttpPlace{}, .names = {"gateway.example"}}, false);
  const auto code = [&](const std::string& hosts) {
    HttpClient client(server.url());
    client.say("GET /x.bin HTTP/1.1\r\n" + hosts + "Connection: close\r\n\r\n");
    return HttpAnswer(client.hear()).code;
  };
  CHECK(code("Host: localhost:1\r\n") == "200");
  CHECK(code("Host: 127.0.0.1\r\n") == "200");
  CHECK(code("Host: gateway.example:8080\r\n") == "200");
  CHECK(code("Host: evil.example\r\n") == "403");
  CHECK(code("Host: localhost\r\nHost: evil.example\r\n") != "200");
  CHECK(code("") != "200");
}

/// What a client of TLS hears that takes any certificate; empty: they do not understand each other.
std::string hear_by_tls(const std::string& url, int version, const std::string& said) {
  const std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context(::SSL_CTX_new(::TLS_client_method()),
                                                                    ::SSL_CTX_free);
  ::SSL_CTX_set_security_level(context.get(), 0);
  ::SSL_CTX_set_min_proto_version(context.get(), version);
  ::SSL_CTX_set_max_proto_version(context.get(), version);
  const HttpClient client(url);
  const std::unique_ptr<SSL, decltype(&::SSL_free)> tls(::SSL_new(context.get()), ::SSL_free);
  ::SSL_set_fd(tls.get(), client.descriptor());
  if (::SSL_connect(tls.get()) != 1) return {};
  ::SSL_write(tls.get(), said.data(), static_cast<int>(said.size()));
  std::string text;
  char buffer[4096];
  for (int n; (n = ::SSL_read(tls.get(), buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  return text;
}

TEST_CASE("with a certificate nothing is said in the clear, nor by TLS of old", "[http]") {
  const TempDir dir;
  const test::WebCertificate web(dir);
  FakeContentHost host;
  const std::string bytes(3 << 20, 'x');
  const auto source = host.add_file("x.bin", bytes);
  const ContentServer server(host, {.place = HttpPlace{}, .certificate = web.certificate, .key = web.key}, false);
  CHECK(server.url().starts_with("https://127.0.0.1:"));
  const std::string request = "GET /x.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  CHECK(HttpAnswer(hear_by_tls(server.url(), TLS1_3_VERSION, request)).body == bytes);
  CHECK(HttpAnswer(hear_by_tls(server.url(), TLS1_2_VERSION, request)).body == bytes);
  CHECK(hear_by_tls(server.url(), TLS1_1_VERSION, request).empty());
  HttpClient clear(server.url());
  clear.say(request);
  CHECK(clear.hear().find("HTTP/1.1 200") == std::string::npos);
}

}  // namespace
}  // namespace p2p
