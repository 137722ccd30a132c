#include "protocol/swarm/swarm.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// How often deadlines that need no precision are looked at: handshakes, stalled requests, contending links, haves that
// nobody waits for.
constexpr Duration kSweepInterval = 250ms;

}  // namespace

Swarm::Swarm(SwarmConfig config, const Bitfield& stored, std::uint64_t seed, Instant now)
    : config_(std::move(config)),
      random_(seed),
      neighborhood_(config_.self, config_.listed, now),
      farewell_(!config_.open, config_.patience),
      seeker_(config_.everybody, config_.everybody ? random_.next() : 0, now),
      picker_(stored, config_.chunks.has_value() || config_.on_demand || config_.for_readers),
      windows_(config_.self, stored.size()),
      uploads_({config_.preferred_neighbors, config_.unchoking_interval, config_.optimistic_interval}, now),
      book_(now),
      throughput_(now) {
  P2P_ASSERT(stored.size() == config_.geometry.piece_count());
  P2P_ASSERT(config_.most_sources >= 1);
  P2P_ASSERT(!config_.for_readers || (!config_.on_demand && !config_.chunks));
  P2P_ASSERT(!config_.open || (config_.content && config_.listed.size() == 1));
  if (config_.chunks) begin_trust();
  if (config_.for_readers) {
    demand_.emplace(stored);
    stored.for_each([this](PieceIndex piece) { picker_.set_closed(piece, true); });
  }
  if (config_.upstream) begin_upstream();
  check_swarm_complete(now);
}

// --- connections ---------------------------------------------------------------------------------------------------

LinkId Swarm::new_link(const std::optional<Origin>& from, std::optional<PeerId> proven, Instant now) {
  if (free_links_.empty()) {
    free_links_.push_back(LinkId{static_cast<std::uint32_t>(links_.size())});
    links_.emplace_back();
  }
  const LinkId link = free_links_.back();
  free_links_.pop_back();
  links_[link.value].emplace(from, config_.geometry.piece_count(),
                             RequestWindow(config_.max_pipeline, config_.geometry.piece_size()), now);
  at(link).proven = proven;
  sweep_at_ = std::min(sweep_at_, now + kSweepInterval);
  return link;
}

LinkId Swarm::on_accepted(const Origin& from, Instant now, std::optional<PeerId> proven) {
  return new_link(from, proven, now);
}

void Swarm::on_closed(LinkId link, const std::string& reason, Instant now) {
  if (at(link).phase != Link::Phase::closed) detach(link, reason, now, EndKind::remote);
  links_[link.value].reset();
  free_links_.push_back(link);
}

/// Ends a link from our side.
void Swarm::close(LinkId link, const std::string& reason, Instant now, EndKind kind) {
  detach(link, reason, now, kind);
  effects_.emplace_back(Disconnect{link, reason});
}

/// Takes a link out of everything that counts on it.
void Swarm::detach(LinkId link, const std::string& reason, Instant now, EndKind kind) {
  Link& l = at(link);
  const bool was_established = l.phase == Link::Phase::established;
  const bool was_greeting = l.phase == Link::Phase::handshaking;
  l.phase = Link::Phase::closed;
  if (!l.neighbor) {
    emit(StrangerClosed{reason, kind});
    return;
  }
  emit(LinkClosed{peer_of(link), reason, kind});
  if (was_established) {
    --linked_;
    windows_.forget_neighbors();
    if (upstream_) upstream_->plan.wake(now);
    if (kind != EndKind::violation && kind != EndKind::flood && l.session.has_spoken())
      neighborhood_.forgive(*l.neighbor);
    neighborhood_.on_unlinked(*l.neighbor, l.session.remote_pieces(), now);
    picker_.remove_holder(l.session.remote_pieces());
    give_up_requests(link);
    std::erase(serving_us_, link);
    uploads_.on_gone(link, random_);
    spread_.on_ended(link);
    sync_chokes(now);
    fill_all(now);
  }
  if (was_greeting && l.direction == Direction::dialed) note_fault(*l.neighbor, kind);
  if (!neighborhood_[*l.neighbor].link) on_unlinked(*l.neighbor, was_established, now);
  // Those that are left may be complete, or out of sight for long.
  if (complete() && (was_established || neighborhood_[*l.neighbor].absent)) check_swarm_complete(now);
}

