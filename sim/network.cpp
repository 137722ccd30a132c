#include "sim/network.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace p2p::sim {

Network::Network(NetworkSpec spec, EventQueue& agenda, NetworkUser& user, std::uint64_t seed)
    : spec_(spec), agenda_(agenda), user_(user), random_(seed) {}

HostId Network::add_host(const HostSpec& spec) {
  hosts_.push_back({.spec = spec, .turns = {}});
  return static_cast<HostId>(hosts_.size() - 1);
}

// --- connections ---------------------------------------------------------------------------------------------------

void Network::dial(HostId from, HostId to, Instant now) {
  const Duration round_trip = 2 * latency(from, to);
  if (!hosts_[to].listening || !reachable(from, to) || !reachable(to, from)) {
    agenda_.add({.at = now + round_trip, .kind = Event::Kind::refused, .subject = from, .argument = to});
    return;
  }
  const auto end = static_cast<End>(streams_.size());
  streams_.push_back({.from = from, .to = to});
  streams_.push_back({.from = to, .to = from});
  agenda_.add({.at = now + round_trip, .kind = Event::Kind::opened, .subject = end});
}

void Network::drop(End sender) {
  Stream& s = streams_[sender];
  s.open = s.closing = false;
  s.segments.clear();
  s.unsent_payload = 0;
  s.held.clear();
  s.control = {};
  s.control_at = 0;
}

void Network::close(End end, Instant now) {
  Stream& out = streams_[end];
  if (!out.open) return;
  out.open = false;
  out.closing = true;
  if (nothing_queued(end)) {
    const Instant at = std::max(now + latency(out.from, out.to), out.last_delivery);
    agenda_.add({.at = at, .kind = Event::Kind::ended, .subject = end ^ 1});
  }
}

void Network::reset(End end, Instant now) {
  for (const End each : {end, end ^ 1}) {
    if (!streams_[each].open) continue;
    agenda_.add(
        {.at = now + latency(streams_[each].from, streams_[each].to), .kind = Event::Kind::ended, .subject = each});
  }
}

void Network::start(HostId host) {
  hosts_[host].up = true;
  hosts_[host].listening = hosts_[host].spec.accepts;
}

void Network::stop_listening(HostId host) { hosts_[host].listening = false; }

void Network::crash(HostId host, Instant now) {
  hosts_[host].up = hosts_[host].listening = false;
  hosts_[host].turns.clear();
  for (End end = 0; end < streams_.size(); ++end) {
    Stream& s = streams_[end];
    if (s.from != host) continue;
    // Also of one that the host has closed and that is not flushed: its end is all that the other side gets to know.
    if (s.open || s.closing)
      agenda_.add({.at = now + latency(s.from, s.to), .kind = Event::Kind::ended, .subject = end ^ 1});
    s.in_turns = false;
    drop(end);
    // The other direction stays open for its sender until it learns of the end; nothing of it is delivered.
  }
}

bool Network::nothing_queued(End sender) const {
  const Stream& s = streams_[sender];
  const Host& host = hosts_[s.from];
  return s.segments.empty() && !(host.sending && host.current == sender);
}

// --- sending -------------------------------------------------------------------------------------------------------

void Network::send(End end, std::span<const std::byte> control, std::uint32_t payload, Instant now) {
  Stream& s = streams_[end];
  if (!s.open) return;
  control_bytes_ += control.size();
  const auto control_size = static_cast<std::uint32_t>(control.size());
  const bool past_the_queue = payload == 0 && nothing_queued(end);
  Parcel parcel{.control = control_size};
  parcel.carried = past_the_queue && control.size() <= parcel.bytes.size();
  if (parcel.carried)
    std::ranges::copy(control, parcel.bytes.begin());
  else
    s.control.insert(s.control.end(), control.begin(), control.end());
  if (past_the_queue) {
    Host& host = hosts_[s.from];
    host.debt_s += control_size / host.spec.up_Bps;
    schedule_delivery(end, parcel, now + latency(s.from, s.to));
    return;
  }
  s.segments.push_back({control_size, payload});
  s.unsent_payload += payload;
  take_turn(end);
  serve_uplink(s.from, now);
}

/// Puts the stream in its host's round, if it has something to send and room in its window.
void Network::take_turn(End sender) {
  Stream& s = streams_[sender];
  if (s.in_turns || s.segments.empty() || s.in_flight >= spec_.window) return;
  s.in_turns = true;
  hosts_[s.from].turns.push_back(sender);
}

void Network::serve_uplink(HostId id, Instant now) {
  Host& host = hosts_[id];
  if (host.sending || host.turns.empty()) return;
  host.current = host.turns.front();
  host.turns.pop_front();
  Stream& s = streams_[host.current];
  s.in_turns = false;
  host.current_control = 0;
  host.current_payload = 0;
  if (!s.segments.empty()) {
    Segment& segment = s.segments.front();
    host.current_control = std::exchange(segment.control, 0);
    host.current_payload = std::min(segment.payload, spec_.chunk);
    segment.payload -= host.current_payload;
    s.unsent_payload -= host.current_payload;
    s.in_flight += host.current_payload;
    if (segment.payload == 0) s.segments.erase(s.segments.begin());
  }
  host.sending = true;
  const double busy_s =
      (host.current_control + host.current_payload) / host.spec.up_Bps + std::exchange(host.debt_s, 0);
  agenda_.add({.at = now + from_seconds(busy_s), .kind = Event::Kind::uplink_free, .subject = id});
}

