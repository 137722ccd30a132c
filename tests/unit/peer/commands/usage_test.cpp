// What a command line that is wrong is told.
#include "peer/commands/usage.hpp"

#include <iostream>
#include <sstream>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("words are listed as a person would", "[command line]") {
  CHECK(listed({"a"}) == "a");
  CHECK(listed({"a", "b"}) == "a or b");
  CHECK(listed({"auto", "bar", "plain", "none"}) == "auto, bar, plain or none");
}

TEST_CASE("a word that is near to one of these is taken for a slip", "[command line]") {
  CHECK(suggestion("shrae", {"share", "ls"}) == "; did you mean share?");
  CHECK(suggestion("xyz", {"share", "ls"}) == "");
}

struct Told {
  std::optional<ExitCode> code;
  std::string text;
  std::string folder;
  ProgressMode progress = ProgressMode::automatic;
};

Told parsed(const std::vector<std::string>& words) {
  Told told;
  CLI::App app{"", "program"};
  std::string target;
  app.add_option("TARGET", target, "")->check(CLI::ExistingDirectory);
  app.add_option("-f,--folder", told.folder, "");
  add_progress_option(app, told.progress);
  std::ostringstream text;
  std::streambuf* const before = std::cerr.rdbuf(text.rdbuf());
  told.code = parse_words(app, words);
  std::cerr.rdbuf(before);
  told.text = text.str();
  return told;
}

TEST_CASE("a misspelt option is named, not the value behind it", "[command line]") {
  const Told told = parsed({"--foldr", "nowhere"});
  CHECK(told.code == ExitCode::usage);
  CHECK(told.text.starts_with("unknown option --foldr; did you mean --folder?\n"));
  CHECK(parsed({"--foldr=x"}).text.starts_with("unknown option --foldr; did you mean --folder?\n"));
  CHECK(parsed({"-x"}).text.starts_with("unknown option -x\n"));
  CHECK(parsed({"---"}).text.starts_with("unknown option ---\n"));
  CHECK(parsed({"--=x"}).text.starts_with("unknown option --\n"));
}

TEST_CASE("what looks like an option may be a value", "[command line]") {
  CHECK(parsed({"--folder", "--foldr"}).folder == "--foldr");
  CHECK(parsed({"-f", "--foldr"}).folder == "--foldr");
  CHECK(parsed({"-fx"}).folder == "x");
  CHECK(parsed({"--folder=--foldr"}).folder == "--foldr");
}

TEST_CASE("a choice takes its words alone, and lists them", "[command line]") {
  CHECK(parsed({"--progress", "bar"}).progress == ProgressMode::bar);
  const Told told = parsed({"--progress", "plian"});
  CHECK(told.code == ExitCode::usage);
  CHECK(told.text.starts_with("--progress: expected auto, bar, plain or none, not \"plian\"; did you mean plain?\n"));
}

TEST_CASE("what somebody typed does not steer the terminal", "[command line]") {
  CHECK(parsed({"--\x1b[2J"}).text.starts_with("unknown option --\\x1b[2J"));
}

}  // namespace
}  // namespace p2p
