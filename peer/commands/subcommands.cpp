#include "peer/commands/subcommands.hpp"

#include <algorithm>
#include <initializer_list>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "config/text.hpp"
#include "peer/commands/chunk_command.hpp"
#include "peer/commands/classic_command.hpp"
#include "peer/commands/gateway_command.hpp"
#include "peer/commands/get_command.hpp"
#include "peer/commands/key_command.hpp"
#include "peer/commands/ls_command.hpp"
#include "peer/commands/manifest_command.hpp"
#include "peer/commands/network_command.hpp"
#include "peer/commands/option_table.hpp"
#include "peer/commands/share_command.hpp"
#include "peer/commands/subcommand.hpp"
#include "peer/commands/usage.hpp"
#include "peer/commands/verify_command.hpp"
#include "peer/node/exit_error.hpp"
#include "peer/storage/file.hpp"

namespace p2p {
namespace {

// The overview begins with those that find each other, peerProcess --help with those that are about files.
constexpr const Subcommand* kOfNodes[] = {&kShareCommand, &kLsCommand, &kGetCommand, &kGatewayCommand};
constexpr const Subcommand* kOfFiles[] = {&kManifestCommand, &kVerifyCommand, &kChunksCommand};
constexpr const Subcommand* kOfKeys[] = {&kKeyCommand, &kNetworkCommand};

template <class Visit>
void for_each_of(std::initializer_list<std::span<const Subcommand* const>> tables, Visit&& visit) {
  for (const auto table : tables)
    for (const Subcommand* const subcommand : table) visit(*subcommand);
}

std::string overview() {
  std::string text =
      "peerProcess exchanges files without a tracker. Expected a command or a peer's ID; one example each:\n\n";
  for_each_of({kOfNodes, kOfFiles, kOfKeys}, [&](const Subcommand& each) { text += each.example; });
  return text +
         R"(  peerProcess 1001                            Exchange the file of Common.cfg with the peers of PeerInfo.cfg

peerProcess --help has the options of the last one, peerProcess share --help those of share, and so on.
)";
}

using Json = nlohmann::ordered_json;

/// The table of what `parse`, called with the words of a command, is asked for.
template <class Parse>
Json table_by(Parse&& parse, std::vector<const char*> words) {
  words.insert(words.begin(), "peerProcess");
  words.push_back(kTableWord.data());
  try {
    parse(static_cast<int>(words.size()), words.data());
  } catch (CommandTable& table) {
    return std::move(table.json);
  }
  throw std::logic_error("a command does not know " + std::string(kTableWord));
}

/// The peer of PeerInfo.cfg first.
Json table_of_all() {
  Json commands = Json::array({table_by(parse_classic, {})});
  for_each_of({kOfNodes, kOfFiles, kOfKeys},
              [&](const Subcommand& each) { commands.push_back(table_by(each.run, {each.name.data()})); });
  return {{"program", "peerProcess"}, {"version", PEER_VERSION}, {"commands", commands}};
}

ExitCode print(const Json& table) {
  std::cout << table.dump(1) << std::endl;
  return ExitCode::complete;
}

ExitCode run(const Subcommand& subcommand, int argc, const char* const* argv) {
  try {
    const ExitCode code = subcommand.run(argc, argv);
    if (!std::cout.flush()) throw ExitError(ExitCode::io, "write to stdout failed");
    return code;
  } catch (const CommandTable& table) {
    return print(table.json);
  } catch (const std::system_error& error) {
    throw ExitError(is_disk_full(error.code()) ? ExitCode::disk_full : ExitCode::io, config::printable(error.what()));
  }
}

}  // namespace

std::string subcommands_help() {
  std::string text = "\nSubcommands:\n";
  for_each_of({kOfFiles, kOfNodes, kOfKeys}, [&](const Subcommand& each) { text += each.help; });
  return text + "  See peerProcess manifest --help, and so on.\n";
}

std::optional<ExitCode> run_subcommand(int argc, const char* const* argv) {
  if (argc < 2) {
    std::cerr << overview();
    return ExitCode::usage;
  }
  const std::string_view first = argv[1];
  const Subcommand* found = nullptr;
  std::vector<std::string_view> names;
  for_each_of({kOfNodes, kOfFiles, kOfKeys}, [&](const Subcommand& each) {
    names.push_back(each.name);
    if (each.name == first) found = &each;
  });
  if (found) return run(*found, argc, argv);
  const bool is_classic = first.starts_with('-') || (!first.empty() && first[0] >= '0' && first[0] <= '9');
  if (is_classic) {
    if (std::find(argv + 1, argv + argc, kTableWord) != argv + argc) return print(table_of_all());
    return std::nullopt;
  }
  const std::string hint = suggestion(first, names);
  std::cerr << "unknown command " << config::in_quotes(first)
            << (hint.empty() ? "; expected a peer's ID, " + listed(names) : hint)
            << "\nRun with --help for more information.\n";
  return ExitCode::usage;
}

}  // namespace p2p
