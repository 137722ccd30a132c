// Clusters: folders that say in a file of their own name where the other clusters are (docs/PROTOCOL.md, "Cluster
// files").
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/cluster_file.hpp"
#include "peer/discovery/address.hpp"

namespace p2p {

struct Cluster {
  std::string name;
  std::filesystem::path folder;
  std::string file;  ///< The cluster file's name in the folder: the cluster's, or that with `.txt`.
  std::vector<config::ClusterEntry> entries;

  /// The entry of that name; null when there is none.
  const config::ClusterEntry* find(const std::string& name) const;
  /// Where all but the one of that name are.
  std::vector<Address> others(const std::string& name) const;
};

/// The cluster of this folder; none when it has no cluster file. Throws ConfigError for what the file says, ExitError
/// (bad_configuration) when it cannot be read.
std::optional<Cluster> read_cluster(const std::filesystem::path& folder);

/// All cluster folders in a directory. One whose file is none is left out with a warning: it may be anything.
std::vector<Cluster> find_clusters(const std::filesystem::path& directory);

}  // namespace p2p
