#include "peer/commands/usage.hpp"

#include <algorithm>
#include <iostream>
#include <sstream>
#include <thread>

#include "config/rate.hpp"
#include "config/text.hpp"
#include "protocol/rate_limit.hpp"

namespace p2p {
namespace {

bool is_option(std::string_view word) {
  return word.size() > 1 && word[0] == '-' && !(word[1] >= '0' && word[1] <= '9');
}

[[noreturn]] void refuse_option(const CLI::App& app, std::string_view name) {
  std::vector<std::string_view> known;
  for (const CLI::Option* const option : app.get_options())
    for (const std::string& long_name : option->get_lnames()) known.push_back(long_name);
  const auto meant = config::nearest(name.substr(std::min(name.find_first_not_of('-'), name.size())), known);
  throw CLI::ParseError(
      "unknown option " + std::string(name) + (meant ? "; did you mean --" + std::string(*meant) + "?" : ""),
      CLI::ExitCodes::ExtrasError);
}

/// Before CLI11 judges values: the value of a misspelt option would be taken for something else, and blamed.
void check_options(const CLI::App& app, const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::string_view word = words[i];
    if (!is_option(word)) continue;
    const bool is_long = word.starts_with("--");
    const std::string name(is_long ? word.substr(0, word.find('=')) : word.substr(0, 2));
    const CLI::Option* const option = app.get_option_no_throw(name);
    if (option == nullptr) refuse_option(app, word.substr(0, word.find('=')));
    // A value may look like an option.
    if (word == name && option->get_items_expected_min() > 0) ++i;
  }
}

}  // namespace

std::string listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text.append(i == 0 ? "" : i + 1 == words.size() ? " or " : ", ").append(words[i]);
  return text;
}

std::string suggestion(std::string_view word, const std::vector<std::string_view>& words) {
  const auto meant = config::nearest(word, words);
  return meant ? "; did you mean " + std::string(*meant) + "?" : "";
}

std::optional<ExitCode> parse_words(CLI::App& app, const std::vector<std::string>& words,
                                    const std::function<void()>& check) {
  try {
    if (std::ranges::find(words, "--help") == words.end() && std::ranges::find(words, "-h") == words.end())
      check_options(app, words);
    // CLI11 takes them from the end.
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    check();
  } catch (const CLI::ParseError& error) {
    // CLI11 returns 0 for --help and --version.
    std::ostringstream message;
    const bool is_error = app.exit(error, std::cout, message) != 0;
    std::cerr << config::printable_lines(message.str());
    return is_error ? ExitCode::usage : ExitCode::complete;
  }
  return std::nullopt;
}

std::vector<std::string> words_from(int first, int argc, const char* const* argv) {
  return {argv + std::min(first, argc), argv + argc};
}

void add_limit_options(CLI::App& app, Rates& limits) {
  static_assert(config::kMostRate <= RateLimit::kMostRate);
  const auto add = [&app](const std::string& name, const std::string& help, std::optional<std::uint64_t>& limit) {
    const auto take = [name, &limit](const std::string& word) {
      limit = config::parse_rate(word);
      if (!limit)
        throw CLI::ValidationError(
            name,
            "\"" + word + "\" is no rate, expected bytes a second such as 10M, 500K or 1.5G (K is 1000, KiB is 1024)");
      if (*limit < Rates::kLeast)
        throw CLI::ValidationError(name,
                                   "\"" + word + "\" is less than links need to stay alive, expected at least 10K");
    };
    app.add_option_function<std::string>(name, take, help)->type_name("RATE");
  };
  add("--limit-up", "Most bytes of pieces that are sent in a second, to all together, such as 10M, 500K or 1.5G",
      limits.up);
  add("--limit-down", "Most bytes of pieces that are received in a second, from all together", limits.down);
}

CLI::Validator in_range(std::uint32_t least, std::uint32_t most) {
  return CLI::Range(least, most).description(std::to_string(least) + " to " + std::to_string(most));
}

void add_progress_option(CLI::App& app, ProgressMode& progress) {
  using enum ProgressMode;
  add_choice(app, "--progress", "How far it is, on stderr; auto: a bar on a terminal, else plain lines", progress,
             {{"auto", automatic}, {"bar", bar}, {"plain", plain}, {"none", none}});
}

void add_log_level_option(CLI::App& app, std::string& level) {
  std::vector<std::pair<std::string_view, std::string>> levels;
  for (const char* const word : {"debug", "info", "warn", "error", "off"}) levels.emplace_back(word, word);
  add_choice(app, "--log-level", "Diagnostics on stderr", level, levels);
}

void add_jobs_option(CLI::App& app, unsigned& jobs, const std::string& purpose) {
  jobs = std::max(1u, std::thread::hardware_concurrency());
  app.add_option("--jobs", jobs, purpose + "; by default as many as the machine has")->check(in_range(1, 1024));
}

}  // namespace p2p
