#include "peer/discovery/tally.hpp"

#include <algorithm>

#include "config/hex.hpp"
#include "config/text.hpp"

namespace p2p {
namespace {

constexpr std::size_t kMostNamed = 8;

}  // namespace

std::map<ContentId, std::vector<Holder>> Tally::by_content() const {
  std::map<ContentId, std::vector<Holder>> contents;
  for (const auto& [peer, holder] : holders_) contents[holder.id].push_back(holder);
  return contents;
}

Tally::Result Tally::judge(std::optional<std::uint32_t> quorum) const {
  const auto contents = by_content();
  if (contents.empty()) return {Verdict::nobody};
  const auto count = [](const auto& each) { return each.second.size(); };
  const auto most = std::ranges::max_element(contents, {}, count);
  if (!quorum) return {contents.size() == 1 ? Verdict::accepted : Verdict::conflict, most->first, most->second.size()};
  const auto enough = std::ranges::count_if(contents, [&](const auto& each) { return each.second.size() >= *quorum; });
  const Verdict verdict = enough == 1 ? Verdict::accepted : enough > 1 ? Verdict::conflict : Verdict::too_few;
  return {verdict, most->first, most->second.size()};
}

std::string Tally::describe() const {
  std::string text;
  for (const auto& [id, holders] : by_content()) {
    text += "  " + config::to_hex(id) + "  " + std::to_string(holders.front().size) + " bytes  " + std::to_string(holders.size()) +
            (holders.size() == 1 ? " holder: " : " holders: ");
    for (std::size_t i = 0; i < std::min(holders.size(), kMostNamed); ++i) {
      if (i > 0) text += ", ";
      text += config::printable(to_string(holders[i].address));
    }
    text += holders.size() > kMostNamed ? ", ...\n" : "\n";
  }
  return text;
}

}  // namespace p2p
