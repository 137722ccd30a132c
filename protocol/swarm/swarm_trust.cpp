// Chunk folders: what the swarm makes of announcements, and whom it does not ask (docs/PROTOCOL.md, "Chunk folders").
#include "protocol/assert.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {

/// Our own word on what we hold.
void Swarm::begin_trust() {
  trust_.emplace(*config_.chunks, config_.geometry.piece_count());
  for (const HeldChunk& held : trust_->own_word()) {
    P2P_ASSERT(picker_.stored().test(held.piece) && config_.geometry.size_of(held.piece) == held.claim.size);
    count_vote(config_.self, held.piece, held.claim);
  }
}

/// Why somebody with these features cannot exchange our content, as the end of a sentence; empty when it can.
std::string Swarm::content_fault(const std::optional<Features>& theirs) const {
  if (!config_.content) return {};
  if (!config_.chunks) {
    // A classic peer says nothing of its content; where there is no list of peers nothing else speaks for it.
    const bool fits = theirs ? !theirs->chunks && theirs->content == *config_.content : !config_.open;
    return fits ? "" : "shares another content";
  }
  if (!theirs || !theirs->chunks)
    return "announces no chunks, expected one that was started with peerProcess chunks as well";
  if (theirs->content != *config_.content)
    return "has another total in its LASTCHUNK line than our " + std::to_string(config_.geometry.piece_count());
  return {};
}

void Swarm::on_announcement(LinkId link, const ChunkAnnouncement& announcement, Instant now) {
  P2P_ASSERT(trust_);
  const auto& [piece, claim] = announcement;
  if (const std::string fault = trust_->name_fault(claim->name); !fault.empty())
    return on_violation(link, {"announcement of piece " + std::to_string(piece.value) + " with a name that " + fault},
                        now);
  ++activity_;
  count_vote(peer_of(link), piece, *claim);
  if (trust_->contradicts(piece, *claim)) disown(link, piece);
}

void Swarm::count_vote(PeerId peer, PieceIndex piece, const ChunkClaim& claim) {
  const Quorum::Outcome outcome = trust_->vote(peer, piece, claim);
  if (outcome == Quorum::Outcome::counted) return;
  if (outcome == Quorum::Outcome::settled) return on_settled(piece);
  const auto candidates = trust_->quorum().candidates(piece);
  emit(ChunkDisputed{piece, outcome, {candidates.begin(), candidates.end()}});
}

void Swarm::on_settled(PieceIndex piece) {
  const auto settled = std::make_shared<const ChunkClaim>(*trust_->quorum().settled(piece));
  const ChunkTrust::Opinion opinion = trust_->opinion(piece);
  for (const PeerId dissenter : opinion.dissenters)
    if (const auto neighbor = neighborhood_.find(dissenter); neighbor && neighborhood_[*neighbor].link)
      disown(*neighborhood_[*neighbor].link, piece);
  emit(ChunkSettled{piece, opinion.holders, settled});
  if (const ChunkClaim* const own = trust_->held(piece)) {
    if (*own != *settled) emit(ChunkContradicted{piece, std::make_shared<const ChunkClaim>(*own), settled});
    return;
  }
  config_.geometry.learn(piece, settled->size);
  for_established([this](LinkId link) { at(link).window.set_piece_size(config_.geometry.piece_size()); });
}

/// What this neighbor has for the piece is not what counts: it is as good as not having it. Of a chunk nothing was
/// asked of it so far: it was closed, or the link is so new that it has not unchoked us.
void Swarm::disown(LinkId link, PieceIndex piece) {
  Link& l = at(link);
  if (!l.session.remote_pieces().test(piece)) return;
  l.session.disown(piece);
  l.shortlist.clear();
  picker_.remove_holder(piece);
  if (unwanted().test(piece)) return;
  P2P_ASSERT(l.wanted > 0);
  --l.wanted;
  update_interest(link);
}

void Swarm::unlock_chunk(PieceIndex piece, Instant now) {
  P2P_ASSERT(trust_ && trust_->quorum().settled(piece));
  picker_.unlock(piece);
  fill_all(now);
}

}  // namespace p2p
