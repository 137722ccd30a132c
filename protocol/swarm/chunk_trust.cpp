#include "protocol/swarm/chunk_trust.hpp"

#include <algorithm>
#include <utility>

namespace p2p {
namespace {

// Ends a batch of announcements.
constexpr std::size_t kAnnouncementBatchBytes = 64 * 1024;

}  // namespace

ChunkTrust::ChunkTrust(ChunkFolder folder, std::uint32_t chunks)
    : folder_(std::move(folder)), quorum_(chunks, folder_.quorum) {}

std::vector<HeldChunk> ChunkTrust::own_word() const {
  std::vector<HeldChunk> original;
  std::ranges::copy_if(folder_.held, std::back_inserter(original), &HeldChunk::original);
  return original;
}

bool ChunkTrust::contradicts(PieceIndex chunk, const ChunkClaim& claim) const {
  const ChunkClaim* const settled = quorum_.settled(chunk);
  return settled && *settled != claim;
}

ChunkTrust::Opinion ChunkTrust::opinion(PieceIndex chunk) const {
  Opinion opinion;
  for (const Candidate& candidate : quorum_.candidates(chunk)) {
    if (!contradicts(chunk, candidate.claim))
      opinion.holders = static_cast<std::uint32_t>(candidate.voters.size());
    else
      opinion.dissenters.insert(opinion.dissenters.end(), candidate.voters.begin(), candidate.voters.end());
  }
  return opinion;
}

const ChunkClaim* ChunkTrust::held(PieceIndex chunk) const {
  const auto own = std::ranges::lower_bound(folder_.held, chunk, {}, &HeldChunk::piece);
  return own != folder_.held.end() && own->piece == chunk ? &own->claim : nullptr;
}

bool ChunkTrust::announce(std::uint32_t& announced, const Bitfield& stored, Bytes& out) const {
  for (; announced < folder_.held.size(); ++announced) {
    const HeldChunk& chunk = folder_.held[announced];
    if (!chunk.original || !stored.test(chunk.piece)) continue;
    if (out.size() >= kAnnouncementBatchBytes) return false;
    append_announcement(chunk.piece, chunk.claim, out);
  }
  return true;
}

void ChunkTrust::add_to(Standing& standing, const Picker& picker) const {
  standing.quorum = quorum_.threshold();
  for (const PieceIndex piece : standing.missing) {
    if (quorum_.settled(piece) && picker.state(piece) == Picker::State::closed)
      standing.withheld.push_back(piece);
    else if (!quorum_.settled(piece) && picker.availability(piece) > 0)
      standing.unsettled.push_back({piece, quorum_.most_agreeing(piece)});
  }
}

}  // namespace p2p
