// The swarm's receiving half: what to ask of whom, and what came of it.
#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/swarm/endgame.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

bool missing(Picker::State state) { return state == Picker::State::open || state == Picker::State::requested; }

}  // namespace

void Swarm::on_piece_head(LinkId link, const PieceHead& head, Instant now) {
  Link& l = at(link);
  const auto fate = l.requests.fate(head.piece);
  if (fate == Requests::Fate::never_asked && ++l.unasked > 1)
    return on_violation(
        link, {"pieces that were never asked for, the last one being " + std::to_string(head.piece.value)}, now);
  if (fate == Requests::Fate::open) {
    const auto request = std::ranges::find(l.requests.open(), head.piece, &OpenRequest::piece);
    if (request->lone) l.window.on_lone_head(request->asked, now);
  }
  l.window.on_progress(now);
  const bool wanted = !storing_paused_ && fate != Requests::Fate::never_asked && missing(picker_.state(head.piece)) &&
                      l.session.remote_pieces().test(head.piece);  // else it was found out since that it cannot have it
  l.incoming = {.piece = head.piece, .fate = fate, .wanted = wanted, .began = now};
}

void Swarm::update_interest(LinkId link) {
  const Link& l = at(link);
  // Before the remote's first message nothing is known to be worth saying.
  if (!l.session.has_spoken()) return;
  if ((l.wanted > 0) == l.session.we_are_interested()) return;
  push(link, l.wanted > 0 ? MessageType::interested : MessageType::not_interested);
}

bool Swarm::payload_wanted(LinkId link) const {
  const Link& l = at(link);
  return l.phase == Link::Phase::established && l.incoming && l.incoming->wanted;
}

void Swarm::drop_payload(LinkId link) {
  if (payload_wanted(link)) at(link).incoming->wanted = false;
}

void Swarm::on_payload(LinkId link, std::uint32_t bytes, Instant now) {
  Link& l = at(link);
  if (l.phase != Link::Phase::established) return;
  P2P_ASSERT(l.incoming);
  l.heard = now;
  l.window.on_progress(now);
  l.incoming->received += bytes;
  ++activity_;
  throughput_.on_bytes(bytes);
  if (l.incoming->fate != Requests::Fate::never_asked) l.fed += bytes;
}

std::optional<PieceIndex> Swarm::incoming(LinkId link) const {
  return payload_wanted(link) ? std::optional(at(link).incoming->piece) : std::nullopt;
}

std::optional<PieceIndex> Swarm::on_piece_received(LinkId link, Instant now) {
  Link& l = at(link);
  if (l.phase != Link::Phase::established) return std::nullopt;
  P2P_ASSERT(l.incoming && l.incoming->received == config_.geometry.size_of(l.incoming->piece));
  const Link::Incoming incoming = *std::exchange(l.incoming, std::nullopt);

  const bool was_opening = windows_.opening(picker_, now);
  // Another link may have brought it since the head came.
  const bool store = incoming.wanted && !storing_paused_ && missing(picker_.state(incoming.piece));
  if (store) {
    picker_.receive(incoming.piece);
    const bool is_sure = l.proven && !config_.open;
    storing_[incoming.piece] = {neighborhood_[*l.neighbor].id, peer_of(link), is_sure ? std::nullopt : l.origin};
    if (l.order && l.order->doubts(incoming.piece)) doubtful_.try_emplace(incoming.piece);
    doubt_idle_since_ = now;
  }
  // Its fate now, not when the head came: a choke or stall in between has abandoned the request.
  if (const auto request = l.requests.answer(incoming.piece)) {
    picker_.release(incoming.piece);
    l.window.on_answered(request->asked, now, incoming.received);
  }
  fill(link, now);
  // What was not asked for beside a reader's first piece.
  if (was_opening) fill_all(now);
  // It made room for another one.
  if (config_.most_sources < serving_us_.size() && l.requests.open_count() == 0) fill_all(now);
  if (store) return incoming.piece;
  // A piece that nobody wanted when its head came, because it was about to be stored, may be missing after all: the
  // disk refused it meanwhile. Now nobody is asked for it any more, and another link may bring it.
  fill_all(now);
  return std::nullopt;
}

void Swarm::on_piece_stored(PieceIndex piece, Instant now) {
  picker_.store(piece);
  doubtful_.erase(piece);
  const auto from = storing_.extract(piece);
  P2P_ASSERT(from);
  emit(PieceStored{piece, from.mapped().claims, picker_.stored().count(), from.mapped().handle});
  note_stored(piece, now);
}

void Swarm::open_piece(PieceIndex piece, Instant now) {
  P2P_ASSERT(config_.on_demand);
  picker_.unlock(piece);
  fill_all(now);
}

void Swarm::on_piece_found(PieceIndex piece, Instant now) {
  P2P_ASSERT(config_.on_demand);
  picker_.unlock(piece);
  picker_.receive(piece);
  picker_.store(piece);
  note_stored(piece, now);
}

/// What follows from one more stored piece, wherever it is from.
void Swarm::note_stored(PieceIndex piece, Instant now) {
  stored_order_.push_back(piece);
  const bool was_wanted = !demand_ || demand_->on_stored(piece);
  for_established([&](LinkId link) {
    // Who has the piece does not wait for our have: it goes along with something else, or with the next sweep. (When we
    // are complete, that is "not interested", at once.)
    if (!at(link).session.remote_pieces().test(piece)) return ready(link);
    if (!was_wanted) return;
    P2P_ASSERT(at(link).wanted > 0);
    --at(link).wanted;
    update_interest(link);
  });
  if (!complete()) return;
  emit(FileCompleted{});
  check_swarm_complete(now);
}

