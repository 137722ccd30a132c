// peerProcess share: offers a folder's files until a signal comes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "peer/commands/subcommand.hpp"
#include "peer/discovery/address.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/http/http_options.hpp"
#include "peer/node/get_options.hpp"
#include "peer/share/folder_scan.hpp"

namespace p2p {

struct ShareOptions {
  NetworkOptions net;
  HttpOptions http;
  std::optional<std::filesystem::path> folder;  ///< Exactly one of these three.
  std::optional<std::filesystem::path> file;
  std::optional<std::filesystem::path> cluster;
  std::optional<std::string> as;  ///< The folder is one content of this name.
  std::filesystem::path config;   ///< Where further options were read from; empty: nowhere.
  std::optional<std::uint16_t> port;
  std::optional<std::string> host;
  Reserve reserve;
  bool finished = false;  ///< What lies there at the start is.
  bool keeps = true;      ///< Manifests are kept in the folder.
  Rates limits = {};
  unsigned jobs = 1;
};

/// The options, or the code to exit with after --help or a usage error, whose text has been printed. argv[1] is the
/// subcommand.
std::variant<ShareOptions, ExitCode> parse_share(int argc, const char* const* argv);

/// The command line and the cluster's file together.
struct SharePlan {
  std::filesystem::path folder;
  std::set<std::string> hidden;  ///< Names that are not offered.
  Address self;
  std::vector<Address> join;
  std::optional<std::string> only = {};  ///< Of the folder this file alone.
  bool local_by_choice = false;          ///< When `self` is the loopback's: somebody has said so.
};

/// Throws ConfigError for a cluster file, ExitError (usage) when the port is nowhere, or the folder is no cluster.
SharePlan plan_share(const ShareOptions& options);

/// Runs until SIGINT or SIGTERM; a second one ends the process at once. Throws ExitError for what goes wrong at the
/// start.
ExitCode share_folder(const ShareOptions& options, std::ostream& out);

extern const Subcommand kShareCommand;

}  // namespace p2p
