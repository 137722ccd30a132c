// The command lines of peerProcess manifest and verify as checked values.
#include "peer/commands/subcommands.hpp"

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

std::optional<Subcommand> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "peerProcess");
  // What is printed is kept out of the test's own output.
  std::ostringstream printed;
  auto* const out = std::cout.rdbuf(printed.rdbuf());
  auto* const err = std::cerr.rdbuf(printed.rdbuf());
  auto parsed = parse_subcommand(static_cast<int>(words.size()), words.data());
  std::cout.rdbuf(out);
  std::cerr.rdbuf(err);
  return parsed;
}

template <class Options>
Options parsed(std::vector<const char*> words) {
  const auto subcommand = parse(std::move(words));
  REQUIRE(subcommand);
  REQUIRE(std::holds_alternative<Options>(*subcommand));
  return std::get<Options>(*subcommand);
}

TEST_CASE("only the first word makes a subcommand", "[command line]") {
  CHECK_FALSE(parse({"1001"}));
  CHECK_FALSE(parse({"1001", "manifest"}));
  CHECK_FALSE(parse({"--help"}));
  CHECK(parse({"manifest"}));
  CHECK(parse({"verify"}));
  CHECK(parse({"share"}));
  CHECK(parse({"ls", "--help"}));
  CHECK(parse({"get"}));
}

TEST_CASE("no word at all, and a word that is neither a command nor an ID, is a usage error", "[command line]") {
  for (const auto& words : {std::vector<const char*>{}, {"Manifest"}, {"shrae"}, {""}}) {
    const auto subcommand = parse(words);
    REQUIRE(subcommand);
    REQUIRE(std::holds_alternative<ExitCode>(*subcommand));
    CHECK(std::get<ExitCode>(*subcommand) == ExitCode::usage);
  }
}

TEST_CASE("the manifest's options are understood", "[command line]") {
  const auto least = parsed<ManifestOptions>({"manifest", "a", "-o", "m"});
  CHECK(least.paths == std::vector<std::filesystem::path>{"a"});
  CHECK(least.output == "m");
  CHECK_FALSE(least.piece_size);
  CHECK(least.piece_hash == config::PieceHash::sha256);
  CHECK(least.jobs >= 1);
  CHECK(least.progress == ProgressMode::automatic);
  CHECK_FALSE(least.json);
  const auto all = parsed<ManifestOptions>({"manifest", "--output=m", "a", "b c", "--piece-hash", "xxh3", "--jobs", "3", "--json",
                                            "--progress", "none", "--piece-size", "5"});
  CHECK(all.paths == std::vector<std::filesystem::path>{"a", "b c"});
  CHECK(all.piece_hash == config::PieceHash::xxh3);
  CHECK(all.jobs == 3);
  CHECK(all.json);
  CHECK(all.progress == ProgressMode::none);
  CHECK(all.piece_size == 5u);
}

TEST_CASE("a piece size is bytes, KiB, MiB or auto", "[command line]") {
  const auto size = [](const char* word) { return parsed<ManifestOptions>({"manifest", "a", "-o", "m", "--piece-size", word}).piece_size; };
  CHECK_FALSE(size("auto"));
  CHECK(size("1") == 1u);
  CHECK(size("67108864") == 64u << 20);
  CHECK(size("256KiB") == 256u << 10);
  CHECK(size("64MiB") == 64u << 20);
  for (const char* word : {"0", "67108865", "65MiB", "0KiB", "MiB", "-1", "1.5MiB", "1MB", "18446744073709551615MiB", "all", ""})
    CHECK(parsed<ExitCode>({"manifest", "a", "-o", "m", "--piece-size", word}) == ExitCode::usage);
}

TEST_CASE("verify's options are understood", "[command line]") {
  const auto options = parsed<VerifyOptions>({"verify", "m", "d", "--jobs=2", "--json"});
  CHECK(options.manifest == "m");
  CHECK(options.content == "d");
  CHECK(options.jobs == 2);
  CHECK(options.json);
}

TEST_CASE("a subcommand's help is no error, and what cannot be meant is one", "[command line]") {
  CHECK(parsed<ExitCode>({"manifest", "--help"}) == ExitCode::complete);
  CHECK(parsed<ExitCode>({"verify", "--help"}) == ExitCode::complete);
  const std::vector<std::vector<const char*>> wrong = {
      {"manifest"},           {"manifest", "a"},           {"manifest", "-o", "m"},
      {"verify"},             {"verify", "m"},             {"verify", "m", "d", "e"},
      {"verify", "m", "d", "--jobs", "0"}, {"verify", "m", "d", "--progress", "loud"}, {"manifest", "a", "-o", "m", "--piece-hash", "md5"},
      {"manifest", "a", "-o", "m", "--timeout", "1"}};
  for (const auto& words : wrong) CHECK(parsed<ExitCode>(words) == ExitCode::usage);
}

}  // namespace
}  // namespace p2p
