// --http, --http-token, --http-cert, --http-key, --http-name.
#include "peer/commands/http_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

HttpOptions parsed(std::vector<std::string> words) {
  CLI::App app;
  HttpOptions options;
  add_http_options(app, options);
  std::ranges::reverse(words);
  app.parse(words);
  check_http_options(options);
  return options;
}

TEST_CASE("contents are served by HTTP where a place is said", "[commands]") {
  CHECK_FALSE(parsed({}).place);
  CHECK(parsed({"--http", "8080"}).place->port == 8080);
  CHECK(parsed({"--http", "8080"}).place->host == "127.0.0.1");
  CHECK(parsed({"--http", "[::1]:0"}).place->host == "::1");
  CHECK(parsed({"--http", "unix:s"}).place->path == "s");
  for (const char* const word : {"", "x", "65536", ":80", "::1:80", "unix:"})
    CHECK_THROWS_AS(parsed({"--http", word}), CLI::ParseError);
}

TEST_CASE("what belongs to --http is said with it", "[commands]") {
  const HttpOptions options = parsed({"--http", "0", "--http-token", "t", "--http-cert", "c", "--http-key", "k",
                                      "--http-name", "gateway.example", "--http-name", "gw"});
  CHECK(options.token == "t");
  CHECK(options.certificate == "c");
  CHECK(options.key == "k");
  CHECK(options.names == std::vector<std::string>{"gateway.example", "gw"});
  for (const char* const option : {"--http-token", "--http-name"})
    CHECK_THROWS_AS(parsed({option, "x"}), CLI::ValidationError);
  CHECK_THROWS_AS(parsed({"--http-cert", "c", "--http-key", "k"}), CLI::ValidationError);
  CHECK_THROWS_AS(parsed({"--http", "0", "--http-name", "a b"}), CLI::ValidationError);
}

TEST_CASE("a certificate and its key belong together", "[commands]") {
  CHECK_THROWS_AS(parsed({"--http", "0", "--http-cert", "c"}), CLI::ValidationError);
  CHECK_THROWS_AS(parsed({"--http", "0", "--http-key", "k"}), CLI::ValidationError);
}

}  // namespace
}  // namespace p2p
