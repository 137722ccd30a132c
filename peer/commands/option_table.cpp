#include "peer/commands/option_table.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "peer/commands/usage.hpp"

namespace p2p {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kActions[] = {"help", "version", "check", kTableWord.substr(2)};

/// How CLI11 calls the type of a value says nothing to who types it.
std::string value_of(const CLI::Option& option) {
  std::string text = option.get_type_name();
  for (const std::string_view type : {"TEXT:", "UINT:"})
    if (text.starts_with(type)) text.erase(0, type.size());
  return text == "FILE:FILE" ? "FILE" : text;
}

Json described(const CLI::Option& option) {
  Json json;
  if (option.get_positional()) {
    json["name"] = option.get_single_name();
  } else {
    Json names = Json::array();
    for (const std::string& name : option.get_snames()) names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
    json["names"] = names;
  }
  json["help"] = option.get_description();
  if (option.get_items_expected_max() > 0) {
    const std::string value = value_of(option);
    json["value"] = value;
    if (const std::vector<std::string> choices = words_of(value); choices.size() > 1) json["choices"] = choices;
    if (!option.get_default_str().empty()) json["default"] = option.get_default_str();
  }
  json["required"] = option.get_required();
  json["many"] = option.get_expected_max() > 1;
  if (const std::string variable = variable_of(option); !variable.empty()) json["variable"] = variable;
  return json;
}

}  // namespace

std::string variable_of(const CLI::Option& option) {
  if (option.get_lnames().empty()) return {};
  std::string name = option.get_lnames().front();
  if (std::ranges::find(kActions, std::string_view(name)) != std::end(kActions)) return {};
  for (char& c : name) c = c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return "PEERPROCESS_" + name;
}

Json table_of(const CLI::App& app, ExitMeanings meanings) {
  Json arguments = Json::array(), options = Json::array(), codes = Json::array();
  for (const CLI::Option* const option : app.get_options())
    (option->get_positional() ? arguments : options).push_back(described(*option));
  for (const ExitMeaning& each : meanings)
    codes.push_back({{"code", static_cast<int>(each.code)}, {"meaning", each.words}});
  return {{"name", app.get_name()},
          {"summary", app.get_description()},
          {"arguments", arguments},
          {"options", options},
          {"exit_codes", codes}};
}

}  // namespace p2p
