#include "peer/commands/network_options.hpp"

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "peer/commands/usage.hpp"

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
  app.add_flag("!--no-multicast", options.multicast,
               "Neither look for nodes on the same link by multicast, nor be found so");
  app.add_flag(
      "--dht", options.dht,
      "Have nodes find each other by a DHT, too: for networks of thousands of nodes, all of which say so; those "
      "who only look for something do not join it, and have nodes look there");
  add_progress_option(app, options.progress);
  add_log_level_option(app, options.log_level);
}

}  // namespace p2p
