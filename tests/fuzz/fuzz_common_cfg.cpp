// Common.cfg: any text is either complained about properly or accepted with values in their limits.
#include <filesystem>
#include <string>

#include "config/common_cfg.hpp"
#include "config/hex.hpp"
#include "tests/fuzz/config_checks.hpp"

namespace p2p::config {
namespace {

constexpr const char* kFile = "Common.cfg";

/// The text that says just this.
std::string printed(const CommonCfg& cfg) {
  std::string text = "NumberOfPreferredNeighbors " + std::to_string(cfg.preferred_neighbors) + "\nUnchokingInterval " +
                     std::to_string(cfg.unchoking_interval_s) + "\nOptimisticUnchokingInterval " +
                     std::to_string(cfg.optimistic_interval_s) + "\nFileName " + cfg.file_name + "\nChokingPolicy " +
                     (cfg.choking_policy == ChokingPolicy::course ? "course" : "cooperative") + "\n";
  if (cfg.file_size) text += "FileSize " + std::to_string(*cfg.file_size) + "\n";
  if (cfg.piece_size) text += "PieceSize " + std::to_string(*cfg.piece_size) + "\n";
  if (cfg.manifest) text += "Manifest " + to_hex(*cfg.manifest) + "\n";
  if (cfg.trust_quorum) text += "TrustQuorum " + std::to_string(*cfg.trust_quorum) + "\n";
  if (cfg.max_connections != 0) text += "MaxConnections " + std::to_string(cfg.max_connections) + "\n";
  return text;
}

bool same(const CommonCfg& a, const CommonCfg& b) {
  return a.preferred_neighbors == b.preferred_neighbors && a.unchoking_interval_s == b.unchoking_interval_s &&
         a.optimistic_interval_s == b.optimistic_interval_s && a.file_name == b.file_name &&
         a.file_size == b.file_size && a.piece_size == b.piece_size && a.max_connections == b.max_connections &&
         a.choking_policy == b.choking_policy && a.manifest == b.manifest && a.trust_quorum == b.trust_quorum;
}

/// What the header promises of an accepted text.
void check_limits(const CommonCfg& cfg) {
  P2P_ASSERT(cfg.preferred_neighbors <= 65'535);
  P2P_ASSERT(cfg.unchoking_interval_s >= 1 && cfg.unchoking_interval_s <= 86'400);
  P2P_ASSERT(cfg.optimistic_interval_s >= 1 && cfg.optimistic_interval_s <= 86'400);
  P2P_ASSERT(cfg.manifest || (cfg.file_size && cfg.piece_size));
  P2P_ASSERT(!cfg.file_size || (*cfg.file_size >= 1 && *cfg.file_size <= 0x7fffffffffffffff));
  P2P_ASSERT(!cfg.piece_size || (*cfg.piece_size >= 1 && *cfg.piece_size <= 64u << 20));
  if (cfg.file_size && cfg.piece_size) P2P_ASSERT((*cfg.file_size - 1) / *cfg.piece_size + 1 <= 16'777'216);
  P2P_ASSERT(!cfg.trust_quorum || (*cfg.trust_quorum >= 1 && *cfg.trust_quorum <= 65'535));
  P2P_ASSERT(cfg.max_connections == 0 || (cfg.max_connections >= 4 && cfg.max_connections <= 65'535));

  // The file stays in the peer's folder.
  const std::filesystem::path path(cfg.file_name);
  P2P_ASSERT(path.is_relative() && path.has_filename() && path.lexically_normal() == path);
  P2P_ASSERT(std::ranges::none_of(path, [](const auto& part) { return part == ".." || part == "."; }));
  P2P_ASSERT(cfg.file_name.find('\0') == std::string::npos);
}

}  // namespace
}  // namespace p2p::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  using namespace p2p::config;
  const std::string text(data, data + size);
  try {
    const CommonCfg cfg = parse_common_cfg(text, kFile);
    check_limits(cfg);
    P2P_ASSERT(same(parse_common_cfg(printed(cfg), kFile), cfg));
  } catch (const ConfigError& error) {
    fuzz::check_error(error, text, kFile);
  }
  try {
    const CommonCfg cfg = parse_chunk_cfg(text, kFile);
    P2P_ASSERT(cfg.unchoking_interval_s >= 1 && cfg.optimistic_interval_s >= 1 && cfg.max_connections == 0);
    P2P_ASSERT(!cfg.trust_quorum || (*cfg.trust_quorum >= 1 && *cfg.trust_quorum <= 65'535));
  } catch (const ConfigError& error) {
    fuzz::check_error(error, text, kFile);
  }
  return 0;
}
