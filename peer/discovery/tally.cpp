#include "peer/discovery/tally.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "config/hex.hpp"
#include "config/text.hpp"

namespace p2p {
namespace {

constexpr std::size_t kMostNamed = 8;

std::vector<Holder> whole_among(std::vector<Holder> holders) {
  std::erase_if(holders, [](const Holder& holder) { return holder.part; });
  return holders;
}

/// Those whose word counts: they have it of themselves. Where there are none, those who have all of it.
void keep_witnesses(std::vector<Holder>& holders, bool anybody_untold) {
  std::erase_if(holders, [&](const Holder& holder) { return anybody_untold ? holder.was_told() : holder.part; });
}

}  // namespace

/// Where no keys are proven: a largest matching between IP addresses and IDs, by augmenting paths.
std::size_t count_machines(const std::vector<Holder>& holders) {
  if (std::ranges::all_of(holders, [](const Holder& holder) { return holder.key.has_value(); })) {
    std::set<config::Fingerprint> keys;
    for (const Holder& holder : holders) keys.insert(*holder.key);
    return keys.size();
  }
  std::map<std::string, std::set<PeerId>> ids_at;
  for (const Holder& holder : holders) ids_at[holder.ip].insert(holder.peer);
  std::map<PeerId, std::string> address_of;
  std::set<PeerId> seen;
  const std::function<bool(const std::string&)> finds_an_id = [&](const std::string& ip) {
    for (const PeerId id : ids_at.at(ip)) {
      if (!seen.insert(id).second) continue;
      const auto taken = address_of.find(id);
      if (taken != address_of.end() && !finds_an_id(taken->second)) continue;
      address_of[id] = ip;
      return true;
    }
    return false;
  };
  std::size_t count = 0;
  for (const auto& [ip, ids] : ids_at) {
    seen.clear();
    count += finds_an_id(ip);
  }
  return count;
}

std::map<ContentId, std::vector<Holder>> Tally::by_content() const {
  std::map<ContentId, std::vector<Holder>> contents;
  for (const auto& [node, holder] : holders_) contents[holder.id].push_back(holder);
  return contents;
}

Tally::Result Tally::judge(std::optional<std::uint32_t> quorum) const {
  auto contents = by_content();
  if (contents.empty()) return {Verdict::nobody};
  const auto is_any = [this](auto is_such) {
    return std::ranges::any_of(holders_, [&](const auto& each) { return is_such(each.second); });
  };
  const bool anybody_untold = is_any([](const Holder& holder) { return !holder.was_told(); });
  if (quorum && !anybody_untold) return {Verdict::too_few, contents.begin()->first, 0};
  if (is_any([](const Holder& holder) { return !holder.part; }))
    for (auto& [id, holders] : contents) keep_witnesses(holders, anybody_untold);
  std::erase_if(contents, [](const auto& each) { return each.second.empty(); });
  std::map<ContentId, std::size_t> machines;
  for (const auto& [id, holders] : contents) machines[id] = count_machines(holders);
  const auto [id, count] = *std::ranges::max_element(machines, {}, [](const auto& each) { return each.second; });
  if (!quorum) return {contents.size() == 1 ? Verdict::accepted : Verdict::conflict, id, count};
  const auto enough = std::ranges::count_if(machines, [&](const auto& each) { return each.second >= *quorum; });
  const Verdict verdict = enough == 1 ? Verdict::accepted : enough > 1 ? Verdict::conflict : Verdict::too_few;
  return {verdict, id, count};
}

std::string Tally::describe() const {
  std::string text;
  for (const auto& [id, holders] : by_content()) {
    const std::vector<Holder> whole = whole_among(holders);
    const std::size_t machines = count_machines(whole);
    text += "  " + config::to_hex(id) + "  " + std::to_string(holders.front().size) + " bytes  " +
            std::to_string(machines) + (machines == 1 ? " holder" : " holders") +
            (whole.size() < holders.size() ? ", and " + std::to_string(holders.size() - whole.size()) + " of a part: "
                                           : ": ");
    for (std::size_t i = 0; i < std::min(holders.size(), kMostNamed); ++i) {
      if (i > 0) text += ", ";
      text += config::printable(to_string(holders[i].address));
    }
    text += holders.size() > kMostNamed ? ", ...\n" : "\n";
  }
  return text;
}

}  // namespace p2p
