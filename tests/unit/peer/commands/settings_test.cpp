// Options from the environment and from a file of --config: what goes before what, and how errors name their places.
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "config/config_error.hpp"
#include "peer/commands/option_table.hpp"
#include "peer/commands/usage.hpp"
#include "tests/support/command_lines.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/variable.hpp"

namespace p2p {
namespace {

using test::parsed;
using test::Variable;

/// A folder to share, and a file of options beside it.
class Place {
 public:
  explicit Place(const std::string& text) : file_((dir_.path() / "share.conf").string()) {
    std::ofstream(file_) << text;
  }
  std::string folder() const { return dir_.path().string(); }
  const std::string& file() const { return file_; }
  ShareOptions share(std::vector<std::string> words = {}) const {
    words.insert(words.begin(), {"share", "--config", file_});
    return parsed<ShareOptions>(words);
  }

 private:
  test::TempDir dir_;
  std::string file_;
};

struct Refusal {
  std::optional<ExitCode> code;
  std::string text;
};

Refusal refusal(const std::vector<std::string>& words) {
  std::ostringstream printed;
  const test::Parsed result = test::parse(words, printed);
  const ExitCode* const code = std::get_if<ExitCode>(&result);
  return {code ? std::optional(*code) : std::nullopt, printed.str()};
}

std::string config_error(const std::vector<std::string>& words) {
  try {
    test::parse(words);
  } catch (const config::ConfigError& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("an option that the command line does not mention comes from the environment", "[settings]") {
  const Variable join("PEERPROCESS_JOIN", "one:5001,two"), port("PEERPROCESS_PORT", "7001");
  const Variable json("PEERPROCESS_JSON", "yes"), multicast("PEERPROCESS_NO_MULTICAST", "true");
  const auto options = parsed<GetOptions>({"get", "a"});
  CHECK(options.net.join.size() == 2);
  CHECK(options.port == 7001);
  CHECK(options.net.json);
  CHECK_FALSE(options.net.multicast);
  CHECK(options.wanted == "a");
  const auto said = parsed<GetOptions>({"get", "a", "--port=7002", "--join", "three"});
  CHECK(said.port == 7002);
  CHECK(said.net.join.size() == 1);
}

TEST_CASE("a flag of the environment may be false, and an empty variable says nothing", "[settings]") {
  const Variable json("PEERPROCESS_JSON", "0"), multicast("PEERPROCESS_NO_MULTICAST", "off");
  const Variable port("PEERPROCESS_PORT", ""), events("PEERPROCESS_JSON_EVENTS", "4");
  const auto options = parsed<GetOptions>({"get", "a"});
  CHECK_FALSE(options.net.json);
  CHECK(options.net.multicast);
  CHECK(options.net.status.json_events == 4);
}

TEST_CASE("arguments behind -- stay arguments whatever the environment says", "[settings]") {
  const Variable json("PEERPROCESS_JSON", "true");
  CHECK(parsed<GetOptions>({"get", "--", "a"}).net.json);
}

TEST_CASE("an error about a variable names it", "[settings]") {
  const auto about = [](const char* variable, const char* value, std::vector<std::string> words) {
    const Variable set(variable, value);
    return refusal(words);
  };
  const Refusal port = about("PEERPROCESS_PORT", "70000", {"get", "a"});
  CHECK(port.code == ExitCode::usage);
  CHECK(port.text.starts_with("PEERPROCESS_PORT in the environment: --port: "));
  CHECK(about("PEERPROCESS_JSON", "maybe", {"ls"})
            .text.starts_with("PEERPROCESS_JSON in the environment: --json: expected true or false, not \"maybe\"\n"));
  CHECK(about("PEERPROCESS_PROGRESS", "plian", {"ls"})
            .text.starts_with("PEERPROCESS_PROGRESS in the environment: --progress: expected"));
  CHECK(about("PEERPROCESS_LINGER", "5", {"get", "a", "--keep"})
            .text.starts_with("PEERPROCESS_LINGER in the environment: "));
  CHECK(about("PEERPROCESS_PORT", "70000", {"get", "--port", "80000", "a"}).text.starts_with("--port: "));
  CHECK(about("PEERPROCESS_LIMIT_UP", "5", {"get", "--limit-down", "5", "a"})
            .text.starts_with("PEERPROCESS_LIMIT_UP in the environment: --limit-up: "));
}

TEST_CASE("help is printed whatever the environment says, and has the variables", "[settings]") {
  const Variable port("PEERPROCESS_PORT", "70000");
  const Refusal help = refusal({"get", "--help"});
  CHECK(help.code == ExitCode::complete);
  CHECK(help.text.find("[PEERPROCESS_LIMIT_UP]") != std::string::npos);
  CHECK(help.text.find("PEERPROCESS_HELP") == std::string::npos);
}

TEST_CASE("share takes options from a file, the environment goes before it, and the command line before both",
          "[settings]") {
  const Place place(
      "# ours\nport = 7001\nhidden = true\njoin = one,two:1\nprivate = no\njobs = 3\nas = \"all # of it\"\n");
  const auto options = place.share({"--folder", place.folder()});
  CHECK(options.port == 7001);
  CHECK(options.reserve.hidden);
  CHECK_FALSE(options.reserve.unreadable);
  CHECK(options.net.join.size() == 2);
  CHECK(options.as == "all # of it");
  const Variable port("PEERPROCESS_PORT", "7002"), jobs("PEERPROCESS_JOBS", "4");
  const auto above = place.share({"--folder", place.folder(), "--jobs=5"});
  CHECK(above.port == 7002);
  CHECK(above.jobs == 5);
  const Variable config("PEERPROCESS_CONFIG", place.file().c_str());
  CHECK(parsed<ShareOptions>({"share", "--folder", place.folder()}).reserve.hidden);
}

TEST_CASE("what is wrong in a file of options is said with its place", "[settings]") {
  const Place slip("\n  prot = 7001\nfoldr = x\nconfig = y\nhelp = true\n");
  const std::string told = config_error({"share", "--config", slip.file()});
  CHECK(told.starts_with(slip.file() + ":2:3: unknown option \"prot\"; did you mean port?\n" + slip.file() +
                         ":3:1: unknown option \"foldr\"; did you mean folder?\n" + slip.file() + ":4:1: "));
  CHECK(told.find(":5:1: unknown option \"help\"") != std::string::npos);
  const Place value("\nport = 70000\n");
  const Refusal wrong = refusal({"share", "--folder", value.folder(), "--config", value.file()});
  CHECK(wrong.code == ExitCode::bad_configuration);
  CHECK(wrong.text.starts_with(value.file() + ":2:1: --port: "));
  const Place flag("hidden = 2\n");
  CHECK(refusal({"share", "--folder", flag.folder(), "--config=" + flag.file()})
            .text.starts_with(flag.file() + ":1:1: --hidden: expected true or false, not \"2\"\n"));
}

TEST_CASE("a list of words is read as it is written", "[settings]") {
  using Words = std::vector<std::string>;
  CHECK(words_of(listed({"auto", "bar", "plain", "none"})) == Words{"auto", "bar", "plain", "none"});
  CHECK(words_of(listed({"a", "b"})) == Words{"a", "b"});
  CHECK(words_of(listed({"a"})) == Words{"a"});
  CHECK(words_of("1 to 65535").empty());
}

}  // namespace
}  // namespace p2p
