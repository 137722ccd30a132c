// plan_share(): which folder, which port, which host, whom to join.
#include <algorithm>

#include "config/text.hpp"
#include "peer/commands/share_command.hpp"
#include "peer/discovery/cluster.hpp"
#include "peer/discovery/own_hosts.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

fs::path directory_of(const fs::path& folder) {
  const fs::path parent = folder.lexically_normal().parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

/// The entry of this cluster: in its own file, else in that of a cluster beside it.
std::optional<config::ClusterEntry> own_entry(const Cluster& cluster) {
  if (const auto* const entry = cluster.find(cluster.name)) return *entry;
  for (const Cluster& beside : find_clusters(directory_of(cluster.folder)))
    if (const auto* const entry = beside.find(cluster.name)) return *entry;
  return std::nullopt;
}

SharePlan plan_cluster(const ShareOptions& options) {
  fs::path folder = options.cluster->lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  if (folder == "." || folder.filename() == "..") folder = fs::canonical(folder);
  const auto cluster = read_cluster(folder);
  const std::string name = config::in_quotes(folder.filename().native());
  if (!cluster)
    throw ExitError(ExitCode::usage, "the folder " + name + " is no cluster: it has no file " + name +
                                         ", or that with .txt; to share a folder that is none, " + "say --folder");
  const auto own = own_entry(*cluster);
  if (!options.port && !own)
    throw ExitError(ExitCode::usage, "the cluster " + name +
                                         " has no port: neither it nor a cluster beside it has an entry " +
                                         cluster->name + "p[PORT]; expected one, or --port");
  std::vector<Address> join = options.net.join.empty() ? cluster->others(cluster->name) : options.net.join;
  const bool all_here = std::ranges::all_of(join, [](const Address& address) { return is_loopback(address.host); });
  const std::string host = options.host ? *options.host : own ? own->host : all_here ? "localhost" : primary_host(join);
  return {folder,
          {cluster->file},
          {host, options.port ? *options.port : own->port},
          std::move(join),
          {},
          options.host || own || all_here};
}

}  // namespace

SharePlan plan_share(const ShareOptions& options) {
  if (options.cluster) return plan_cluster(options);
  const Address self{options.host ? *options.host : primary_host(options.net.join), options.port.value_or(kUsualPort)};
  std::vector<Address> join = options.net.join;
  // The first node on this machine is where all others begin.
  if (join.empty() && self.port != kUsualPort) join.push_back({"localhost", kUsualPort});
  if (!options.file) return {*options.folder, {}, self, std::move(join), {}, options.host.has_value()};
  return {directory_of(*options.file), {}, self, std::move(join), options.file->filename(), options.host.has_value()};
}

}  // namespace p2p
