// --status, --status-token, --json-events.
#include "peer/commands/status_options.hpp"

#include <CLI/CLI.hpp>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

StatusOptions parsed(std::vector<std::string> words, bool json = false) {
  CLI::App app;
  StatusOptions options;
  add_status_options(app, options);
  std::ranges::reverse(words);
  app.parse(words);
  check_status_options(options, json);
  return options;
}

TEST_CASE("nothing is served unless it is said", "[commands]") {
  const StatusOptions options = parsed({});
  CHECK_FALSE(options.any());
  CHECK_FALSE(options.json_events);
}

TEST_CASE("a place is a port, a host and a port, or a Unix socket", "[commands]") {
  const auto place = [](const std::string& word) { return *parsed({"--status", word}).place; };
  CHECK(place("8080").host == "127.0.0.1");
  CHECK(place("8080").port == 8080);
  CHECK(place("0").port == 0);
  CHECK(place("peers.example:1").host == "peers.example");
  CHECK(place("[::1]:9").host == "::1");
  CHECK(place("[::1]:9").port == 9);
  CHECK(place("unix:a b/c:1").path == "a b/c:1");
  CHECK(place("8080").path.empty());
}

TEST_CASE("what is no place is refused", "[commands]") {
  for (const char* const word :
       {"", "x", "65536", "-1", "host:", ":80", "::1:80", "[::1]", "[host]:80", "unix:", "1.5", "h:80x"})
    CHECK_THROWS_AS(parsed({"--status", word}), CLI::ParseError);
}

TEST_CASE("events go to stdout, or to the descriptor that is said", "[commands]") {
  CHECK(parsed({"--json-events"}).json_events == 1);
  CHECK(parsed({"--json-events=3"}).json_events == 3);
  CHECK_THROWS_AS(parsed({"--json-events=-3"}), CLI::ParseError);
  CHECK_THROWS_AS(parsed({"--json-events=x"}), CLI::ParseError);
}

TEST_CASE("what does not go together is refused", "[commands]") {
  CHECK_THROWS_AS(parsed({"--status-token", "file"}), CLI::ValidationError);
  CHECK_THROWS_AS(parsed({"--json-events"}, true), CLI::ValidationError);
  CHECK(parsed({"--json-events=3"}, true).json_events == 3);
}

}  // namespace
}  // namespace p2p
