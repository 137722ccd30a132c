// The swarm's giving half: whom to serve, what was asked of us, what to send next.
#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

// A flood guard only: well-behaved peers keep a window of a few open.
constexpr std::size_t kMaxQueuedUploads = 4096;

bool is_interest(MessageType type) { return type == MessageType::interested || type == MessageType::not_interested; }

}  // namespace

void Swarm::end_unchoking_interval(Instant now) {
  uploads_.choose_preferred(rank_interested(), now, random_);
  for_established([this](LinkId link) {
    at(link).fed = 0;
    at(link).had_at_unchoking = at(link).session.remote_pieces().count();
  });
  sync_chokes(now);
}

void Swarm::end_optimistic_interval(Instant now) {
  if (config_.choking_policy == ChokingPolicy::balanced)
    uploads_.choose_optimistic(rank_starving(), now, random_);
  else
    uploads_.choose_optimistic(now, random_);
  for_established([this](LinkId link) { at(link).had_at_optimistic = at(link).session.remote_pieces().count(); });
  sync_chokes(now);
}

/// How much each interested neighbor deserves a slot, by the policy.
std::vector<Ranked> Swarm::rank_interested() const {
  const auto rank = [this](const Link& l) -> std::uint64_t {
    const Bitfield& pieces = l.session.remote_pieces();
    switch (config_.choking_policy) {
      case ChokingPolicy::course: return complete() ? 0 : l.fed;
      case ChokingPolicy::cooperative: return pieces.size() - pieces.count();
      case ChokingPolicy::balanced: {
        const std::uint64_t need = pieces.size() - (pieces.count() - l.had_at_unchoking);
        return l.session.we_choke() ? need : pieces.size() + 1 + need;
      }
    }
    return 0;
  };
  std::vector<Ranked> ranked;
  for (const LinkId link : uploads_.interested()) ranked.push_back({link, rank(at(link))});
  return ranked;
}

/// Those that got less than half as much in the optimistic interval as the one that has the optimistic slot.
std::vector<Ranked> Swarm::rank_starving() const {
  const auto gained = [this](LinkId link) {
    return at(link).session.remote_pieces().count() - at(link).had_at_optimistic;
  };
  const auto holder = uploads_.optimistic();
  std::vector<Ranked> ranked;
  for (const LinkId link : uploads_.interested())
    if (!holder || 2 * gained(link) < gained(*holder))
      ranked.push_back({link, config_.geometry.piece_count() - gained(link)});
  return ranked;
}

/// Tells neighbors and listeners who is served now.
void Swarm::sync_chokes(Instant now) {
  Uploads::Changes changes = uploads_.take_changes([this](LinkId link) { return peer_of(link); });
  for (const LinkId link : changes.choke) {
    push(link, MessageType::choke);
    at(link).uploads.clear();
    spread_.on_ended(link);
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
  spread_.on_asked(link, piece);
  if (config_.open && !std::exchange(l.has_asked, true)) uploads_.on_used(link);
  ready(link);
}

void Swarm::ready(LinkId link) {
  if (at(link).send_ready) return;
  at(link).send_ready = true;
  effects_.emplace_back(SendReady{link});
}

void Swarm::push(LinkId link, MessageType type, PieceIndex piece) {
  at(link).session.on_send(type);
  // An interest that is not sent yet has been overtaken, and so has an unchoke by a choke: a remote that does not read
  // makes no queue. (A choke is never overtaken: it says that requests are forgotten.)
  if (is_interest(type))
    std::erase_if(at(link).frames, [](const Link::Frame& frame) { return is_interest(frame.type); });
  const auto is_unchoke = [](const Link::Frame& frame) { return frame.type == MessageType::unchoke; };
  if (type == MessageType::choke && std::erase_if(at(link).frames, is_unchoke) > 0) return;
  at(link).frames.push_back({type, piece});
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
    const Features features{.chunks = config_.chunks.has_value(),
                            .names_peers = config_.open,
                            .content = config_.content.value_or(ContentPrefix{})};
    append_handshake({config_.self, config_.content ? encode(features) : ReservedBytes{}}, out);
    l.handshake_due = false;
  }
  if (l.phase != Link::Phase::established) return std::nullopt;
  if (l.bitfield_due) {
    append_bitfield(upstream_ ? Bitfield(stored().size()) : stored(), out);
    l.bitfield_due = false;
    l.haves_told = upstream_ ? 0 : static_cast<std::uint32_t>(stored_order_.size());
  }
  if (l.naming.due) append_named(link, out);
  append_suggestions(link, out);
  if (trust_ && !trust_->announce(l.announced, stored(), out)) return std::nullopt;
  for (const Link::Frame& frame : l.frames) {
    if (frame.type == MessageType::request)
      append_indexed(frame.type, frame.piece, out);
    else
      append_signal(frame.type, out);
  }
  l.frames.clear();
  append_news(link, out);
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
