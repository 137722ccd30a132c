#include "peer/commands/network_options.hpp"

#include <CLI/CLI.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "peer/commands/usage.hpp"
#include "peer/discovery/discovery.hpp"

namespace p2p {

void add_network_options(CLI::App& app, NetworkOptions& options) {
  const auto is_address = [](const std::string& word) {
    return parse_address(word, kUsualPort)
               ? std::string()
               : "\"" + word + "\" is none, expected HOST or HOST:PORT such as localhost:5000 or [::1]:5000";
  };
  const auto take = [&options](const std::vector<std::string>& words) {
    for (const std::string& word : words) options.join.push_back(*parse_address(word, kUsualPort));
  };
  app.add_option_function<std::vector<std::string>>("--join", take,
                                                    "Nodes that are up, HOST or HOST:PORT, separated by commas; port "
                                                    "5000 unless said; any of them leads to all others")
      ->delimiter(',')
      ->allow_extra_args(false)  // else it would take the words behind it, NAME among them
      ->check(CLI::Validator(is_address, "HOST[:PORT],..."));
  app.add_option("--network", options.network, "Networks of different names never see each other")
      ->capture_default_str();
  add_progress_option(app, options.progress);
  add_log_level_option(app, options.log_level);
}

std::string with_build_note(std::string purpose) {
  const std::string_view fault = no_discovery();
  return fault.empty() ? purpose : std::move(purpose) + "\nNOTE: " + std::string(fault) + ".";
}

}  // namespace p2p
