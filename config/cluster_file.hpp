// The file of a cluster: which other clusters to look for, and where (docs/PROTOCOL.md, "Cluster files").
//
//   cluster2p[5002],cluster3p[5003],app@workshopp[5004]
//
// Name, the letter p, port in brackets, separated by commas; the host is localhost unless it stands behind the name and
// an @.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.hpp"

namespace p2p::config {

/// One entry, checked.
struct ClusterEntry {
  std::string name;        ///< A folder's name: UTF-8 of 1 to 255 bytes without blanks, `/`, `,`, `@` and brackets.
  std::string host;        ///< A name, an IPv4 or an IPv6 address; brackets around the latter are removed.
  std::uint16_t port = 0;  ///< 1 to 65,535.
  std::size_t line = 0;    ///< In the file, from 1.

  friend bool operator==(const ClusterEntry&, const ClusterEntry&) = default;
};

/// Reads the text of a cluster file; `file` names it in messages. Blanks and ends of lines around entries, a comma
/// behind the last one and a byte-order mark are fine. At least one entry; names are unique, and so are pairs of host
/// and port. Throws ConfigError with everything that is wrong.
std::vector<ClusterEntry> parse_cluster_file(std::string_view text, const std::string& file);

}  // namespace p2p::config