void Swarm::on_handshake(LinkId link, const Handshake& handshake, Instant now) {
  Link& l = at(link);
  if (l.phase != Link::Phase::handshaking) return;
  l.heard = now;
  const auto id = std::to_string(handshake.peer.value);
  const bool as_claimed = l.neighbor && neighborhood_[*l.neighbor].claims == handshake.peer;
  const auto sender = as_claimed ? l.neighbor : neighborhood_.find(handshake.peer);
  const auto refuse = [&](const std::string& reason) {
    const auto dialed = l.neighbor;
    close(link, reason, now, EndKind::refused);
    if (dialed && dialed != sender) neighborhood_[*dialed].fault = DialFault::wrong_id;
  };
  if (l.proven && *l.proven != handshake.peer)
    return refuse("handshake with ID " + id + " by the key of peer " + std::to_string(l.proven->value));
  if (handshake.peer == config_.self) return refuse("handshake with our own ID " + id);
  if (!sender && !admits(l, handshake.peer)) return refuse(why_not_admitted(handshake.peer));
  const auto features = decode_features(handshake.reserved);
  const std::string fault = content_fault(features);
  if (!fault.empty()) return refuse("peer " + id + " " + fault);
  if (sender && comes_back_uninvited(link, *sender)) return refuse(why_not_admitted(handshake.peer));
  if (sender && neighborhood_[*sender].bars(l.origin)) return refuse("peer " + id + " has sent a wrong piece before");
  if (l.neighbor && l.neighbor != sender)
    return refuse("handshake with ID " + id + ", expected " + std::to_string(peer_of(link).value));
  if (const auto other = twin(link, handshake.peer)) {
    // Both ends keep the one that the larger ID dialled.
    if ((l.direction == Direction::dialed) == (handshake.peer > config_.self))
      return close(link, "already linked", now, EndKind::duplicate);
    close(*other, "the peer is linked on the connection that the other one dialled", now, EndKind::duplicate);
  }
  if (const auto violation = l.session.on_handshake()) return on_violation(link, *violation, now);
  l.naming.understood = config_.open && features && features->names_peers;
  l.neighbor = sender ? *sender : neighborhood_.add(handshake.peer, false, !config_.open, now);
  Neighbor& neighbor = neighborhood_[*l.neighbor];
  if (!neighbor.talk.spend(0, now)) return close(link, "a flood of connections", now, EndKind::flood);
  if (!neighbor.link && (l.direction == Direction::dialed || wins_crossing(link, now))) return establish(link, now);
  if (l.direction == Direction::dialed && may_take_over(*l.neighbor)) {
    close(*neighbor.link, "its peer answers at the address that is listed for it", now, EndKind::duplicate);
    return establish(link, now);
  }
  if (l.direction == Direction::dialed) return close(link, "already linked", now, EndKind::duplicate);
  contend(link, now);
}

void Swarm::establish(LinkId link, Instant now) {
  Link& l = at(link);
  l.phase = Link::Phase::established;
  ++linked_;
  windows_.forget_neighbors();
  if (upstream_) upstream_->plan.wake(now);
  ++activity_;
  neighborhood_.on_linked(*l.neighbor, link, l.direction == Direction::dialed);
  if (l.direction == Direction::accepted) l.handshake_due = true;
  l.bitfield_due = true;
  l.naming.due = l.naming.understood;
  l.naming.sent_at = now;
  if (upstream_) l.words = upstream_->plan.own();
  if (l.direction == Direction::dialed && l.remote) note_place(link, now);
  emit(LinkEstablished{peer_of(link), l.direction});
  ready(link);
  uploads_.on_linked(link, is_favored(*l.neighbor));
  // A link that had to contend may have spoken already.
  picker_.add_holder(l.session.remote_pieces());
  if (!l.session.remote_chokes()) serving_us_.push_back(link);
  if (l.session.has_spoken()) on_bitfield(link, now);
  if (l.session.remote_is_interested()) {
    uploads_.on_interested(link, random_);
    sync_chokes(now);
  }
  // Last: it may have said that it is no longer complete.
  if (complete()) check_swarm_complete(now);
}

// --- messages ------------------------------------------------------------------------------------------------------

