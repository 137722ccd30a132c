// Common.cfg: what all peers of a swarm agree on (docs/PROTOCOL.md, "Files").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/config_error.hpp"

namespace p2p::config {

enum class ChokingPolicy {
  course,       ///< Who feeds us most is served: right among strangers.
  cooperative,  ///< Everybody serves as many as serve it: faster where nobody is selfish.
};

/// Checked values. Intervals in seconds, sizes in bytes.
struct CommonCfg {
  std::uint32_t preferred_neighbors = 0;    ///< 0 to 65,535; with 0 only the optimistic neighbor is served.
  std::uint32_t unchoking_interval_s = 0;   ///< 1 to 86,400.
  std::uint32_t optimistic_interval_s = 0;  ///< 1 to 86,400.
  std::string file_name;                    ///< Relative, stays inside the peer's folder.
  std::optional<std::uint64_t> file_size;   ///< 1 to 2^63 - 1. Absent only where there is a manifest.
  std::optional<std::uint64_t> piece_size;  ///< 1 to 64 MiB; at most kMostPieces pieces (piece_limit.hpp). Absent only
                                            ///< where there is a manifest.

  /// Optional keys, which no other implementation of the protocol knows.
  std::optional<std::array<std::byte, 32>>
      manifest;  ///< Manifest, 64 hexadecimal digits: the content id, the SHA-256 of the manifest's bytes.
  std::uint32_t max_connections = 0;  ///< MaxConnections, 4 to 65,535: the most neighbors; 0 when absent: all.
  ChokingPolicy choking_policy = ChokingPolicy::course;
  std::optional<std::uint32_t>
      trust_quorum;  ///< TrustQuorum, 1 to 65,535: how many original holders of a chunk must agree.
};

/// Reads the text of a Common.cfg. `file` names it in messages. Keys in any order, each once.
/// Throws ConfigError with everything that is wrong.
CommonCfg parse_common_cfg(std::string_view text, const std::string& file);

/// The same for a chunk folder, whose sizes are nobody's choice: every key may be left out, and what is left out has
/// its default: 3 preferred neighbors, 5 s and 15 s.
CommonCfg parse_chunk_cfg(std::string_view text, const std::string& file);

}  // namespace p2p::config
