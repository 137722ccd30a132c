// Chunk folders: who vouches for which chunk, and what that settles (docs/PROTOCOL.md, "Chunk folders").
//
// Holds the quorum and our own word: what we held from the start is our vote, and is announced to every neighbor.
// Absent: links. Their owner asks nobody for a chunk who has something else under its number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/ids.hpp"
#include "protocol/swarm/chunk_folder.hpp"
#include "protocol/swarm/picker.hpp"
#include "protocol/swarm/quorum.hpp"
#include "protocol/swarm/standing.hpp"
#include "protocol/wire/encoder.hpp"

namespace p2p {

class ChunkTrust {
 public:
  ChunkTrust(ChunkFolder folder, std::uint32_t chunks);

  const Quorum& quorum() const { return quorum_; }
  /// A peer's word on a chunk; see Quorum::vote(). Ours is to be given like any other, for each of own_word().
  Quorum::Outcome vote(PeerId peer, PieceIndex chunk, const ChunkClaim& claim) {
    return quorum_.vote(peer, chunk, claim);
  }
  void forget(PeerId peer) { quorum_.forget(peer); }
  /// What we vouch for: the chunks that we had from the start.
  std::vector<HeldChunk> own_word() const;

  /// What a remote's name for a chunk is wrong in; see ChunkFolder::name_fault.
  std::string name_fault(std::string_view name) const { return folder_.name_fault(name); }
  /// Whether something else was settled than this claim.
  bool contradicts(PieceIndex chunk, const ChunkClaim& claim) const;

  /// Of a settled chunk: how many say so, and who says otherwise.
  struct Opinion {
    std::uint32_t holders = 0;
    std::vector<PeerId> dissenters;
  };
  Opinion opinion(PieceIndex chunk) const;
  /// What we have under that number, from the start or received; null: nothing.
  const ChunkClaim* held(PieceIndex chunk) const;

  /// Appends our word on stored chunks, from the `announced`th held one on. False when more is to follow before
  /// anything else: a long list is sent in steps.
  bool announce(std::uint32_t& announced, const Bitfield& stored, Bytes& out) const;

  /// What the quorum has to do with the absence of the missing chunks.
  void add_to(Standing& standing, const Picker& picker) const;

 private:
  ChunkFolder folder_;
  Quorum quorum_;
};

}  // namespace p2p
