// What another PeerInfo.cfg changes for a peer that runs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/peer_info.hpp"
#include "protocol/ids.hpp"

namespace p2p {

struct PeerListChange {
  std::size_t self_index = 0;      ///< Our line in the new list.
  std::vector<PeerId> added = {};  ///< In the order of the new list, and so are `moved`.
  std::vector<PeerId> removed = {};
  std::vector<PeerId> moved = {};  ///< Listed before and now, at another place, or with another key.

  bool any() const { return !added.empty() || !removed.empty() || !moved.empty(); }
};

/// Whether a peer is dialled, and proves itself, as before. What it started with does not matter any more.
bool is_same_place(const config::PeerLine& one, const config::PeerLine& other);

/// `before`[self_index] is our line. Throws ExitError (bad_configuration), with `file` in its text, where the process
/// would have to start anew: our own line is missing or another one, or keys have come or gone.
PeerListChange compare_lists(const std::vector<config::PeerLine>& before, std::size_t self_index,
                             const std::vector<config::PeerLine>& after, const std::string& file);

/// "1 peer added, 2 removed", for people.
std::string describe(const PeerListChange& change);

}  // namespace p2p
