// What a path means in a network, by the words of its nodes: a content, a place inside of one, a folder of names, or
// nothing. Which questions that takes, and what follows from the answers.
//
// In this order: the name itself; names below it, which make it a folder; the names that it lies below, each of which
// may be a folder that is one content. The last two are asked for only when nobody has the name.
// Pure. Absent: how one searches, and whether a content has what lies inside of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "peer/discovery/holder.hpp"
#include "peer/http/content_host.hpp"

namespace p2p {

/// What came of asking the nodes of the network one question.
struct SearchAnswer {
  std::vector<Holder> holders;
  std::size_t asked = 0;        ///< So many nodes were asked,
  std::size_t silent = 0;       ///< and so many of these could not be reached.
  bool whole = true;            ///< All that they said is there: it was not too much.
  FoundFolderPtr listing = {};  ///< Of a question for names: listing_of() them, where it is made once for all who ask.
};
using SearchAnswerPtr = std::shared_ptr<const SearchAnswer>;

/// Puts an answer on all names into the order in which part_of() needs it.
void sort_by_name(SearchAnswer& all);
/// What an answer on all names says of one name, or, with a slash behind it, of a folder of names. None: nothing, but
/// there were too many names for one answer, and these may have been left out. Precondition: sort_by_name(). O(log
/// holders + what is found).
std::optional<SearchAnswer> part_of(const SearchAnswer& all, const std::string& question);

/// What lies in the folder `prefix`, which is empty or ends with a slash, by these words on names below it.
FoundFolderPtr listing_of(const std::vector<Holder>& holders, std::string_view prefix,
                          std::optional<std::uint32_t> quorum);

class NameMeaning {
 public:
  /// A content, and where in it; empty: the content itself, or with "/", which has to be a folder then.
  struct Content {
    ContentId id;
    std::string name;  ///< Under which it was found.
    std::string inside;
    std::vector<Holder> holders;
  };
  using Meaning = std::variant<Content, FoundFolderPtr, FoundSeveral, FoundNothing>;

  /// Of more folders above a path than this the outermost are asked for.
  static constexpr std::size_t kMostAbove = 8;

  /// `path`: as AskedPath::path, without a content id. `network`: for messages.
  NameMeaning(std::string path, std::optional<std::uint32_t> quorum, std::string network);

  /// The questions that are to be answered now: names, folders with a slash behind them, "" for all names. None when
  /// the meaning is known.
  std::vector<std::string> questions() const;
  void on_answer(const std::string& question, SearchAnswerPtr answer);
  /// When there are no questions().
  Meaning meaning() const;

 private:
  std::string name() const;
  bool wants_folder() const { return path_.empty() || path_.ends_with('/'); }
  bool is_answered(const std::string& question) const { return answers_.contains(question); }
  bool has_word(const std::string& question) const;
  FoundFolderPtr listing(const std::string& folder) const;
  std::optional<Meaning> judged(const std::string& name) const;
  FoundNothing nothing() const;

  std::string path_;
  std::optional<std::uint32_t> quorum_;
  std::string network_;
  std::vector<std::string> first_;   ///< Questions,
  std::vector<std::string> second_;  ///< and those that follow when nobody has the name.
  std::vector<std::string> above_;   ///< Names that the path lies below, the nearest first.
  std::map<std::string, SearchAnswerPtr> answers_;
};

}  // namespace p2p
