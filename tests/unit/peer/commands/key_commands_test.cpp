// The command lines of key and network, and what they print.
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "config/fingerprint.hpp"
#include "peer/keys/private_key.hpp"
#include "tests/support/command_lines.hpp"
#include "tests/support/secret_files.hpp"

namespace p2p {
namespace {

using test::ending_of;
using test::parsed;
using test::TempDir;
using Words = std::vector<std::string>;
using Action = NetworkCommandOptions::Action;

std::string refusal(const Words& words) {
  std::ostringstream text;
  const auto result = test::parse(words, text);
  REQUIRE(std::holds_alternative<ExitCode>(result));
  CHECK(std::get<ExitCode>(result) == ExitCode::usage);
  return text.str();
}

TEST_CASE("key makes the key of an ID, or shows a file's", "[command line]") {
  const auto made = parsed<KeyOptions>({"key", "1001"});
  CHECK(made.id == 1001);
  CHECK(made.dir.empty());
  CHECK(made.show.empty());
  CHECK_FALSE(made.json);
  CHECK(key_file(made.dir, made.id) == "peer_1001.key");
  const auto elsewhere = parsed<KeyOptions>({"key", "--dir", "d", "0", "--json"});
  CHECK(key_file(elsewhere.dir, elsewhere.id) == "d/peer_0.key");
  CHECK(elsewhere.json);
  CHECK(parsed<KeyOptions>({"key", "--show", "a.key"}).show == "a.key");
  CHECK(parsed<ExitCode>({"key", "--help"}) == ExitCode::complete);
}

TEST_CASE("a command line of key that cannot be meant is told why", "[command line]") {
  const std::string either = "key: expected the peer's ID, or --show with a key file\n";
  CHECK(refusal({"key"}).starts_with(either));
  CHECK(refusal({"key", "--json"}).starts_with(either));
  CHECK(refusal({"key", "1001", "--show", "a.key"}).starts_with(either));
  CHECK(refusal({"key", "--dir", "d", "--show", "a.key"}).starts_with("--dir: "));
  CHECK(refusal({"key", "--show", ""}).starts_with("--show: expected a key file\n"));
  for (const char* const id : {"2147483648", "-1", "x", "1001x", ""}) refusal({"key", id});
  refusal({"key", "1001", "1002"});
  CHECK(refusal({"key", "--shwo", "f"}).starts_with("unknown option --shwo; did you mean --show?\n"));
}

TEST_CASE("a key that was made is shown again", "[command line]") {
  const TempDir dir;
  std::ostringstream made, shown, json;
  CHECK(make_or_show_key({.id = 7, .dir = dir.path(), .show = {}, .json = false}, made) == ExitCode::complete);
  const auto file = dir / "peer_7.key";
  CHECK(test::mode_of(file) == 0600);
  CHECK(made.str() == config::to_text(PrivateKey::read(file).fingerprint()) + "\n");
  make_or_show_key({.id = 0, .dir = {}, .show = file, .json = false}, shown);
  CHECK(shown.str() == made.str());
  make_or_show_key({.id = 0, .dir = {}, .show = file, .json = true}, json);
  const auto object = nlohmann::json::parse(json.str());
  CHECK(object.size() == 2);
  CHECK(object["fingerprint"].get<std::string>() + "\n" == made.str());
  CHECK(object["file"] == file.string());
  std::ostringstream again;
  CHECK(ending_of([&] {
          make_or_show_key({.id = 7, .dir = dir.path(), .show = {}, .json = false}, again);
        }).starts_with("17: " + file.string() + ": is there already"));
  CHECK(again.str().empty());
}

TEST_CASE("network has four actions", "[command line]") {
  const auto made = parsed<NetworkCommandOptions>({"network", "new", "lab"});
  CHECK(made.action == Action::make);
  CHECK(made.name == "lab");
  CHECK(parsed<NetworkCommandOptions>({"network", "join"}).action == Action::join);
  CHECK(parsed<NetworkCommandOptions>({"network", "join", "--json"}).json);
  CHECK(parsed<NetworkCommandOptions>({"network", "list"}).action == Action::list);
  const auto left = parsed<NetworkCommandOptions>({"network", "leave", "lab"});
  CHECK(left.action == Action::leave);
  CHECK(left.name == "lab");
  CHECK(parsed<ExitCode>({"network", "--help"}) == ExitCode::complete);
  CHECK(parsed<ExitCode>({"network", "join", "--help"}) == ExitCode::complete);
}

TEST_CASE("a command line of network that cannot be meant is told why", "[command line]") {
  CHECK(refusal({"network"}).starts_with("ACTION: expected new, join, list or leave\n"));
  CHECK(refusal({"network", "jion"})
            .starts_with("ACTION: expected new, join, list or leave, not \"jion\"; did you mean join?\n"));
  for (const char* const action : {"new", "leave"})
    for (const char* const name : {"", ".lab", "a/b", "a b"})
      CHECK(refusal({"network", action, name}).starts_with("NAME: expected at most 64 letters, "));
  CHECK(refusal({"network", "new"}).starts_with("NAME: expected at most 64 letters, "));
  CHECK(refusal({"network", "list", "lab"}).starts_with("NAME: is not expected here\n"));
  CHECK(refusal({"network", "new", "lab", "--json"}).starts_with("--json: is for join and list\n"));
}

TEST_CASE("a secret on the command line is refused and not repeated", "[command line]") {
  const std::string secret = "-AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
  for (const Words& words :
       {Words{"network", "join", "peerProcess-network", "lab", secret}, Words{"network", "join", secret},
        Words{"network", "join", "peerProcess-network lab " + secret}, Words{"network", "join", "lab", secret},
        Words{"network", "--json", "join", secret}, Words{"network", "peerProcess-network", "lab", secret}}) {
    const std::string said = refusal(words);
    CHECK(said.starts_with("network join reads the line from stdin. "));
    CHECK(said.find("AECAw") == std::string::npos);
  }
}

}  // namespace
}  // namespace p2p
