// Whom to believe what a chunk is, where no manifest says it: the check list and the chunk list.
//
// A peer that has held a chunk from the start claims its size, SHA-256 and name. A chunk stands on the check list until
// `threshold` distinct peers claim the same; then the claim moves to the chunk list, for good. Fewer than `threshold`
// liars can therefore never have a false claim settled; that many can, and nothing here could tell. Disagreement is
// shown, not resolved: a second claim neither hinders nor helps the first.
//
// Absent: who may vote (only the original holder, on its own link: the session and the shell see to that), what is done
// about a claim (swarm_trust.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/wire/message.hpp"

namespace p2p {

/// Who claims what, one entry a claim.
struct Candidate {
  ChunkClaim claim;
  std::vector<PeerId> voters;  ///< Ascending.
};

/// Invariants: a peer is a voter of at most one candidate of a chunk; no candidate is without voters; what is settled
/// stays as it is, whatever is said later. Memory: one claim for each that differs, 4 bytes a vote.
class Quorum {
 public:
  /// `threshold` >= 1.
  Quorum(std::uint32_t chunks, std::uint32_t threshold);

  enum class Outcome : std::uint8_t {
    counted,  ///< It stands on the check list, or agrees with what is settled.
    settled,  ///< This vote was the last that was needed.
    dissent,  ///< It differs from what others claim, and nothing is settled.
    against,  ///< It differs from what is settled.
    taken,    ///< Enough agree, but the name is that of another settled chunk: it cannot be settled.
  };

  /// A peer's vote; an earlier one of the same peer for the same chunk counts no more. O(candidates).
  Outcome vote(PeerId peer, PieceIndex chunk, const ChunkClaim& claim);

  /// The peer is none any more: its votes count no more. What is settled stays. O(chunks).
  void forget(PeerId peer);

  std::uint32_t threshold() const { return threshold_; }
  /// Null while it is on the check list.
  const ChunkClaim* settled(PieceIndex chunk) const;
  std::uint32_t settled_count() const { return settled_count_; }
  /// What is claimed, in the order in which it was first claimed.
  std::span<const Candidate> candidates(PieceIndex chunk) const { return chunks_[chunk.value].candidates; }
  /// How many peers claim the same at most.
  std::uint32_t most_agreeing(PieceIndex chunk) const;

 private:
  struct Chunk {
    std::vector<Candidate> candidates{};
    std::optional<ChunkClaim> settled{};
  };

  static void withdraw(PeerId peer, Chunk& chunk);

  std::uint32_t threshold_;
  std::uint32_t settled_count_ = 0;
  std::vector<Chunk> chunks_;
  std::unordered_map<std::string, PieceIndex> names_;  ///< Of what is settled.
};

}  // namespace p2p
