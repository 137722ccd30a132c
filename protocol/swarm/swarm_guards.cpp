// The swarm's guards: what a remote cannot make us spend (docs/PROTOCOL.md, "Limits"). Whatever is judged by a single
// message is elsewhere: in the decoder and the session.
#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/swarm/swarm.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// A link that lasted so long speaks for its remote.
constexpr Duration kForgetOffenses = 5min;
constexpr Duration kHandshakePatience = 10s;
// How long a remote may take nothing of what waits for it.
constexpr Duration kSendPatience = 60s;
// Stalls in a row after which a remote owes for too long: at 4, 8, 16, 32 and then 60 s each these are 5 minutes.
constexpr std::uint32_t kMostStalls = 8;
// A piece that has begun binds a buffer, so it must not take for ever.
constexpr Duration kPiecePatience = 60s;
constexpr double kSlowestPiece_bytes_per_s = 1024;
// How long a neighbor may hold a slot and ask for nothing while others wait: many round trips. And how long it may take
// nothing of what it asked for.
constexpr Duration kIdleSlot = 1s;
constexpr Duration kBlockedSlot = 5s;

bool is_talk(const Message& message, bool changed) {
  struct Judge {
    bool changed;
    bool operator()(const Choke&) const { return true; }
    bool operator()(const Unchoke&) const { return true; }
    bool operator()(const Interested&) const { return true; }
    bool operator()(const NotInterested&) const { return true; }
    bool operator()(const Have&) const { return !changed; }
    bool operator()(const BitfieldMessage&) const { return false; }
    bool operator()(const Request&) const { return false; }
    bool operator()(const PieceHead&) const { return false; }
    bool operator()(const UnknownMessage&) const { return true; }
    bool operator()(const ChunkAnnouncement&) const { return false; }
    bool operator()(const PeersMessage&) const { return true; }
    bool operator()(const Suggestion&) const { return true; }
    bool operator()(const DigestHave&) const { return !changed; }
    bool operator()(const Fetching&) const { return true; }
    bool operator()(const KeepAlive&) const { return true; }
  };
  return std::visit(Judge{changed}, message);
}

}  // namespace

void Swarm::on_send_blocked(LinkId link, Instant now) { at(link).blocked_since = now; }

void Swarm::on_send_resumed(LinkId link) { at(link).blocked_since = kNever; }

void Swarm::on_reading_held(LinkId link, Instant now) { at(link).held_since = now; }

void Swarm::on_reading_resumed(LinkId link, Instant now) {
  Link& l = at(link);
  const Duration held = now - std::exchange(l.held_since, kNever);
  l.window.on_progress(now);
  if (l.incoming) l.incoming->began += held;
}

/// The link's remote broke the rules. One that kept to them for long begins anew.
void Swarm::punish(LinkId link, Instant now) {
  const Link& l = at(link);
  if (now - l.opened >= kForgetOffenses) neighborhood_.forgive(*l.neighbor);
  neighborhood_.lengthen_backoff(*l.neighbor);
}

void Swarm::on_violation(LinkId link, const Violation& violation, Instant now) {
  const Link& l = at(link);
  if (l.phase == Link::Phase::closed) return;
  const bool greeted = l.phase != Link::Phase::handshaking;
  if (greeted) punish(link, now);
  close(link, "protocol violation: " + violation.reason, now, greeted ? EndKind::violation : EndKind::refused);
}

bool Swarm::may_say(LinkId link, const Message& message, bool changed, Instant now) {
  if (!is_talk(message, changed)) return true;
  const Link& l = at(link);
  if (neighborhood_[*l.neighbor].talk.spend(l.haves_told + l.session.remote_pieces().count(), now)) return true;
  punish(link, now);
  close(link, "a flood of messages that say nothing new", now, EndKind::flood);
  return false;
}

/// Slots go to those who use them. The course's choker does not ask for that, so this is for open swarms, where anybody
/// comes.
void Swarm::take_idle_slots(Instant now) {
  if (!config_.open) return;
  for (const LinkId link : uploads_.told_unchoked()) {
    Link& l = at(link);
    const bool takes_nothing = l.blocked_since != kNever && now - l.blocked_since >= kBlockedSlot;
    const bool busy = (!l.uploads.empty() || l.sending) && !takes_nothing;
    if (busy) l.idle_since = kNever;
    if (!busy && l.idle_since == kNever) l.idle_since = now;
    const bool wasted = takes_nothing || (!busy && now - l.idle_since >= kIdleSlot);
    if (wasted && uploads_.anybody_waits()) uploads_.on_wasted(link, random_);
  }
  sync_chokes(now);
}

/// A neighbor could take slots for a moment each by being interested again and again.
void Swarm::note_loss_of_interest(LinkId link) {
  if (config_.open && !at(link).has_asked) uploads_.on_wasted(link, random_);
}

/// Those who serve on would hold each other's places in an open swarm for ever.
bool Swarm::is_needless(LinkId link) const {
  const Link& l = at(link);
  return config_.open && complete() && l.session.remote_is_complete() && l.uploads.empty() && l.frames.empty() &&
         !l.sending && !l.send_ready && l.haves_told == stored_order_.size();
}

/// Ends a link whose remote has let a deadline pass.
bool Swarm::end_if_overdue(LinkId link, Instant now) {
  const Link& l = at(link);
  if (l.phase == Link::Phase::handshaking && now - l.opened >= kHandshakePatience) {
    close(link, "no handshake within 10 s", now, EndKind::handshake_timeout);
  } else if (l.blocked_since != kNever && now - l.blocked_since >= kSendPatience) {
    close(link, "the remote reads nothing: no byte has left for 60 s", now, EndKind::unresponsive);
  } else if (l.phase == Link::Phase::established && l.window.stalls() >= kMostStalls) {
    close(link, "the remote has answered no request for minutes", now, EndKind::unresponsive);
  } else if (l.phase == Link::Phase::established && l.incoming && l.held_since == kNever &&
             now - l.incoming->began >= kPiecePatience + from_seconds(config_.geometry.size_of(l.incoming->piece) /
                                                                      kSlowestPiece_bytes_per_s)) {
    close(link, "piece " + std::to_string(l.incoming->piece.value) + " comes slower than 1 KiB/s", now,
          EndKind::unresponsive);
  } else {
    return false;
  }
  return true;
}

}  // namespace p2p