void Swarm::on_message(LinkId link, const Message& message, Instant now) {
  Link& l = at(link);
  if (l.phase == Link::Phase::closed) return;
  if (std::holds_alternative<KeepAlive>(message)) {
    may_say(link, message, false, now);
    return;
  }
  l.heard = now;
  const bool first = !l.session.has_spoken();
  const auto* have = std::get_if<Have>(&message);
  const auto* bitfield = std::get_if<BitfieldMessage>(&message);
  const Bitfield told_before = bitfield ? l.session.remote_pieces() : Bitfield();
  const auto verdict = l.session.on_message(message);
  if (const auto* violation = std::get_if<Violation>(&verdict)) return on_violation(link, *violation, now);
  if (bitfield) begin_doubt(link, told_before);
  if (have && l.order) l.order->on_have(have->piece);
  if (l.phase == Link::Phase::contending) {
    if (std::holds_alternative<PieceHead>(message)) on_violation(link, {"piece that was never asked for"}, now);
    if (std::holds_alternative<PeersMessage>(message)) on_violation(link, {"peers named before our handshake"}, now);
    if (std::holds_alternative<ChunkAnnouncement>(message))
      on_violation(link, {"announcement before our handshake"}, now);
    if (std::holds_alternative<DigestHave>(message)) on_violation(link, {"digest before our handshake"}, now);
    return;
  }
  if (first) {
    neighborhood_.reset_backoff(*l.neighbor);
    // A peer that skips the bitfield has nothing, whatever we knew of it before.
    note_completeness(link, now);
  }
  // A late bitfield: what was announced before it has been counted, and is part of what it is united with.
  if (bitfield) picker_.remove_holder(told_before);
  const bool changed = std::get<bool>(verdict);
  if (may_say(link, message, changed, now)) apply(link, message, changed, now);
}

void Swarm::apply(LinkId link, const Message& message, bool changed, Instant now) {
  struct Visitor {
    Swarm& s;
    LinkId link;
    PeerId peer;
    bool changed;
    Instant now;

    void operator()(const Choke&) const {
      if (!changed) return;
      s.emit(ChokedBy{peer});
      s.give_up_requests(link);
      s.at(link).suggested.clear();
      std::erase(s.serving_us_, link);
      s.fill_all(now);
    }
    void operator()(const Unchoke&) const {
      if (!changed) return;
      s.emit(UnchokedBy{peer});
      s.serving_us_.push_back(link);
      s.fill(link, now);
    }
    void operator()(const Interested&) const {
      s.emit(InterestedReceived{peer});
      if (!changed) return;
      s.uploads_.on_interested(link, s.random_);
      s.sync_chokes(now);
    }
    void operator()(const NotInterested&) const {
      s.emit(NotInterestedReceived{peer});
      if (!changed) return;
      s.note_loss_of_interest(link);
      s.uploads_.on_not_interested(link, s.random_);
      s.sync_chokes(now);
    }
    void operator()(const Have& have) const {
      s.emit(HaveReceived{peer, have.piece});
      if (changed) {
        if (s.complete()) ++s.activity_;
        s.spread_.on_held(link, have.piece);
        s.on_have(link, have.piece, now);
      }
      if (s.at(link).order) s.on_have_in_doubt(link, have.piece, now);
    }
    void operator()(const BitfieldMessage&) const {
      s.picker_.add_holder(s.at(link).session.remote_pieces());
      s.at(link).shortlist.clear();
      s.on_bitfield(link, now);
    }
    void operator()(const Request& request) const { s.on_request(link, request.piece, now); }
    void operator()(const PieceHead& head) const { s.on_piece_head(link, head, now); }
    void operator()(const ChunkAnnouncement& announcement) const { s.on_announcement(link, announcement, now); }
    void operator()(const PeersMessage& named) const { s.on_peers(link, named, now); }
    void operator()(const Suggestion& suggestion) const { s.on_suggestion(link, suggestion.piece, now); }
    void operator()(const DigestHave& have) const {
      if (changed) s.on_digest_have(link, have, now);
    }
    void operator()(const Fetching& word) const {
      s.upstream_->plan.on_word(peer, word.run, now);
      s.stop_given_up();
    }
    void operator()(const KeepAlive&) const {}
    void operator()(const UnknownMessage& unknown) const {
      s.emit(UnknownMessageReceived{peer, unknown.type, unknown.resembles});
    }
  };
  std::visit(Visitor{*this, link, peer_of(link), changed, now}, message);
}

