// The command lines as data: what completions are made from, and what man pages and help are held against.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "peer/commands/exit_meaning.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace p2p {

/// The option that prints the table: of all commands, or behind a command's name of that one.
inline constexpr std::string_view kTableWord = "--help-json";

/// What parse_words() throws for kTableWord in the place of parsing, as CLI11 does for --help.
struct CommandTable {
  nlohmann::ordered_json json;
};

/// The environment variable that stands for an option: PEERPROCESS_LIMIT_UP for --limit-up. Empty for arguments, and
/// for those options that print something and end: what a command does at all is not said by the environment.
std::string variable_of(const CLI::Option& option);

/// {"name", "summary", "arguments", "options", "exit_codes"}. An argument or option has "help", "value" (how its value
/// is called, and which it may be; none for a flag), "choices" where a value is one of a few words, "default",
/// "required" and "many"; an option also "names", and "variable" where the environment may set it.
nlohmann::ordered_json table_of(const CLI::App& app, ExitMeanings meanings);

}  // namespace p2p
