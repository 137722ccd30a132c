// The swarm of an upstream: pieces that nobody has are fetched from there by one of those who want them (upstream.hpp),
// and told with their digests (docs/PROTOCOL.md, "The swarm of an upstream").
#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

// Ends a batch of control frames, so that a long backlog of haves is sent in steps.
constexpr std::size_t kSendBatchBytes = 64 * 1024;

}  // namespace

void Swarm::begin_upstream() {
  const SwarmConfig::FromUpstream& from = *config_.upstream;
  const std::uint32_t pieces = config_.geometry.piece_count();
  P2P_ASSERT(config_.open && demand_ && (from.digests.empty() || from.digests.size() == pieces));
  P2P_ASSERT(stored().count() == 0 || !from.digests.empty());
  upstream_.emplace(
      UpstreamSide{Upstream(config_.self, pieces, from.group), {from.digests.begin(), from.digests.end()}});
  upstream_->digests.resize(pieces);
  stored().for_each([this](PieceIndex piece) { stored_order_.push_back(piece); });
}

/// What is wanted, and had by nobody whom we could ask.
Bitfield Swarm::missing_here() const {
  Bitfield missing(stored().size());
  Bitfield::full(stored().size()).for_each_without(unwanted(), [&](PieceIndex piece) {
    const Picker::State state = picker_.state(piece);
    if (picker_.availability(piece) == 0 && (state == Picker::State::open || state == Picker::State::closed))
      missing.set(piece);
  });
  return missing;
}

void Swarm::look_upstream(Instant now) {
  Upstream& plan = upstream_->plan;
  std::vector<PeerId> linked;
  for_established([&](LinkId link) { linked.push_back(peer_of(link)); });
  plan.set_rivals(linked, now);
  for (const PieceRun& run : plan.take_words_due(now)) say_fetching(run);
  const Bitfield missing = storing_paused_ ? Bitfield(stored().size()) : missing_here();
  const std::vector<PieceIndex> urgent = windows_.fronts(picker_);
  while (const auto run = plan.next(missing, urgent, now)) {
    say_fetching(*run);
    effects_.emplace_back(UpstreamTask(FetchUpstream{*run}));
  }
}

// --- what others say -------------------------------------------------------------------------------------------------

void Swarm::on_digest_have(LinkId link, const DigestHave& have, Instant now) {
  const auto& known = upstream_->digests[have.piece.value];
  if (known && *known != have.sha256) {
    at(link).session.disown(have.piece);
    emit(DigestDisputed{have.piece, peer_of(link)});
    return;
  }
  if (!known) learn(have.piece, have.sha256);
  if (complete()) ++activity_;
  spread_.on_held(link, have.piece);
  on_have(link, have.piece, now);
}

/// Runs that a neighbor is at, who comes before us.
void Swarm::stop_given_up() {
  for (const PieceRun& run : upstream_->plan.take_given_up()) {
    effects_.emplace_back(UpstreamTask(StopUpstream{run.first}));
    say_fetching({run.first, 0});
  }
}

void Swarm::learn(PieceIndex piece, const PieceDigest& sha256) {
  upstream_->digests[piece.value] = sha256;
  effects_.emplace_back(UpstreamTask(Learn{piece, sha256}));
}

// --- what came from there --------------------------------------------------------------------------------------------

bool Swarm::on_upstream_piece(PieceIndex piece, const PieceDigest& sha256, Instant now) {
  ++activity_;
  upstream_->plan.on_got(piece);
  upstream_->plan.wake(now);
  const Picker::State state = picker_.state(piece);
  if (state == Picker::State::storing || state == Picker::State::stored) return false;
  // What we have seen ourselves counts more than what others say.
  const auto known = upstream_->digests[piece.value];
  if (known != sha256) learn(piece, sha256);
  for_established([&](LinkId link) {
    if (!known || *known == sha256 || !at(link).session.remote_pieces().test(piece)) return;
    disown(link, piece);
    emit(DigestDisputed{piece, peer_of(link)});
  });
  // It may not be wanted any more.
  picker_.set_closed(piece, false);
  picker_.receive(piece);
  picker_.set_closed(piece, !demand_->wants(piece));
  return true;
}

void Swarm::on_upstream_stored(PieceIndex piece, Instant now) {
  picker_.store(piece);
  note_stored(piece, now);
}

void Swarm::on_upstream_failed(PieceIndex first, Instant now) {
  upstream_->plan.on_failed(first, now);
  upstream_->plan.wake(now);
  say_fetching({first, 0});
}

// --- what we say -----------------------------------------------------------------------------------------------------

/// The latest word on a run is all that a neighbor needs.
void Swarm::say_fetching(const PieceRun& run) {
  for_established([&](LinkId link) {
    std::erase_if(at(link).words, [&](const PieceRun& word) { return word.first == run.first; });
    at(link).words.push_back(run);
    ready(link);
  });
}

/// What we fetch, and the haves.
void Swarm::append_news(LinkId link, Bytes& out) {
  Link& l = at(link);
  for (const PieceRun& word : l.words) append_fetching(word, out);
  l.words.clear();
  while (l.haves_told < stored_order_.size() && out.size() < kSendBatchBytes) {
    const PieceIndex piece = stored_order_[l.haves_told++];
    if (upstream_)
      append_digest_have({piece, *upstream_->digests[piece.value]}, out);
    else
      append_indexed(MessageType::have, piece, out);
  }
}

}  // namespace p2p
