// Which content a name means, when holders say so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "peer/discovery/holder_search.hpp"

namespace p2p {

/// What each node says that it holds under one name, or content id. A node counts once; its latest word holds.
class Tally {
 public:
  void add(const Holder& holder) { holders_.insert_or_assign(holder.peer, holder); }

  bool empty() const { return holders_.empty(); }
  std::map<ContentId, std::vector<Holder>> by_content() const;

  enum class Verdict {
    nobody,    ///< There is no holder.
    accepted,  ///< `id` is the one.
    conflict,  ///< Several contents, of which none is the one.
    too_few,   ///< No content has as many holders as the quorum asks for.
  };
  struct Result {
    Verdict verdict;
    ContentId id = {};
    std::size_t holders = 0;  ///< Of the content that has most.
  };
  /// Without a quorum the only content is accepted; with one, the only content that so many holders agree on.
  Result judge(std::optional<std::uint32_t> quorum) const;

  /// A line for each content: its id, its size, how many hold it and who.
  std::string describe() const;

 private:
  std::map<PeerId, Holder> holders_;
};

}  // namespace p2p
