// PeerInfo.cfg: who belongs to a swarm, and where (docs/PROTOCOL.md, "Files"). The order of the lines matters: a peer
// connects to every earlier line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.hpp"
#include "config/fingerprint.hpp"

namespace p2p::config {

/// One line, checked.
struct PeerLine {
  static constexpr std::uint32_t kLargestId = 0x7fffffff;
  std::uint32_t id = 0;    ///< 0 to kLargestId.
  std::string host;        ///< A name, an IPv4 or an IPv6 address; brackets around the latter are removed.
  std::uint16_t port = 0;  ///< 1 to 65,535.
  bool has_file = false;   ///< Starts with the complete file.
  std::size_t line = 0;    ///< In the file, from 1.
  /// Of its public key. All peers of a file have one, or none has.
  std::optional<Fingerprint> key = std::nullopt;
};

/// Reads the text of a PeerInfo.cfg. `file` names it in messages. At least one line; IDs are unique, and so are
/// pairs of host and port, and keys. Throws ConfigError with everything that is wrong.
std::vector<PeerLine> parse_peer_info(std::string_view text, const std::string& file);

}  // namespace p2p::config