void Swarm::on_store_failed(PieceIndex piece, Instant now) {
  doubtful_.erase(piece);
  forget_trust(piece);
  storing_.erase(piece);
  picker_.reject(piece);
  fill_all(now);
}

void Swarm::ask(LinkId link, PieceIndex piece, Instant now) {
  Link& l = at(link);
  picker_.request(piece);
  l.window.on_asked(now, l.requests.open_count());
  l.requests.ask(piece, now);
  push(link, MessageType::request, piece);
}

/// Whether there is room for what this link would send.
bool Swarm::may_be_source(LinkId link) const {
  if (config_.most_sources >= serving_us_.size() || at(link).requests.open_count() > 0) return true;
  const auto is_source = [this](LinkId other) { return at(other).requests.open_count() > 0; };
  return static_cast<std::uint32_t>(std::ranges::count_if(serving_us_, is_source)) < config_.most_sources;
}

/// Opens as many requests on the link as its window and the neighbor's pieces allow.
void Swarm::fill(LinkId link, Instant now) {
  Link& l = at(link);
  P2P_ASSERT(l.phase == Link::Phase::established);
  if (storing_paused_ || l.session.remote_chokes() || l.wanted == 0 || !may_be_source(link)) return;
  while (l.requests.open_count() < l.window.size()) {
    if (!windows_.empty()) {
      if (const auto wanted = take_wanted(link, now)) {
        ask(link, *wanted, now);
        continue;
      }
      if (windows_.opening(picker_, now)) return;
    }
    if (const auto suggested = take_suggested(link)) {
      ask(link, *suggested, now);
      continue;
    }
    if (l.wanted <= Shortlist::kFew && l.shortlist.kind() != Shortlist::Kind::all)
      l.shortlist.list_all(l.session.remote_pieces(), unwanted());
    const Bitfield* const except = windows_.empty() ? nullptr : &windows_.withheld();
    const auto piece = picker_.pick(l.session.remote_pieces(), l.last_picked, random_, &l.shortlist, except);
    if (!piece) break;
    l.last_picked = piece;
    ask(link, *piece, now);
  }
  if (l.requests.open_count() == 0 && picker_.open_count() == 0) ask_duplicate(link, now);
}

void Swarm::fill_all(Instant now) {
  for (const LinkId link : serving_us_) fill(link, now);
}

void Swarm::ask_duplicate(LinkId link, Instant now) {
  const double piece_size = config_.geometry.piece_size();
  const auto& offered = at(link).session.remote_pieces();
  std::vector<InFlight> in_flight;
  std::uint32_t open = 0;
  for (const LinkId other : serving_us_) {
    const Link& o = at(other);
    open += o.requests.open_count();
    if (other == link) continue;
    double ahead = o.incoming ? -static_cast<double>(o.incoming->received) : 0;
    for (const OpenRequest& request : o.requests.open()) {
      ahead += piece_size;
      // Two at most: more copies of the same piece hardly come sooner.
      if (!offered.test(request.piece) || picker_.requesters(request.piece) > 1 ||
          !missing(picker_.state(request.piece)))
        continue;
      // Of a link that never answered we expect that it takes as long again as it took already.
      const double eta = o.window.rate() > 0 ? ahead / o.window.rate() : seconds(now - request.asked);
      in_flight.push_back({request.piece, eta});
    }
  }
  // Pieces that are not opened may be found yet: those that are on their way tell where, and twice they tell no more.
  if (config_.on_demand && stored().count() + storing_.size() + open < config_.geometry.piece_count()) return;
  constexpr double kUnknownEta_s = 0.5;
  const double own_rate = at(link).window.rate();
  double own_eta = own_rate > 0 ? piece_size / own_rate : kUnknownEta_s;
  // Where our own downlink is what everybody waits for, one more sender brings nothing sooner.
  if (throughput_.peak() > 0) own_eta = std::max(own_eta, open * piece_size / throughput_.peak());
  if (const auto piece = pick_duplicate(in_flight, own_eta)) ask(link, *piece, now);
}

/// How long all that is asked for takes to come, our downlink being as fast as it has been.
Duration Swarm::drain_time() const {
  if (throughput_.peak() <= 0) return {};
  std::uint64_t open = 0;
  for (const LinkId link : serving_us_) open += at(link).requests.open_count();
  constexpr double kLongest_s = 3600;
  return from_seconds(
      std::min(kLongest_s, static_cast<double>(open) * config_.geometry.piece_size() / throughput_.peak()));
}

void Swarm::give_up_requests(LinkId link) {
  Link& l = at(link);
  for (const PieceIndex piece : l.requests.abandon()) picker_.release(piece);
  std::erase_if(l.frames, [](const Link::Frame& frame) { return frame.type == MessageType::request; });
}

bool Swarm::give_up_stalled(LinkId link, Duration drain, Instant now) {
  Link& l = at(link);
  if (l.held_since != kNever || !l.window.stalled(now, l.requests.open_count(), drain)) return false;
  emit(RequestsStalled{peer_of(link), l.requests.open_count()});
  give_up_requests(link);
  l.window.on_stalled();
  return true;
}

}  // namespace p2p
