// Decides which content a name means, by the words of its holders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "peer/discovery/holder.hpp"

namespace p2p {

/// The words of all nodes on what they hold under one name, or content id. Nodes are told apart by IP address, port and
/// ID; the latest word of each holds.
///
/// IDs and ports cost nothing, so machines are counted: holders that have an IP address in common are one, and so are
/// holders with one ID, which may be a node that is reached in several ways. Where both overlap it is the largest
/// number of holders of which no two have an address or an ID in common; so nobody is counted less because somebody
/// else claims its ID. In a private network, where holders have proven their keys, keys are counted in the place of
/// machines.
class Tally {
 public:
  void add(const Holder& holder) { holders_.insert_or_assign({holder.ip, holder.address.port, holder.peer}, holder); }

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
    std::size_t holders = 0;  ///< How many machines have the content that most have.
  };
  /// Without a quorum the only content is accepted; with one, the only content that so many holders agree on. What
  /// those say who have a part only, or got it under this name, they were told: they do not count for a quorum, and
  /// without one only where nobody else has it; those who have a part, where nobody has it whole.
  Result judge(std::optional<std::uint32_t> quorum) const;

  /// A line for each content: its id, its size, how many hold it and who.
  std::string describe() const;

 private:
  std::map<std::tuple<std::string, std::uint16_t, PeerId>, Holder> holders_;
};

/// How many machines these are, or keys, as Tally counts them.
std::size_t count_machines(const std::vector<Holder>& holders);

}  // namespace p2p
