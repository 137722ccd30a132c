// What must hold of every complaint about a configuration text.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.hpp"
#include "protocol/assert.hpp"

namespace p2p::fuzz {

inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

/// There is something to say; each finding names the file and a place inside it (a column may be the one behind the
/// line's end, where something is missing); and the text is printable, whatever bytes the file has.
inline void check_error(const config::ConfigError& error, std::string_view text, std::string_view file) {
  const auto lines = lines_of(text);
  const auto& findings = error.findings();
  P2P_ASSERT(!findings.empty());
  P2P_ASSERT(std::ranges::is_sorted(findings, {}, &config::Finding::line));
  for (const config::Finding& finding : findings) {
    P2P_ASSERT(finding.file == file && !finding.message.empty());
    P2P_ASSERT(finding.line <= lines.size());
    if (finding.line == 0)
      P2P_ASSERT(finding.column == 0);
    else
      P2P_ASSERT(finding.column >= 1 && finding.column <= lines[finding.line - 1].size() + 1);
    P2P_ASSERT(std::ranges::none_of(finding.message, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }));
  }
  P2P_ASSERT(lines_of(error.what()).size() == findings.size());
}

}  // namespace p2p::fuzz
