#include "peer/discovery/cluster.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <system_error>

#include "peer/ground/exit_code.hpp"
#include "peer/storage/read_text.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = 1u << 20;

std::string read_list(const fs::path& path) {
  std::string text;
  try {
    text = read_text(path, kLargestFile + 1);
  } catch (const std::system_error& error) {
    throw ExitError(ExitCode::bad_configuration, path.string() + ": cannot be read: " + error.code().message());
  }
  if (text.size() > kLargestFile)
    throw config::ConfigError(
        {{path.string(), 0, 0,
          "is larger than " + std::to_string(kLargestFile) + " bytes, expected a list of clusters"}});
  return text;
}

}  // namespace

const config::ClusterEntry* Cluster::find(const std::string& wanted) const {
  const auto found = std::ranges::find(entries, wanted, &config::ClusterEntry::name);
  return found == entries.end() ? nullptr : &*found;
}

std::vector<Address> Cluster::others(const std::string& own) const {
  std::vector<Address> addresses;
  for (const config::ClusterEntry& entry : entries)
    if (entry.name != own) addresses.push_back({entry.host, entry.port});
  return addresses;
}

std::optional<Cluster> read_cluster(const fs::path& folder) {
  fs::path named = folder.lexically_normal();
  if (!named.has_filename()) named = named.parent_path();
  const std::string name = named.filename().native();
  std::error_code ignored;
  for (const char* const suffix : {"", ".txt"}) {
    const fs::path file = folder / (name + suffix);
    if (!fs::is_regular_file(file, ignored)) continue;
    return Cluster{name, folder, name + suffix, config::parse_cluster_file(read_list(file), file.string())};
  }
  return std::nullopt;
}

std::vector<Cluster> find_clusters(const fs::path& directory) {
  std::vector<Cluster> clusters;
  std::error_code error;
  for (fs::directory_iterator it(directory, error); !error && it != fs::directory_iterator(); it.increment(error)) {
    std::error_code ignored;
    if (!it->is_directory(ignored)) continue;
    try {
      if (auto cluster = read_cluster(it->path().lexically_normal())) clusters.push_back(std::move(*cluster));
    } catch (const std::runtime_error& fault) {
      spdlog::info("not a cluster: {}", fault.what());
    }
  }
  std::ranges::sort(clusters, {}, &Cluster::name);
  return clusters;
}

}  // namespace p2p
