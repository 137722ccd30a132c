// peerProcess share: offers a folder's files until a signal comes.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <set>
#include <string>
#include <vector>

#include "peer/ground/exit_code.hpp"
#include "peer/discovery/address.hpp"
#include "peer/commands/share_options.hpp"

namespace p2p {

/// What a command line comes to, with what a cluster's file says.
struct SharePlan {
  std::filesystem::path folder;
  std::set<std::string> hidden;  ///< Names that are not offered.
  Address self;
  std::vector<Address> join;
  bool local_by_choice = false;  ///< When `self` is the loopback's: somebody has said so.
};

/// Throws ConfigError for a cluster file, ExitError (usage) when the port is nowhere, or the folder is no cluster.
SharePlan plan_share(const ShareOptions& options);

/// Runs until SIGINT or SIGTERM; a second one ends the process at once. Throws ExitError for what goes wrong at the start.
ExitCode share_folder(const ShareOptions& options, std::ostream& out);

}  // namespace p2p
