// Which words are subcommands, and the command lines of manifest and verify as checked values.
#include "peer/commands/subcommands.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/command_lines.hpp"

namespace p2p {
namespace {

using test::parsed;

/// The code to exit with; none for the command line of a peer.
std::optional<ExitCode> run(const std::vector<std::string>& words) {
  std::ostringstream unread;
  return test::with_words(words, unread, run_subcommand);
}

TEST_CASE("only the first word makes a subcommand", "[command line]") {
  CHECK_FALSE(run({"1001"}));
  CHECK_FALSE(run({"1001", "manifest"}));
  CHECK_FALSE(run({"--help"}));
  for (const char* const name : {"manifest", "verify", "chunks", "share", "ls", "get", "gateway", "key", "network"})
    CHECK(run({name, "--help"}) == ExitCode::complete);
  CHECK(run({"manifest"}) == ExitCode::usage);
}

TEST_CASE("no word at all, and a word that is neither a command nor an ID, is a usage error", "[command line]") {
  for (const auto& words : {std::vector<std::string>{}, {"Manifest"}, {"shrae"}, {""}})
    CHECK(run(words) == ExitCode::usage);
}

TEST_CASE("each subcommand is in the help of a peer, in the overview, and among the words that are expected",
          "[command line]") {
  std::ostringstream overview, unknown;
  test::with_words({}, overview, run_subcommand);
  test::with_words({"unheard-of"}, unknown, run_subcommand);
  CHECK(
      unknown.str().find("expected a peer's ID, share, ls, get, gateway, manifest, verify, chunks, key or network\n") !=
      std::string::npos);
  for (const std::string name : {"manifest", "verify", "chunks", "share", "ls", "get", "gateway", "key", "network"}) {
    CHECK(subcommands_help().find("\n  " + name + " ") != std::string::npos);
    CHECK(overview.str().find("\n  peerProcess " + name + " ") != std::string::npos);
  }
}

TEST_CASE("the table has each command with its options and exit codes", "[command line]") {
  const auto table_of = [](const std::vector<std::string>& words) {
    std::ostringstream printed;
    CHECK(test::with_words(words, printed, run_subcommand) == ExitCode::complete);
    return nlohmann::json::parse(printed.str());
  };
  const nlohmann::json table = table_of({"--help-json"});
  CHECK(table.at("program") == "peerProcess");
  std::vector<std::string> names;
  for (const auto& command : table.at("commands")) {
    names.push_back(command.at("name"));
    CHECK_FALSE(command.at("summary").get<std::string>().empty());
    CHECK(command.at("exit_codes").at(0).at("code") == 0);
    for (const auto& option : command.at("options")) {
      INFO(option.dump());
      CHECK_FALSE(option.at("help").get<std::string>().empty());
      CHECK(option.at("names").back().get<std::string>().starts_with("--"));
    }
  }
  CHECK(names == std::vector<std::string>{"peerProcess", "peerProcess share", "peerProcess ls", "peerProcess get",
                                          "peerProcess gateway", "peerProcess manifest", "peerProcess verify",
                                          "peerProcess chunks", "peerProcess key", "peerProcess network"});
  const nlohmann::json ls = table_of({"ls", "--help-json"});
  CHECK(ls == table.at("commands").at(2));
  CHECK(ls.at("arguments").at(0).at("name") == "PREFIX");
  const auto option = [&](const std::string& name) {
    for (const auto& each : ls.at("options"))
      if (each.at("names").back() == name) return each;
    return nlohmann::json();
  };
  CHECK(option("--progress").at("choices") == std::vector<std::string>{"auto", "bar", "plain", "none"});
  CHECK(option("--progress").at("default") == "auto");
  CHECK(option("--progress").at("variable") == "PEERPROCESS_PROGRESS");
  CHECK(option("--join").at("value") == "HOST[:PORT],...");
  CHECK(option("--join").at("many") == true);
  CHECK_FALSE(option("--json").contains("value"));
  CHECK_FALSE(option("--help").contains("variable"));
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
  const auto all = parsed<ManifestOptions>({"manifest", "--output=m", "a", "b c", "--piece-hash", "xxh3", "--jobs", "3",
                                            "--json", "--progress", "none", "--piece-size", "5"});
  CHECK(all.paths == std::vector<std::filesystem::path>{"a", "b c"});
  CHECK(all.piece_hash == config::PieceHash::xxh3);
  CHECK(all.jobs == 3);
  CHECK(all.json);
  CHECK(all.progress == ProgressMode::none);
  CHECK(all.piece_size == 5u);
}

TEST_CASE("a piece size is bytes, KiB, MiB or auto", "[command line]") {
  const auto size = [](const char* word) {
    return parsed<ManifestOptions>({"manifest", "a", "-o", "m", "--piece-size", word}).piece_size;
  };
  CHECK_FALSE(size("auto"));
  CHECK(size("1") == 1u);
  CHECK(size("67108864") == 64u << 20);
  CHECK(size("256KiB") == 256u << 10);
  CHECK(size("64MiB") == 64u << 20);
  for (const char* word :
       {"0", "67108865", "65MiB", "0KiB", "MiB", "-1", "1.5MiB", "1MB", "18446744073709551615MiB", "all", ""})
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
  const std::vector<std::vector<std::string>> wrong = {{"manifest"},
                                                       {"manifest", "a"},
                                                       {"manifest", "-o", "m"},
                                                       {"verify"},
                                                       {"verify", "m"},
                                                       {"verify", "m", "d", "e"},
                                                       {"verify", "m", "d", "--jobs", "0"},
                                                       {"verify", "m", "d", "--progress", "loud"},
                                                       {"manifest", "a", "-o", "m", "--piece-hash", "md5"},
                                                       {"manifest", "a", "-o", "m", "--timeout", "1"}};
  for (const auto& words : wrong) CHECK(parsed<ExitCode>(words) == ExitCode::usage);
}

}  // namespace
}  // namespace p2p
