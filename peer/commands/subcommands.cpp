#include "peer/commands/subcommands.hpp"

#include <initializer_list>
#include <iostream>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "config/text.hpp"
#include "peer/commands/chunk_command.hpp"
#include "peer/commands/get_command.hpp"
#include "peer/commands/key_command.hpp"
#include "peer/commands/ls_command.hpp"
#include "peer/commands/manifest_command.hpp"
#include "peer/commands/network_command.hpp"
#include "peer/commands/share_command.hpp"
#include "peer/commands/subcommand.hpp"
#include "peer/commands/usage.hpp"
#include "peer/commands/verify_command.hpp"
#include "peer/node/exit_error.hpp"
#include "peer/storage/file.hpp"

namespace p2p {
namespace {

// The overview begins with those that find each other, peerProcess --help with those that are about files.
constexpr const Subcommand* kOfNodes[] = {&kShareCommand, &kLsCommand, &kGetCommand};
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

ExitCode run(const Subcommand& subcommand, int argc, const char* const* argv) {
  try {
    const ExitCode code = subcommand.run(argc, argv);
    if (!std::cout.flush()) throw ExitError(ExitCode::io, "write to stdout failed");
    return code;
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
  if (is_classic) return std::nullopt;
  const std::string hint = suggestion(first, names);
  std::cerr << "unknown command " << config::in_quotes(first)
            << (hint.empty() ? "; expected a peer's ID, " + listed(names) : hint)
            << "\nRun with --help for more information.\n";
  return ExitCode::usage;
}

}  // namespace p2p
