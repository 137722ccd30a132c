#include "config/peer_info.hpp"

#include <map>
#include <utility>

#include "config/host.hpp"
#include "config/text.hpp"

namespace p2p::config {
namespace {

constexpr std::size_t kColumns = 4;

/// Where a word behind these would be.
std::size_t column_behind(const std::vector<Word>& words) { return words.back().column + words.back().text.size(); }

/// The fifth word of the lines: all have one, or none has.
class Keys {
 public:
  explicit Keys(Findings& findings) : findings_(findings) {}

  /// What a line says of its peer's key.
  std::optional<Fingerprint> take(const Line& line) {
    const bool has_key = line.words.size() > kColumns;
    if (first_line_ == 0) {
      first_line_ = line.number;
      first_has_key_ = has_key;
    }
    const std::size_t column = has_key ? line.words[kColumns].column : column_behind(line.words);
    const auto key = has_key ? parse_fingerprint(line.words[kColumns].text) : std::nullopt;
    if (has_key && !key)
      findings_.add(line.number, column,
                    "fifth word is " + in_quotes(line.words[kColumns].text) +
                        ", expected the fingerprint of the peer's key, " + std::to_string(Fingerprint::kCharacters) +
                        " characters as peerProcess key prints them, or no fifth word");
    else if (has_key != first_has_key_)
      findings_.add(line.number, column,
                    std::string(has_key ? "a key, but line " : "no key, but line ") + std::to_string(first_line_) +
                        (has_key ? " has none" : " has one") +
                        "; expected the fingerprint of the peer's key as the fifth word of all lines, or of none");
    if (!key) return std::nullopt;
    if (const auto [earlier, is_new] = lines_by_key_.emplace(*key, line.number); !is_new)
      findings_.add(line.number, column,
                    "this key stands here again, first on line " + std::to_string(earlier->second) +
                        "; expected a key of its own for each peer");
    return key;
  }

 private:
  Findings& findings_;
  std::size_t first_line_ = 0;  ///< 0 before there is one.
  bool first_has_key_ = false;
  std::map<Fingerprint, std::size_t> lines_by_key_;
};

}  // namespace

std::vector<PeerLine> parse_peer_info(std::string_view text, const std::string& file) {
  Findings findings(file);
  std::vector<PeerLine> peers;
  Keys keys(findings);
  std::map<std::uint32_t, std::size_t> lines_by_id;
  std::map<std::pair<std::string, std::uint16_t>, std::size_t> lines_by_address;

  for (const Line& line : split_lines(text)) {
    const auto& words = line.words;
    const bool too_many = words.size() > kColumns + 1;
    if (words.size() < kColumns || too_many) {
      findings.add(line.number, too_many ? words[kColumns + 1].column : column_behind(words),
                   std::to_string(words.size()) + (words.size() == 1 ? " word" : " words") +
                       ", expected 4: peer ID, host name, port, and 1 if the peer starts with the file, else 0" +
                       (too_many ? "; or 5, with the fingerprint of the peer's key" : ""));
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
      findings.add(line.number, words[3].column,
                   std::string(words.size() == kColumns ? "last" : "fourth") + " word is " + in_quotes(words[3].text) +
                       ", expected 1 if the peer starts with the file, else 0");
    const auto key = keys.take(line);
    if (!id || !is_host(host) || !port || !has_file) continue;

    PeerLine peer{static_cast<std::uint32_t>(*id),
                  std::string(host),
                  static_cast<std::uint16_t>(*port),
                  *has_file == 1,
                  line.number,
                  key};
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
