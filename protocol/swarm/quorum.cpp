#include "protocol/swarm/quorum.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace p2p {

Quorum::Quorum(std::uint32_t chunks, std::uint32_t threshold) : threshold_(threshold), chunks_(chunks) {
  P2P_ASSERT(threshold >= 1);
}

const ChunkClaim* Quorum::settled(PieceIndex chunk) const {
  const auto& settled = chunks_[chunk.value].settled;
  return settled ? &*settled : nullptr;
}

std::uint32_t Quorum::most_agreeing(PieceIndex chunk) const {
  std::size_t most = 0;
  for (const Candidate& candidate : chunks_[chunk.value].candidates) most = std::max(most, candidate.voters.size());
  return static_cast<std::uint32_t>(most);
}

void Quorum::withdraw(PeerId peer, Chunk& chunk) {
  for (Candidate& candidate : chunk.candidates) std::erase(candidate.voters, peer);
  std::erase_if(chunk.candidates, [](const Candidate& candidate) { return candidate.voters.empty(); });
}

void Quorum::forget(PeerId peer) {
  for (Chunk& chunk : chunks_) withdraw(peer, chunk);
}

Quorum::Outcome Quorum::vote(PeerId peer, PieceIndex chunk, const ChunkClaim& claim) {
  Chunk& c = chunks_[chunk.value];
  withdraw(peer, c);
  auto it = std::ranges::find(c.candidates, claim, &Candidate::claim);
  if (it == c.candidates.end()) it = c.candidates.insert(c.candidates.end(), Candidate{claim, {}});
  it->voters.insert(std::ranges::lower_bound(it->voters, peer), peer);
  if (c.settled) return *c.settled == claim ? Outcome::counted : Outcome::against;
  if (it->voters.size() < threshold_) return c.candidates.size() > 1 ? Outcome::dissent : Outcome::counted;
  if (!names_.emplace(claim.name, chunk).second) return Outcome::taken;
  c.settled = claim;
  ++settled_count_;
  return Outcome::settled;
}

}  // namespace p2p
