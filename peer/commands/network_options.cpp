#include "peer/commands/network_options.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "config/text.hpp"
#include "peer/commands/usage.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/keys/network_file.hpp"
#include "peer/keys/secret_file.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

struct SaidNetwork {
  std::optional<std::string> name;
  std::optional<fs::path> key_file;
};

/// Where the user has joined a network of this name. Also where nobody can tell whether something is there: a private
/// network must not become an open one by mistake.
std::optional<fs::path> joined(const std::string& name) {
  if (!is_network_name(name)) return std::nullopt;
  try {
    const fs::path file = network_file(name);
    std::error_code error;
    return fs::symlink_status(file, error).type() == fs::file_type::not_found ? std::nullopt : std::optional(file);
  } catch (const ExitError&) {
    return std::nullopt;  // a user without a home folder has joined nothing
  }
}

Network read_said_network(const fs::path& key_file) {
  if (key_file != "-") return read_network(key_file);
  NetworkLine line = parse_network_line(read_secret_line(STDIN_FILENO, "stdin").view(), "stdin");
  return Network(std::move(line.name), line.secret);
}

Network network_of(const SaidNetwork& said) {
  const std::string name = said.name.value_or(Network().name());
  if (said.key_file) {
    Network network = read_said_network(*said.key_file);
    if (said.name && network.name() != name)
      throw CLI::ValidationError("--network", "the name is " + config::in_quotes(name) + ", but the network of " +
                                                  config::in_quotes(said.key_file->string()) + " is " +
                                                  config::in_quotes(network.name()));
    return network;
  }
  const auto file = joined(name);
  if (!file) return Network(name);
  Network network = read_network(*file);
  if (network.name() != name)
    throw ExitError(ExitCode::bad_configuration, config::in_quotes(file->string()) + " is of the network " +
                                                     config::in_quotes(network.name()) + ", expected " +
                                                     config::in_quotes(name));
  return network;
}

}  // namespace

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
  const auto said = std::make_shared<SaidNetwork>();
  app.add_option("--network", said->name,
                 "Networks of different names never see each other; one that `peerProcess network join` was told of is "
                 "private, and others see nothing of it")
      ->type_name("NAME")
      ->default_str(Network().name());
  app.add_option("--network-key", said->key_file,
                 "The private network whose line, which `peerProcess network new` printed, is in this file; - reads "
                 "it from the first line of stdin, so that it never is in a file")
      ->type_name("FILE");
  app.final_callback([said, &options] { options.network = network_of(*said); });
  app.add_option("--key", options.key,
                 "In a private network: the file with this node's key (see peerProcess key); without it "
                 "each process has a new one")
      ->type_name("FILE");
  app.add_option(
         "--allow", options.allow,
         "In a private network: let in only those whose fingerprints are in this file, FINGERPRINT NAME a line; "
         "read again at a SIGHUP, whereupon those that are not in it any more are cut off")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
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
