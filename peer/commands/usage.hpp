// All command lines are parsed here, and say in the same way what is wrong with them.
//
// CLI11 does the parsing. Its messages name types and sets; ours name words, and the word that was probably meant, and
// where a value comes from that is not on the command line.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "peer/commands/exit_meaning.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/ground/rates.hpp"
#include "peer/report/progress_line.hpp"

namespace p2p {

/// "auto, bar, plain or none".
std::string listed(const std::vector<std::string_view>& words);

/// "; did you mean bar?" for a word that is near to one of these, else empty.
std::string suggestion(std::string_view word, const std::vector<std::string_view>& words);

/// The words of such a list; one word or none where the text is no list.
std::vector<std::string> words_of(const std::string& list);

/// Parses the words behind the program's name and the command, and what the environment and a file of --config say of
/// options that are not among them (settings.hpp); then calls `check`, which may throw CLI::ParseError. `meanings` are
/// the exit codes for the help. Prints help, version or the error. None when all is well. Throws ConfigError and
/// ExitError for a file of --config, and CommandTable (option_table.hpp) when the words ask for it.
std::optional<ExitCode> parse_words(
    CLI::App& app, const std::vector<std::string>& words, ExitMeanings meanings = {},
    const std::function<void()>& check = [] {});

/// argv from `first` on.
std::vector<std::string> words_from(int first, int argc, const char* const* argv);

/// An option whose value is one of a few words. `value`, which outlives `app`, is the default.
template <class Value>
void add_choice(CLI::App& app, const std::string& name, const std::string& help, Value& value,
                const std::vector<std::pair<std::string_view, Value>>& choices) {
  std::vector<std::string_view> words;
  std::string usual;
  for (const auto& [word, meaning] : choices) {
    words.push_back(word);
    if (meaning == value) usual = word;
  }
  const auto take = [name, choices, words, &value](const std::string& given) {
    for (const auto& [word, meaning] : choices)
      if (word == given) {
        value = meaning;
        return;
      }
    throw CLI::ValidationError(name,
                               "expected " + listed(words) + ", not \"" + given + "\"" + suggestion(given, words));
  };
  app.add_option_function<std::string>(name, take, help)->type_name(listed(words))->default_str(usual);
}

/// --limit-up and --limit-down.
void add_limit_options(CLI::App& app, Rates& limits);

/// Accepts an integer from `least` to `most`, and says so in the help.
CLI::Validator in_range(std::uint32_t least, std::uint32_t most);

/// --progress, --log-level and --jobs. `purpose`: what the threads do, as the beginning of a sentence; their number
/// becomes as many as the machine has.
void add_progress_option(CLI::App& app, ProgressMode& progress);
void add_log_level_option(CLI::App& app, std::string& level);
void add_jobs_option(CLI::App& app, unsigned& jobs, const std::string& purpose);

}  // namespace p2p
