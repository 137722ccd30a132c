// The swarm's giving half: whom to serve, what was asked of us, what to send next.
#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

// A flood guard only: well-behaved peers keep a window of a few open.
constexpr std::size_t kMaxQueuedUploads = 4096;
// Ends a batch of control frames, so that a long backlog of haves is sent in steps.
constexpr std::size_t kSendBatchBytes = 64 * 1024;

}  // namespace

void Swarm::end_unchoking_interval(Instant now) {
  uploads_.choose_preferred(rank_interested(), now, random_);
  for_established([this](LinkId link) { at(link).fed = 0; });
  sync_chokes(now);
}

/// How much each interested neighbor deserves a slot, by the policy.
std::vector<Ranked> Swarm::rank_interested() const {
  std::vector<Ranked> ranked;
  for (const LinkId link : uploads_.interested()) {
    const Link& l = at(link);
    const Bitfield& pieces = l.session.remote_pieces();
    const bool cooperative = config_.choking_policy == ChokingPolicy::cooperative;
    ranked.push_back({link, cooperative ? pieces.size() - pieces.count() : complete() ? 0 : l.fed});
  }
  return ranked;
}

/// Tells neighbors and listeners who is served now.
void Swarm::sync_chokes(Instant now) {
  Uploads::Changes changes = uploads_.take_changes([this](LinkId link) { return peer_of(link); });
  for (const LinkId link : changes.choke) {
    push(link, MessageType::choke);
    at(link).uploads.clear();
  }
  for (const LinkId link : changes.unchoke) {
    push(link, MessageType::unchoke);
    at(link).has_asked = false;
    at(link).idle_since = now;
  }
  if (changes.preferred) emit(PreferredNeighborsChanged{std::move(*changes.preferred)});
  if (changes.optimistic) emit(OptimisticNeighborChanged{*changes.optimistic});
}

void Swarm::on_request(LinkId link, PieceIndex piece, Instant now) {
  Link& l = at(link);
  // A request that comes while the neighbor is choked is never served; it will ask again when unchoked.
  if (retired_ || l.session.we_choke() || !picker_.stored().test(piece)) return;
  if (std::ranges::find(l.uploads, piece) != l.uploads.end()) return;
  if (l.uploads.size() >= kMaxQueuedUploads)
    return on_violation(link, {"more than " + std::to_string(kMaxQueuedUploads) + " open requests"}, now);
  l.uploads.push_back(piece);
  if (config_.open && !std::exchange(l.has_asked, true)) uploads_.on_used(link);
  ready(link);
}

bool Swarm::flushed() const {
  return std::ranges::none_of(links_, [this](const std::optional<Link>& l) {
    if (!l || l->phase != Link::Phase::established) return false;
    return l->sending || l->bitfield_due || !l->frames.empty() || !l->uploads.empty() ||
           l->haves_told < stored_order_.size();
  });
}

bool Swarm::awaits_acknowledgement(LinkId link) const {
  const Link& l = at(link);
  if (l.phase != Link::Phase::established || l.send_ready || !l.uploads.empty()) return false;
  return l.requests.open_count() == 1 || (l.session.remote_is_interested() && !l.session.we_choke());
}

std::optional<PieceIndex> Swarm::poll_send(LinkId link, Bytes& out) {
  const auto piece = collect_sends(link, out);
  at(link).sending = !out.empty();
  return piece;
}

std::optional<PieceIndex> Swarm::collect_sends(LinkId link, Bytes& out) {
  Link& l = at(link);
  l.send_ready = false;
  if (l.phase == Link::Phase::closed) return std::nullopt;
  if (l.handshake_due) {
    const Features features{.chunks = config_.chunks.has_value(), .content = config_.content.value_or(ContentPrefix{})};
    append_handshake({config_.self, config_.content ? encode(features) : ReservedBytes{}}, out);
    l.handshake_due = false;
  }
  if (l.phase != Link::Phase::established) return std::nullopt;
  if (l.bitfield_due) {
    append_bitfield(picker_.stored(), out);
    l.bitfield_due = false;
    l.haves_told = static_cast<std::uint32_t>(stored_order_.size());
  }
  if (trust_ && !trust_->announce(l.announced, stored(), out)) return std::nullopt;
  for (const Link::Frame& frame : l.frames) {
    if (frame.type == MessageType::request)
      append_indexed(frame.type, frame.piece, out);
    else
      append_signal(frame.type, out);
  }
  l.frames.clear();
  while (l.haves_told < stored_order_.size() && out.size() < kSendBatchBytes)
    append_indexed(MessageType::have, stored_order_[l.haves_told++], out);
  if (complete() && l.haves_told == stored_order_.size()) neighborhood_[*l.neighbor].told = true;
  if (l.uploads.empty()) return std::nullopt;

  const PieceIndex piece = l.uploads.front();
  l.uploads.erase(l.uploads.begin());
  l.session.on_send(MessageType::piece);
  if (complete()) ++activity_;
  append_piece_head({piece, config_.geometry.size_of(piece)}, out);
  return piece;
}

}  // namespace p2p
