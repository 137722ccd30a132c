#include "peer/gateway/name_meaning.hpp"

#include <algorithm>
#include <utility>

#include "config/hex.hpp"
#include "config/manifest_path.hpp"
#include "config/text.hpp"
#include "peer/discovery/tally.hpp"

namespace p2p {
namespace {

Tally tally_of(const std::vector<Holder>& holders) {
  Tally tally;
  for (const Holder& holder : holders) tally.add(holder);
  return tally;
}

std::string many(std::size_t count, const char* one, const char* several) {
  return std::to_string(count) + " " + (count == 1 ? one : several);
}

/// An entry for a name by all words on it.
FoundFolder::Entry entry_of(std::string name, const Tally& tally, std::optional<std::uint32_t> quorum) {
  const auto contents = tally.by_content();
  const Tally::Result result = tally.judge(quorum);
  FoundFolder::Entry entry{.name = std::move(name)};
  if (result.verdict == Tally::Verdict::accepted) {
    entry.id = result.id;
    entry.size = contents.at(result.id).front().size;
    return entry;
  }
  entry.contents = contents.size();
  for (const auto& [id, holders] : contents) entry.size = std::max(entry.size, holders.front().size);
  return entry;
}

}  // namespace

void sort_by_name(SearchAnswer& all) { std::ranges::stable_sort(all.holders, {}, &Holder::name); }

std::optional<SearchAnswer> part_of(const SearchAnswer& all, const std::string& question) {
  const auto is_meant = [&](const Holder& holder) {
    return question.ends_with('/') ? holder.name.starts_with(question) : holder.name == question;
  };
  SearchAnswer part{.holders = {}, .asked = all.asked, .silent = all.silent, .whole = all.whole};
  for (auto each = std::ranges::lower_bound(all.holders, question, {}, &Holder::name);
       each != all.holders.end() && is_meant(*each); ++each)
    part.holders.push_back(*each);
  if (part.holders.empty() && !part.whole) return std::nullopt;
  return part;
}

FoundFolderPtr listing_of(const std::vector<Holder>& holders, std::string_view prefix,
                          std::optional<std::uint32_t> quorum) {
  std::map<std::string, Tally> names;
  for (const Holder& holder : holders)
    if (holder.name.starts_with(prefix)) names[holder.name.substr(prefix.size())].add(holder);
  std::map<std::string, FoundFolder::Entry> entries;
  for (const auto& [name, tally] : names) {
    FoundFolder::Entry entry = entry_of(name, tally, quorum);
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos) {
      entries.emplace(name, std::move(entry));
      continue;
    }
    const std::string folder = name.substr(0, slash + 1);
    FoundFolder::Entry& below = entries.try_emplace(folder, FoundFolder::Entry{.name = folder}).first->second;
    below.size += entry.size;
  }
  FoundFolder found{};
  for (auto& [name, entry] : entries) found.entries.push_back(std::move(entry));
  return std::make_shared<const FoundFolder>(std::move(found));
}

NameMeaning::NameMeaning(std::string path, std::optional<std::uint32_t> quorum, std::string network)
    : path_(std::move(path)), quorum_(quorum), network_(std::move(network)) {
  if (path_.empty()) {
    first_ = {""};
    return;
  }
  const std::string whole = name();
  first_ = {whole};
  second_ = {whole + "/"};
  for (const std::string_view folder : config::folders_of(whole)) {
    if (above_.size() == kMostAbove) break;
    above_.emplace_back(folder);
  }
  std::ranges::reverse(above_);
  second_.insert(second_.end(), above_.begin(), above_.end());
}

std::string NameMeaning::name() const { return path_.ends_with('/') ? path_.substr(0, path_.size() - 1) : path_; }

bool NameMeaning::has_word(const std::string& question) const {
  const auto answer = answers_.find(question);
  return answer != answers_.end() && !answer->second->holders.empty();
}

std::vector<std::string> NameMeaning::questions() const {
  const auto unanswered = [this](const std::string& question) { return !is_answered(question); };
  std::vector<std::string> open;
  std::ranges::copy_if(first_, std::back_inserter(open), unanswered);
  if (!open.empty() || has_word(first_.front())) return open;
  std::ranges::copy_if(second_, std::back_inserter(open), unanswered);
  return open;
}

void NameMeaning::on_answer(const std::string& question, SearchAnswerPtr answer) {
  answers_.insert_or_assign(question, std::move(answer));
}

FoundFolderPtr NameMeaning::listing(const std::string& folder) const {
  const SearchAnswer& answer = *answers_.at(folder);
  return answer.listing ? answer.listing : listing_of(answer.holders, folder, quorum_);
}

/// What the words on this name make of it; none when there are none.
std::optional<NameMeaning::Meaning> NameMeaning::judged(const std::string& name) const {
  if (!has_word(name)) return std::nullopt;
  const Tally tally = tally_of(answers_.at(name)->holders);
  auto contents = tally.by_content();
  const Tally::Result result = tally.judge(quorum_);
  if (result.verdict == Tally::Verdict::accepted)
    return Content{.id = result.id,
                   .name = name,
                   .inside = path_.substr(name.size() + (this->name() == name ? 0 : 1)),
                   .holders = std::move(contents.at(result.id))};
  if (result.verdict == Tally::Verdict::too_few)
    return FoundNothing{"No content " + config::in_quotes(name) + " has a quorum: " + std::to_string(result.holders) +
                        " of " + std::to_string(*quorum_) + " holders agree."};
  FoundSeveral several;
  for (const auto& [id, holders] : contents)
    several.contents.push_back({.id = id, .size = holders.front().size, .holders = count_machines(holders)});
  return several;
}

NameMeaning::Meaning NameMeaning::meaning() const {
  if (path_.empty()) return listing("");
  if (auto found = judged(name())) return std::move(*found);
  const std::string folder = name() + "/";
  if (has_word(folder))
    if (FoundFolderPtr found = listing(folder); !found->entries.empty()) return found;
  for (const std::string& above : above_)
    if (auto found = judged(above)) return std::move(*found);
  return nothing();
}

FoundNothing NameMeaning::nothing() const {
  const SearchAnswer& answer = *answers_.at(name());
  const std::string network = "network " + config::in_quotes(network_);
  if (answer.asked == 0)
    return {"No node of the " + network + " is known, so nobody could be asked for " + config::in_quotes(name()) +
            "; is one up where --join says?"};
  std::string why = "Nobody has " + config::in_quotes(name()) + ": " + many(answer.asked, "node", "nodes") +
                    " of the " + network + (answer.asked == 1 ? " was asked" : " were asked");
  if (answer.silent > 0) why += ", of which " + std::to_string(answer.silent) + " could not be reached";
  return {why + "."};
}

}  // namespace p2p
