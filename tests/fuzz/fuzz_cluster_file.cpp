// Cluster files: any text is either complained about properly or accepted with values in their limits.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "config/cluster_file.hpp"
#include "tests/fuzz/config_checks.hpp"

namespace p2p::config {
namespace {

constexpr const char* kFile = "cluster1";

/// The text that says just this.
std::string printed(const std::vector<ClusterEntry>& entries) {
  std::string text = "\n";  // a name may begin with what would be a byte-order mark
  for (const ClusterEntry& entry : entries)
    text += entry.name + "@" + entry.host + "p[" + std::to_string(entry.port) + "],\n";
  return text;
}

/// The same entries in the same order; on which lines does not matter.
bool same(const std::vector<ClusterEntry>& a, const std::vector<ClusterEntry>& b) {
  return std::ranges::equal(a, b, [](const ClusterEntry& x, const ClusterEntry& y) {
    return x.name == y.name && x.host == y.host && x.port == y.port;
  });
}

/// What the header promises of an accepted text.
void check_limits(const std::vector<ClusterEntry>& entries, std::size_t lines) {
  P2P_ASSERT(!entries.empty());
  std::set<std::string> names;
  std::set<std::pair<std::string, std::uint16_t>> addresses;
  std::size_t last_line = 1;
  for (const ClusterEntry& entry : entries) {
    P2P_ASSERT(!entry.name.empty() && entry.name.size() <= 255 && entry.name != "." && entry.name != "..");
    P2P_ASSERT(entry.name.find_first_of("/,@[] \t\r\n\v\f") == std::string::npos && names.insert(entry.name).second);
    P2P_ASSERT(!entry.host.empty() && entry.port != 0 && addresses.emplace(entry.host, entry.port).second);
    P2P_ASSERT(entry.line >= last_line && entry.line <= lines);
    last_line = entry.line;
  }
}

}  // namespace
}  // namespace p2p::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  using namespace p2p::config;
  const std::string text(data, data + size);
  try {
    const std::vector<ClusterEntry> entries = parse_cluster_file(text, kFile);
    check_limits(entries, fuzz::lines_of(text).size());
    P2P_ASSERT(same(parse_cluster_file(printed(entries), kFile), entries));
  } catch (const ConfigError& error) {
    fuzz::check_error(error, text, kFile);
  }
  return 0;
}
