// Chunk folders: who vouches for which chunk, what that settles, and whom not to ask (docs/PROTOCOL.md, "Chunk folders").
#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

// Ends a batch of announcements, so that a long list is sent in steps.
constexpr std::size_t kAnnouncementBatchBytes = 64 * 1024;

}  // namespace

/// Our own word on what we hold.
void Swarm::begin_trust() {
  quorum_.emplace(config_.geometry.piece_count(), config_.chunks->quorum);
  for (const HeldChunk& held : config_.chunks->held) {
    P2P_ASSERT(picker_.stored().test(held.piece) && config_.geometry.size_of(held.piece) == held.claim.size);
    if (held.original) count_vote(config_.self, held.piece, held.claim);
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
  if (!theirs || !theirs->chunks) return "announces no chunks, expected one that was started with peerProcess chunks as well";
  if (theirs->content != *config_.content) return "has another total in its LASTCHUNK line than our " + std::to_string(config_.geometry.piece_count());
  return {};
}

void Swarm::on_announcement(LinkId link, const ChunkAnnouncement& announcement, Instant now) {
  P2P_ASSERT(quorum_);
  const auto& [piece, claim] = announcement;
  if (const std::string fault = config_.chunks->name_fault(claim->name); !fault.empty())
    return on_violation(link, {"announcement of piece " + std::to_string(piece.value) + " with a name that " + fault}, now);
  ++activity_;
  count_vote(peer_of(link), piece, *claim);
  if (const ChunkClaim* settled = quorum_->settled(piece); settled && *settled != *claim) disown(link, piece);
}

void Swarm::count_vote(PeerId peer, PieceIndex piece, const ChunkClaim& claim) {
  const Quorum::Outcome outcome = quorum_->vote(peer, piece, claim);
  if (outcome == Quorum::Outcome::counted) return;
  if (outcome == Quorum::Outcome::settled) return on_settled(piece);
  const auto candidates = quorum_->candidates(piece);
  emit(ChunkDisputed{piece, outcome, {candidates.begin(), candidates.end()}});
}

void Swarm::on_settled(PieceIndex piece) {
  const auto settled = std::make_shared<const ChunkClaim>(*quorum_->settled(piece));
  std::uint32_t holders = 0;
  for (const Candidate& candidate : quorum_->candidates(piece)) {
    if (candidate.claim == *settled) {
      holders = static_cast<std::uint32_t>(candidate.voters.size());
      continue;
    }
    for (const PeerId voter : candidate.voters)
      if (const auto neighbor = neighborhood_.find(voter); neighbor && neighborhood_[*neighbor].link) disown(*neighborhood_[*neighbor].link, piece);
  }
  emit(ChunkSettled{piece, holders, settled});
  const auto& held = config_.chunks->held;
  const auto own = std::ranges::lower_bound(held, piece, {}, &HeldChunk::piece);
  if (own != held.end() && own->piece == piece) {
    if (own->claim != *settled) emit(ChunkContradicted{piece, std::make_shared<const ChunkClaim>(own->claim), settled});
    return;
  }
  config_.geometry.learn(piece, settled->size);
  for_established([this](LinkId link) { at(link).window.set_piece_size(config_.geometry.piece_size()); });
}

/// What this neighbor has for the chunk is not what was settled: it is as good as not having it. Nothing was asked of it
/// so far: the chunk was closed, or the link is so new that it has not unchoked us.
void Swarm::disown(LinkId link, PieceIndex piece) {
  Link& l = at(link);
  if (!l.session.remote_pieces().test(piece)) return;
  l.session.disown(piece);
  l.shortlist.clear();
  picker_.remove_holder(piece);
  if (picker_.stored().test(piece)) return;
  P2P_ASSERT(l.wanted > 0);
  --l.wanted;
  update_interest(link);
}

void Swarm::open_chunk(PieceIndex piece, Instant now) {
  P2P_ASSERT(quorum_ && quorum_->settled(piece));
  picker_.unlock(piece);
  fill_all(now);
}

/// Appends announcements behind the bitfield. False when more of them are to follow before anything else.
bool Swarm::announce(Link& l, Bytes& out) const {
  const auto& held = config_.chunks->held;
  for (; l.announced < held.size(); ++l.announced) {
    const HeldChunk& chunk = held[l.announced];
    if (!chunk.original || !picker_.stored().test(chunk.piece)) continue;
    if (out.size() >= kAnnouncementBatchBytes) return false;
    append_announcement(chunk.piece, chunk.claim, out);
  }
  return true;
}

/// What the quorum has to do with a missing chunk's absence.
void Swarm::add_trust(Standing& standing) const {
  standing.quorum = quorum_->threshold();
  for (const PieceIndex piece : standing.missing) {
    if (quorum_->settled(piece) && picker_.state(piece) == Picker::State::closed)
      standing.withheld.push_back(piece);
    else if (!quorum_->settled(piece) && picker_.availability(piece) > 0)
      standing.unsettled.push_back({piece, quorum_->most_agreeing(piece)});
  }
}

}  // namespace p2p
