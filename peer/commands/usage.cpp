#include "peer/commands/usage.hpp"

#include <algorithm>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>
#include <utility>

#include "config/rate.hpp"
#include "config/text.hpp"
#include "peer/commands/option_table.hpp"
#include "peer/commands/settings.hpp"
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

/// The options among the words. Before CLI11 judges values: the value of a misspelt option would be taken for something
/// else, and blamed.
std::vector<SaidOption> said_options(const CLI::App& app, const std::vector<std::string>& words) {
  std::vector<SaidOption> said;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    if (!is_option(word)) continue;
    const std::size_t sign = word.starts_with("--") ? word.find('=') : std::string::npos;
    const std::string name = word.starts_with("--") ? word.substr(0, sign) : word.substr(0, 2);
    const CLI::Option* const option = app.get_option_no_throw(name);
    if (option == nullptr) refuse_option(app, word.substr(0, word.find('=')));
    said.push_back({option, std::nullopt});
    if (sign != std::string::npos) said.back().value = word.substr(sign + 1);
    // A value may look like an option.
    if (word == name && option->get_items_expected_min() > 0 && ++i < words.size()) said.back().value = words[i];
  }
  return said;
}

/// As CLI11's, and with the variables of the environment.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_desc(const CLI::Option* option) const override {
    const std::string variable = variable_of(*option);
    return option->get_description() + (variable.empty() ? "" : " [" + variable + "]");
  }
};

std::string exit_code_lines(ExitMeanings meanings) {
  if (meanings.empty()) return {};
  constexpr std::size_t kWidth = 120;
  std::string text = "\n", line = "Exit codes:";
  for (std::size_t i = 0; i < meanings.size(); ++i) {
    const std::string each = " " + std::to_string(static_cast<int>(meanings[i].code)) + " " +
                             std::string(meanings[i].words) + (i + 1 < meanings.size() ? "," : "");
    if (line.size() + each.size() > kWidth) text += std::exchange(line, " ") + "\n";
    line += each;
  }
  return text + line;
}

/// Prints help, version or the error. An error that is about settings begins with the places where they stand.
ExitCode tell(const CLI::App& app, const CLI::ParseError& error, const std::vector<Setting>& settings) {
  std::ostringstream message;
  // CLI11 returns 0 for --help and --version.
  if (app.exit(error, std::cout, message) == 0) return ExitCode::complete;
  bool in_file = false;
  for (const Setting& each : named_in(error.what(), settings)) {
    std::cerr << config::printable(each.origin) << ": ";
    in_file = in_file || each.in_file;
  }
  std::cerr << config::printable_lines(message.str());
  return in_file ? ExitCode::bad_configuration : ExitCode::usage;
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

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  const std::size_t last = list.rfind(" or ");
  if (last == std::string::npos) return list.find(' ') == std::string::npos ? std::vector{list} : words;
  std::istringstream before(list.substr(0, last));
  for (std::string word; std::getline(before >> std::ws, word, ',');) words.push_back(word);
  words.push_back(list.substr(last + 4));
  return words;
}

std::optional<ExitCode> parse_words(CLI::App& app, const std::vector<std::string>& words, ExitMeanings meanings,
                                    const std::function<void()>& check) {
  const auto end = std::ranges::find(words, "--");
  const auto has = [&](std::string_view word) { return std::find(words.begin(), end, word) != end; };
  app.formatter(std::make_shared<HelpFormatter>());
  app.footer(app.get_footer() + exit_code_lines(meanings));
  app.add_flag(std::string(kTableWord))
      ->description("Print the options of each command, of this one behind its name, as JSON and exit");
  if (has(kTableWord)) throw CommandTable{table_of(app, meanings)};
  std::vector<Setting> settings;
  try {
    std::vector<std::string> all;
    if (!has("--help") && !has("-h")) {
      settings = settings_beside(app, said_options(app, words));
      all = words_for(settings);
    }
    all.insert(all.end(), words.begin(), words.end());
    // CLI11 takes them from the end.
    std::ranges::reverse(all);
    app.parse(std::move(all));
    check();
  } catch (const CLI::ParseError& error) {
    return tell(app, error, settings);
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
