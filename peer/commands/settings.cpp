#include "peer/commands/settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "config/option_file.hpp"
#include "config/text.hpp"
#include "peer/commands/option_table.hpp"
#include "peer/commands/read_config.hpp"

namespace p2p {
namespace {

std::string long_name(const CLI::Option& option) { return "--" + option.get_lnames().front(); }

/// A flag that is only there or not. A flag may have a value of its own, as --json-events has.
bool is_switch(const CLI::Option& option) {
  if (option.get_items_expected_max() > 0) return false;
  const std::string usual = option.get_flag_value(option.get_lnames().front(), "");
  return usual == "true" || usual == "false";
}

std::optional<bool> truth(std::string_view word) {
  for (const std::string_view yes : {"true", "yes", "on", "1"})
    if (word == yes) return true;
  for (const std::string_view no : {"false", "no", "off", "0"})
    if (word == no) return false;
  return std::nullopt;
}

std::vector<Setting> settings_of_environment(const CLI::App& app) {
  std::vector<Setting> settings;
  for (const CLI::Option* const option : app.get_options()) {
    const std::string variable = variable_of(*option);
    const char* const value = variable.empty() ? nullptr : std::getenv(variable.c_str());
    // An empty one is as none, by custom: there is no other way to unset it for a single command in many places.
    if (value != nullptr && *value != '\0') settings.push_back({option, value, variable + " in the environment"});
  }
  return settings;
}

std::vector<Setting> settings_of_file(const CLI::App& app, const std::string& file) {
  std::vector<std::string_view> known;
  for (const CLI::Option* const option : app.get_options())
    if (!variable_of(*option).empty() && long_name(*option) != kConfigOption)
      known.push_back(option->get_lnames().front());
  config::Findings findings(file);
  std::vector<Setting> settings;
  for (const config::OptionLine& line : config::parse_option_file(read_config(file, ""), file)) {
    if (std::ranges::find(known, line.key) == known.end()) {
      const auto meant = config::nearest(line.key, known);
      findings.add(line.line, line.column,
                   "unknown option " + config::in_quotes(line.key) +
                       (meant ? "; did you mean " + std::string(*meant) + "?"
                              : "; expected one of " + app.get_name() + " --help"));
      continue;
    }
    settings.push_back({app.get_option("--" + line.key), line.value,
                        file + ":" + std::to_string(line.line) + ":" + std::to_string(line.column), true});
  }
  findings.throw_if_any();
  return settings;
}

}  // namespace

std::vector<Setting> settings_beside(const CLI::App& app, const std::vector<SaidOption>& said) {
  std::vector<Setting> settings = settings_of_environment(app);
  std::erase_if(settings, [&](const Setting& each) {
    return std::ranges::find(said, each.option, &SaidOption::option) != said.end();
  });
  const CLI::Option* const config = app.get_option_no_throw(kConfigOption);
  if (config == nullptr) return settings;
  std::string file;
  for (const Setting& each : settings)
    if (each.option == config) file = each.value;
  for (const SaidOption& each : said)
    if (each.option == config) file = each.value.value_or("");
  if (file.empty()) return settings;
  const std::vector<Setting> before = settings;
  for (Setting& each : settings_of_file(app, file)) {
    const bool is_said = std::ranges::find(said, each.option, &SaidOption::option) != said.end() ||
                         std::ranges::find(before, each.option, &Setting::option) != before.end();
    if (!is_said) settings.push_back(std::move(each));
  }
  return settings;
}

std::vector<std::string> words_for(const std::vector<Setting>& settings) {
  std::vector<std::string> words;
  for (const Setting& each : settings) {
    const std::string name = long_name(*each.option);
    if (!is_switch(*each.option)) {
      words.push_back(name + "=" + each.value);
      continue;
    }
    const auto is_on = truth(each.value);
    if (!is_on) throw CLI::ValidationError(name, "expected true or false, not " + config::in_quotes(each.value));
    if (*is_on) words.push_back(name);
  }
  return words;
}

std::vector<Setting> named_in(const std::string& message, const std::vector<Setting>& settings) {
  const auto is_named = [&](const Setting& each) {
    const std::string name = long_name(*each.option);
    for (std::size_t at = message.find(name); at != std::string::npos; at = message.find(name, at + 1)) {
      const char after = at + name.size() < message.size() ? message[at + name.size()] : ' ';
      const bool goes_on = after == '-' || after == '_' || (after >= 'a' && after <= 'z');
      if (!goes_on && (at == 0 || message[at - 1] != '-')) return true;
    }
    return false;
  };
  std::vector<Setting> named;
  std::ranges::copy_if(settings, std::back_inserter(named), is_named);
  return named;
}

}  // namespace p2p
