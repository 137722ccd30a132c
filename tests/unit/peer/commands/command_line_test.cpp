// The command line as checked values.
#include "peer/commands/classic_command.hpp"

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "peer/discovery/dht_module.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

/// What the parser prints, kept out of the test's own output.
class Captured {
 public:
  Captured() : out_(std::cout.rdbuf(text_.rdbuf())), err_(std::cerr.rdbuf(text_.rdbuf())) {}
  ~Captured() {
    std::cout.rdbuf(out_);
    std::cerr.rdbuf(err_);
  }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* out_;
  std::streambuf* err_;
};

struct Parsed {
  std::variant<RunOptions, ExitCode> result;
  std::string printed;

  const RunOptions& options() const { return std::get<RunOptions>(result); }
  int exit_code() const {
    return std::holds_alternative<ExitCode>(result) ? static_cast<int>(std::get<ExitCode>(result)) : -1;
  }
};

Parsed parse(std::vector<const char*> words) {
  words.insert(words.begin(), "peerProcess");
  const Captured captured;
  auto result = parse_classic(static_cast<int>(words.size()), words.data());
  return {std::move(result), captured.text()};
}

TEST_CASE("a peer ID alone runs the classic peer in this directory", "[command line]") {
  const Parsed parsed = parse({"1001"});
  REQUIRE(parsed.exit_code() == -1);
  CHECK(parsed.options().peer_id == 1001);
  CHECK(parsed.options().directory == ".");
  CHECK_FALSE(parsed.options().check);
  CHECK(parsed.options().max_pipeline == 512);
  CHECK(parsed.options().progress == ProgressMode::automatic);
  CHECK(parsed.options().log_level == "warn");
  CHECK_FALSE(parsed.options().timeout_s);
  CHECK(parsed.options().exit_when == ExitWhen::all);
  CHECK(parsed.options().linger_s == 0);
  CHECK_FALSE(parsed.options().patience_s);
  CHECK(parsed.printed == "");
}

TEST_CASE("each option is understood", "[command line]") {
  const test::TempDir dir;
  const std::string directory = dir.path().string();
  const Parsed parsed = parse({"--dir", directory.c_str(), "--check", "--pipeline", "1", "--progress", "plain",
                               "--log-level", "debug", "--timeout", "60", "2147483647"});
  REQUIRE(parsed.exit_code() == -1);
  CHECK(parsed.options().peer_id == 2147483647);
  CHECK(parsed.options().directory == dir.path());
  CHECK(parsed.options().check);
  CHECK(parsed.options().max_pipeline == 1);
  CHECK(parsed.options().progress == ProgressMode::plain);
  CHECK(parsed.options().log_level == "debug");
  CHECK(parsed.options().timeout_s == 60u);
}

TEST_CASE("the least and the largest values are accepted", "[command line]") {
  CHECK(parse({"0"}).options().peer_id == 0);
  CHECK(parse({"1", "--pipeline=4096"}).options().max_pipeline == 4096);
  CHECK(parse({"1", "--timeout=1"}).options().timeout_s == 1u);
  CHECK(parse({"1", "--progress=bar"}).options().progress == ProgressMode::bar);
  CHECK(parse({"1", "--progress=none"}).options().progress == ProgressMode::none);
  CHECK(parse({"1", "--progress=auto"}).options().progress == ProgressMode::automatic);
  CHECK(parse({"1", "--exit-when=all"}).options().exit_when == ExitWhen::all);
  CHECK(parse({"1", "--exit-when=self", "--linger=31536000"}).options().exit_when == ExitWhen::self);
  CHECK(parse({"1", "--exit-when=self", "--linger=31536000"}).options().linger_s == 31'536'000u);
  CHECK(parse({"1", "--patience=0"}).options().patience_s == 0u);
  CHECK(parse({"1", "--patience=60", "--exit-when=all"}).options().patience_s == 60u);
  CHECK(parse({"1", "--exit-when=never", "--linger=0"}).options().exit_when == ExitWhen::never);
  CHECK(parse({"1", "--log-level=off"}).options().log_level == "off");
}

TEST_CASE("help and version are no errors", "[command line]") {
  const Parsed help = parse({"--help"});
  CHECK(help.exit_code() == 0);
  for (const char* expected : {"--dir", "--check", "--pipeline", "--progress", "--log-level", "--timeout",
                               "--exit-when", "--linger", "64 bad configuration", "65 port in use"}) {
    INFO(expected);
    CHECK(help.printed.find(expected) != std::string::npos);
  }
  const Parsed version = parse({"--version"});
  CHECK(version.exit_code() == 0);
  CHECK(version.printed.starts_with("peerProcess "));
  CHECK(version.printed.ends_with(has_dht_module() ? "\nDHT: OpenDHT\n"
                                                   : "\nDHT: none (there is no peerProcess-dht.so)\n"));
}

TEST_CASE("what cannot be meant is a usage error with a message", "[command line]") {
  const std::vector<std::vector<const char*>> wrong = {
      {},
      {"one"},
      {"-1"},
      {"2147483648"},
      {"99999999999999999999"},
      {"1001", "1002"},
      {"1001", "--pipeline", "0"},
      {"1001", "--pipeline", "4097"},
      {"1001", "--timeout", "0"},
      {"1001", "--exit-when", "soon"},
      {"1001", "--linger", "-1"},
      {"1001", "--linger", "31536001"},
      {"1001", "--exit-when", "never", "--linger", "1"},
      {"1001", "--patience", "-1"},
      {"1001", "--patience", "31536001"},
      {"1001", "--exit-when", "never", "--patience", "1"},
      {"1001", "--exit-when", "self", "--patience", "0"},
      {"1001", "--progress", "loud"},
      {"1001", "--log-level", "chatty"},
      {"1001", "--dir", "/nonexistent/directory"},
      {"1001", "--no-such-option"},
      {"1001", "--dir"},
  };
  for (const auto& words : wrong) {
    std::string all;
    for (const char* word : words) all += std::string(" ") + word;
    INFO(all);
    const Parsed parsed = parse(words);
    CHECK(parsed.exit_code() == 28);
    CHECK_FALSE(parsed.printed.empty());
  }
}

}  // namespace
}  // namespace p2p