void Network::on_uplink_free(HostId id, Instant now) {
  Host& host = hosts_[id];
  host.sending = false;
  const End end = host.current;
  Stream& s = streams_[end];
  host.sent_payload += host.current_payload;
  if (s.open || s.closing) {
    schedule_delivery(end, {.control = host.current_control, .payload = host.current_payload},
                      now + latency(s.from, s.to));
    if (s.closing && s.segments.empty())
      agenda_.add({.at = std::max(now + latency(s.from, s.to), s.last_delivery),
                   .kind = Event::Kind::ended,
                   .subject = end ^ 1});
    take_turn(end);
  }
  serve_uplink(id, now);
  if (streams_[end].open && writable(end)) user_.on_writable(id, end);
}

void Network::schedule_delivery(End sender, const Parcel& parcel, Instant arrival) {
  Stream& s = streams_[sender];
  if (parcel.payload > 0) {
    Host& to = hosts_[s.to];
    // The downlink receives while the uplink sends: a chunk that finds it free is complete on arrival.
    arrival = std::max(arrival, to.down_free + from_seconds((parcel.control + parcel.payload) / to.spec.down_Bps));
    to.down_free = arrival;
  }
  s.last_delivery = std::max(arrival, s.last_delivery);
  agenda_.add({.at = s.last_delivery, .kind = Event::Kind::deliver, .subject = sender ^ 1, .parcel = parcel});
}

// --- receiving -----------------------------------------------------------------------------------------------------

void Network::deliver(End receiver, const Parcel& parcel, Instant now) {
  Stream& s = streams_[receiver ^ 1];
  if ((!s.open && !s.closing) || !streams_[receiver].open) return;
  if (!s.held.empty() || !hosts_[s.to].reading || !reachable(s.from, s.to)) {
    s.held.push_back(parcel);
    return;
  }
  hand_over(receiver, parcel, now);
}

void Network::hand_over(End receiver, const Parcel& parcel, Instant now) {
  if (parcel.carried)
    hand_over_control(receiver, std::span(parcel.bytes).first(parcel.control));
  else if (parcel.control > 0)
    hand_over_control(receiver, take_control(receiver ^ 1, parcel.control));

  if (parcel.payload == 0 || !streams_[receiver].open) return;
  Stream& s = streams_[receiver ^ 1];
  s.in_flight -= std::min(parcel.payload, s.in_flight);
  if (s.open || s.closing) {
    take_turn(receiver ^ 1);
    serve_uplink(s.from, now);
  }
  user_.on_payload(streams_[receiver].from, receiver, parcel.payload);
}

/// The next control bytes of the stream: a copy, because what the user does with them may end the stream.
std::span<const std::byte> Network::take_control(End sender, std::uint32_t count) {
  Stream& s = streams_[sender];
  const auto first = s.control.begin() + static_cast<std::ptrdiff_t>(s.control_at);
  delivered_.assign(first, first + count);
  s.control_at += count;
  if (s.control_at == s.control.size()) {
    s.control.clear();
    s.control_at = 0;
  }
  return delivered_;
}

void Network::hand_over_control(End receiver, std::span<const std::byte> bytes) {
  const HostId host = streams_[receiver].from;
  const bool split = bytes.size() > 1 && spec_.split_probability > 0 && random_.unit() < spec_.split_probability;
  const std::size_t cut = split ? 1 + random_.below(static_cast<std::uint32_t>(bytes.size()) - 1) : bytes.size();
  user_.on_bytes(host, receiver, bytes.first(cut));
  if (cut < bytes.size() && streams_[receiver].open) user_.on_bytes(host, receiver, bytes.subspan(cut));
}

void Network::released(Instant now) {
  for (End sender = 0; sender < streams_.size(); ++sender) {
    for (;;) {
      Stream& s = streams_[sender];
      if (s.held.empty() || !hosts_[s.to].reading || !reachable(s.from, s.to) || !streams_[sender ^ 1].open) break;
      const Parcel held = s.held.front();
      s.held.erase(s.held.begin());
      hand_over(sender ^ 1, held, now);
    }
  }
}

void Network::set_reading(HostId host, bool reading, Instant now) {
  hosts_[host].reading = reading;
  if (reading) released(now);
}

void Network::handle(const Event& event) {
  switch (event.kind) {
    case Event::Kind::uplink_free: on_uplink_free(event.subject, event.at); return;
    case Event::Kind::deliver: deliver(event.subject, event.parcel, event.at); return;
    case Event::Kind::refused:
      if (hosts_[event.subject].up) user_.on_refused(event.subject, event.argument);
      return;
    case Event::Kind::opened: {
      const End end = event.subject;
      const HostId from = streams_[end].from;
      const HostId to = streams_[end].to;
      if (!hosts_[from].up) return;
      if (!hosts_[to].listening) {
        user_.on_refused(from, to);
        return;
      }
      streams_[end].open = streams_[end ^ 1].open = true;
      user_.on_accepted(to, end ^ 1);
      user_.on_opened(from, end, to);
      return;
    }
    case Event::Kind::ended: {
      const End end = event.subject;
      const Stream& incoming = streams_[end ^ 1];
      if (!streams_[end].open || !hosts_[streams_[end].from].up) return;
      if (!incoming.held.empty() || !reachable(incoming.from, incoming.to)) {
        constexpr Duration kLookAgain = std::chrono::milliseconds(100);
        agenda_.add({.at = event.at + kLookAgain, .kind = Event::Kind::ended, .subject = end});
        return;
      }
      drop(end);
      user_.on_ended(streams_[end].from, end);
      return;
    }
    case Event::Kind::timer:
    case Event::Kind::disk_done:
    case Event::Kind::script: P2P_ASSERT(false);
  }
}

}  // namespace p2p::sim
