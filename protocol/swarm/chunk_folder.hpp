// What a swarm is told when its pieces are the files of a chunk folder.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {

struct HeldChunk {
  PieceIndex piece;
  ChunkClaim claim;  ///< As it is on our disk.
  bool original =
      true;  ///< Ours from the start: we vouch for it. For a received chunk we do not, however often we restart.
};

struct ChunkFolder {
  std::uint32_t quorum = 1;       ///< How many original holders must agree before a chunk is fetched.
  std::vector<HeldChunk> held{};  ///< Ascending, each once; the geometry knows their sizes.
  /// What is wrong with a name that a remote gave to a chunk, as the end of a sentence about it; empty when a file may
  /// have it.
  std::function<std::string(std::string_view)> name_fault;
};

}  // namespace p2p