/// The remote's first statement of what it has, whether a bitfield came or nothing did.
void Swarm::on_bitfield(LinkId link, Instant now) {
  Link& l = at(link);
  l.wanted = l.session.remote_pieces().count_without(unwanted());
  l.had_at_unchoking = l.had_at_optimistic = l.session.remote_pieces().count();
  note_completeness(link, now);
  if (l.wanted == 0) push(link, MessageType::not_interested);
  update_interest(link);
  fill(link, now);
}

void Swarm::on_have(LinkId link, PieceIndex piece, Instant now) {
  picker_.add_holder(piece);
  windows_.on_brought(peer_of(link), piece, now);
  // Somebody was given what we are about to be given: our runs go in step, and would go on so.
  if (picker_.state(piece) == Picker::State::requested)
    for (const LinkId other : serving_us_)
      if (at(other).requests.is_open(piece)) at(other).last_picked.reset();
  if (!unwanted().test(piece)) {
    ++at(link).wanted;
    at(link).shortlist.add(piece, picker_.availability(piece));
    update_interest(link);
    fill(link, now);
  }
  if (at(link).session.remote_is_complete()) note_completeness(link, now);
}

// --- time ----------------------------------------------------------------------------------------------------------

Instant Swarm::next_deadline() const {
  const Instant dial = swarm_complete() && !config_.stays ? kNever : neighborhood_.next_due();
  const Instant upstream = upstream_ ? upstream_->plan.look_at() : kNever;
  return std::min({uploads_.next_deadline(), sweep_at_, farewell_.next_deadline(), seeker_.look_at(),
                   windows_.look_at(), upstream, dial});
}

void Swarm::on_timer(Instant now) {
  if (now >= seeker_.look_at()) seek(now);
  if (!swarm_complete() || config_.stays) dial_due(now);
  if (uploads_.interval_ends(now)) end_unchoking_interval(now);
  if (uploads_.optimistic_interval_ends(now)) end_optimistic_interval(now);
  if (now >= sweep_at_) sweep(now);
  if (now >= windows_.look_at()) {
    windows_.looked();
    fill_all(now);
  }
  if (upstream_ && now >= upstream_->plan.look_at()) look_upstream(now);
  if (now >= farewell_.next_deadline()) check_swarm_complete(now);
  if (farewell_.doubts_return(now)) consider_patience(now);
}

void Swarm::sweep(Instant now) {
  bool any = false;
  throughput_.on_tick(now);
  const Duration drain = drain_time();
  std::vector<LinkId> stalled;
  for (std::uint32_t i = 0; i < links_.size(); ++i) {
    if (!links_[i]) continue;
    any = true;
    const LinkId link{i};
    // Bytes of it are here.
    if (links_[i]->held_since != kNever) links_[i]->heard = now;
    if (end_if_overdue(link, now)) continue;
    switch (links_[i]->phase) {
      case Link::Phase::handshaking: break;
      case Link::Phase::contending: decide_contention(link, now); break;
      case Link::Phase::established:
        if (is_needless(link)) {
          close(link, "both have everything", now, EndKind::needless);
          break;
        }
        if (links_[i]->haves_told < stored_order_.size()) ready(link);
        if (give_up_stalled(link, drain, now)) stalled.push_back(link);
        break;
      case Link::Phase::closed: break;
    }
  }
  take_idle_slots(now);
  name_peers_due(now);
  meet(now);
  sweep_at_ = any || !doubtful_.empty() ? now + kSweepInterval : kNever;
  decide_idle_doubts(now);
  // What a stalled link was asked for goes to others first.
  const auto is_stalled = [&](LinkId link) { return std::ranges::find(stalled, link) != stalled.end(); };
  for (const LinkId link : serving_us_)
    if (!is_stalled(link)) fill(link, now);
  for (const LinkId link : stalled)
    if (at(link).phase == Link::Phase::established) fill(link, now);  // else a newer link took over in this very sweep
}

// --- what to do ----------------------------------------------------------------------------------------------------

std::optional<Effect> Swarm::poll_effect() {
  if (effects_.empty()) return std::nullopt;
  std::optional<Effect> effect(std::move(effects_.front()));
  effects_.pop_front();
  return effect;
}

}  // namespace p2p
