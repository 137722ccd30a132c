#include "config/allow_list.hpp"

#include <cstddef>
#include <map>

#include "config/text.hpp"

namespace p2p::config {

std::vector<AllowedKey> parse_allow_list(std::string_view text, const std::string& file) {
  Findings findings(file);
  std::vector<AllowedKey> allowed;
  std::map<Fingerprint, std::size_t> lines;
  for (const Line& line : split_lines(text)) {
    const Word& first = line.words.front();
    const auto key = parse_fingerprint(first.text);
    if (!key) {
      findings.add(line.number, first.column,
                   in_quotes(first.text) +
                       " is no fingerprint, expected 43 letters, digits, - and _ as `peerProcess key` "
                       "prints them, and then a name");
      continue;
    }
    if (line.words.size() != 2) {
      const Word& last = line.words.back();
      findings.add(line.number, line.words.size() < 2 ? last.column + last.text.size() : line.words[2].column,
                   std::to_string(line.words.size()) + (line.words.size() == 1 ? " word" : " words") +
                       ", expected 2: a fingerprint and a name");
      continue;
    }
    if (const auto [earlier, is_new] = lines.emplace(*key, line.number); !is_new)
      findings.add(line.number, first.column,
                   "this key stands here again, first on line " + std::to_string(earlier->second));
    allowed.push_back({*key, std::string(line.words[1].text)});
  }
  findings.throw_if_any();
  return allowed;
}

}  // namespace p2p::config
