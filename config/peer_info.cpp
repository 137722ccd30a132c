#include "config/peer_info.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "config/host.hpp"
#include "config/text.hpp"

namespace p2p::config {
namespace {}  // namespace

std::vector<PeerLine> parse_peer_info(std::string_view text, const std::string& file) {
  Findings findings(file);
  std::vector<PeerLine> peers;
  std::map<std::uint32_t, std::size_t> lines_by_id;
  std::map<std::pair<std::string, std::uint16_t>, std::size_t> lines_by_address;

  for (const Line& line : split_lines(text)) {
    constexpr std::size_t kColumns = 4;
    const auto& words = line.words;
    if (words.size() != kColumns) {
      const Word& last = words[std::min(words.size(), kColumns + 1) - 1];
      findings.add(line.number, words.size() < kColumns ? last.column + last.text.size() : last.column,
                   std::to_string(words.size()) + (words.size() == 1 ? " word" : " words") +
                       ", expected 4: peer ID, host name, port, and 1 if the peer starts with the file, else 0");
      continue;
    }
    const auto id = parse_integer(words[0].text, 0, PeerLine::kLargestId);
    const std::string_view host = without_brackets(words[1].text);
    const auto port = parse_integer(words[2].text, 1, 65'535);
    const auto has_file = parse_integer(words[3].text, 0, 1);
    if (!id)
      findings.add(line.number, words[0].column,
                   "peer ID is " + in_quotes(words[0].text) + ", expected an integer from 0 to " +
                       std::to_string(PeerLine::kLargestId));
    if (!is_host(host))
      findings.add(line.number, words[1].column,
                   "host is " + in_quotes(words[1].text) + ", expected a name, an IPv4 or an IPv6 address");
    if (!port)
      findings.add(line.number, words[2].column,
                   "port is " + in_quotes(words[2].text) + ", expected an integer from 1 to 65535");
    if (!has_file)
      findings.add(
          line.number, words[3].column,
          "last word is " + in_quotes(words[3].text) + ", expected 1 if the peer starts with the file, else 0");
    if (!id || !is_host(host) || !port || !has_file) continue;

    PeerLine peer{static_cast<std::uint32_t>(*id), std::string(host), static_cast<std::uint16_t>(*port), *has_file == 1,
                  line.number};
    if (const auto [earlier, is_new] = lines_by_id.emplace(peer.id, line.number); !is_new)
      findings.add(line.number, words[0].column,
                   "peer ID " + std::to_string(peer.id) + " stands here again, first on line " +
                       std::to_string(earlier->second));
    if (const auto [earlier, is_new] = lines_by_address.emplace(std::pair(peer.host, peer.port), line.number); !is_new)
      findings.add(line.number, words[2].column,
                   "port " + std::to_string(peer.port) + " of " + peer.host + " is taken already by line " +
                       std::to_string(earlier->second));
    peers.push_back(std::move(peer));
  }
  if (peers.empty() && findings.empty())
    findings.add("no peers, expected a line for each: peer ID, host name, port, 1 or 0");
  findings.throw_if_any();
  return peers;
}

}  // namespace p2p::config
