#include "peer/commands/network_command.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string_view>
#include <vector>

#include "config/text.hpp"
#include "peer/commands/usage.hpp"
#include "peer/keys/network_file.hpp"
#include "peer/keys/secret.hpp"
#include "peer/keys/secret_file.hpp"

namespace p2p {
namespace {

using Action = NetworkCommandOptions::Action;

constexpr const char* kNetworkFooter = R"(
  new NAME    print the line of a new private network, its name and its secret; it is kept nowhere
  join        read such a line from stdin and keep it in ~/.config/peerProcess, for this user alone
  list        print the names of the networks that were joined
  leave NAME  remove what join has kept

Whoever has the line is a member, so it goes from machine to machine through a channel that nobody else reads:
  peerProcess network new lab | tee >(ssh two peerProcess network join) | peerProcess network join
Then share, ls and get with --network lab are in that network. The line is never a word of a command, where others on
the machine would see it.)";

constexpr ExitMeaning kNetworkExits[] = {
    {ExitCode::complete, "done"},
    {ExitCode::disk_full, "disk full"},
    {ExitCode::io, "input or output error"},
    {ExitCode::usage, "usage"},
    {ExitCode::bad_configuration, "the line is none"},
    {ExitCode::not_authorised, "another secret is there already"},
};

constexpr const char* kSecretOnCommandLine =
    "network join reads the line from stdin. On the command line others on this machine can see it: if a secret stood "
    "there, make a new network\n"
    "Run with --help for more information.\n";

/// Before anything repeats a word that may be a secret.
bool may_have_secret(const std::vector<std::string>& words) {
  const auto has = [&](const char* word) { return std::ranges::find(words, word) != words.end(); };
  const auto belongs_to_join = [](const std::string& word) {
    return word == "join" || word == "--json" || word == "--help" || word == "-h";
  };
  return has("peerProcess-network") || (has("join") && !std::ranges::all_of(words, belongs_to_join));
}

SecretText line_of_stdin() {
  if (::isatty(STDIN_FILENO) == 1)
    std::cerr << "Enter the line that peerProcess network new printed on another machine:\n" << std::flush;
  return read_secret_line(STDIN_FILENO, "stdin");
}

ExitCode make(const std::string& name, std::ostream& out) {
  out << to_text(new_network(name)).view() << std::flush;
  return ExitCode::complete;
}

ExitCode join(bool json, std::ostream& out) {
  const NetworkLine line = parse_network_line(line_of_stdin().view(), "stdin");
  const bool is_new = join_network(line);
  if (json) {
    const nlohmann::ordered_json object{
        {"network", line.name}, {"file", network_file(line.name).string()}, {"new", is_new}};
    out << object.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
  } else {
    out << (is_new ? "joined " : "joined already: ") << line.name << '\n';
  }
  return ExitCode::complete;
}

ExitCode list(bool json, std::ostream& out) {
  const std::vector<std::string> names = joined_networks();
  if (json) {
    out << nlohmann::json(names).dump() << '\n';
    return ExitCode::complete;
  }
  for (const std::string& name : names) out << name << '\n';
  return ExitCode::complete;
}

ExitCode leave(const std::string& name) {
  if (leave_network(name)) return ExitCode::complete;
  const std::vector<std::string> names = joined_networks();
  throw ExitError(ExitCode::usage, "the network " + name + " was not joined" +
                                       suggestion(name, {names.begin(), names.end()}) +
                                       "; peerProcess network list prints those that were");
}

}  // namespace

const Subcommand kNetworkCommand{
    .name = "network",
    .help = "  network new | join | ...    Make a private network, join and leave it\n",
    .example =
        "  peerProcess network new lab                 Make a private network, print the line by which others join\n",
    .run = parse_and_run<parse_network, change_networks>};

std::variant<NetworkCommandOptions, ExitCode> parse_network(int argc, const char* const* argv) {
  const std::vector<std::string> words = words_from(2, argc, argv);
  if (may_have_secret(words)) {
    std::cerr << kSecretOnCommandLine;
    return ExitCode::usage;
  }
  NetworkCommandOptions options;
  CLI::App app{"Private networks: only who has the secret finds, lists and fetches what is shared in one",
               "peerProcess network"};
  app.footer(kNetworkFooter);
  std::optional<Action> action;
  add_choice(app, "ACTION", "What to do", action,
             {{"new", Action::make}, {"join", Action::join}, {"list", Action::list}, {"leave", Action::leave}});
  app.add_option("NAME", options.name, "The network, for new and leave");
  app.add_flag("--json", options.json, "Print JSON, without secrets, for join and list");
  const auto check = [&] {
    if (!action) throw CLI::ValidationError("ACTION", "expected new, join, list or leave");
    options.action = *action;
    const bool is_named = options.action == Action::make || options.action == Action::leave;
    if (!is_named && !options.name.empty()) throw CLI::ValidationError("NAME", "is not expected here");
    if (is_named && options.json) throw CLI::ValidationError("--json", "is for join and list");
    if (is_named && !is_network_name(options.name))
      throw CLI::ValidationError("NAME", "expected at most 64 letters, digits, '-', '_' and '.', and no '.' first");
  };
  if (const auto code = parse_words(app, words, kNetworkExits, check)) return *code;
  return options;
}

ExitCode change_networks(const NetworkCommandOptions& options, std::ostream& out) {
  keep_memory_private();
  switch (options.action) {
    case Action::make: return make(options.name, out);
    case Action::join: return join(options.json, out);
    case Action::list: return list(options.json, out);
    case Action::leave: return leave(options.name);
  }
  return ExitCode::unexpected;
}

}  // namespace p2p
