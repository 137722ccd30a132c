#include "tests/fuzz/shell.hpp"

#include <algorithm>
#include <utility>

namespace p2p::fuzz {

Shell::Shell(const SwarmConfig& config, const Bitfield& stored, std::uint64_t seed, Remotes remotes, Instant now)
    : self_(config.self),
      listed_(config.listed),
      preferred_neighbors_(config.preferred_neighbors),
      max_pipeline_(config.max_pipeline),
      favors_(!config.favored.empty()),
      remotes_(remotes),
      swarm_(config, stored, seed, now),
      expected_stored_(stored),
      files_completed_(stored.complete()) {
  ring(now);
}

Connection* Shell::find(LinkId link) {
  const auto it = std::ranges::find(connections_, link, [](const auto& c) { return c->link; });
  return it == connections_.end() ? nullptr : it->get();
}

// --- connections ---------------------------------------------------------------------------------------------------

Connection& Shell::add(LinkId link, Instant now) {
  P2P_ASSERT(!find(link));  // an id is reused only after its connection's end
  connections_.push_back(std::make_unique<Connection>(link, now, self_, swarm_.geometry()));
  if (misread_) connections_.back()->watch.misreads();
  Connection& connection = *connections_.back();
  settle();
  return connection;
}

Connection& Shell::accept(Instant now) { return add(swarm_.on_accepted({}, now), now); }

Connection& Shell::dialed(std::size_t which, Instant now) {
  const PeerId peer = to_dial_[which];
  to_dial_.erase(to_dial_.begin() + static_cast<std::ptrdiff_t>(which));
  return add(swarm_.on_dialed(peer, now), now);
}

void Shell::dial_failed(std::size_t which, Instant now) {
  const PeerId peer = to_dial_[which];
  to_dial_.erase(to_dial_.begin() + static_cast<std::ptrdiff_t>(which));
  swarm_.on_dial_failed(peer, DialFault::refused, now);
  settle();
}

void Shell::end(Connection& connection, Instant now) {
  learn_completeness(connection);
  const LinkId link = connection.link;
  std::erase_if(connections_, [link](const auto& c) { return c->link == link; });
  swarm_.on_closed(link, "the connection ended", now);
  settle();
}

// --- what comes in -------------------------------------------------------------------------------------------------

void Shell::receive(Connection& connection, std::span<const std::byte> bytes, Instant now) {
  speaking_ = &connection;
  for (bool first = true; !bytes.empty() && !connection.failed; first = false) {
    const bool in_payload = connection.decoder.payload_left() > 0;
    // Nothing is sent before all is read, so what a first message has caused is not said yet when the next one comes.
    if (!first && !in_payload) connection.watch.falls_behind();
    in_payload ? take_payload(connection, bytes, now) : take_item(connection, bytes, now);
    carry_out_effects();
  }
  speaking_ = nullptr;
  settle();
}

void Shell::take_item(Connection& connection, std::span<const std::byte>& bytes, Instant now) {
  const Decoded item = connection.decoder.next(bytes);
  if (const auto* handshake = std::get_if<Handshake>(&item)) {
    connection.peer = handshake->peer;
    swarm_.on_handshake(connection.link, *handshake, now);
  } else if (const auto* message = std::get_if<Message>(&item)) {
    // What comes after a Disconnect is no concern of the swarm's, but a shell may hand it over nevertheless.
    if (!connection.disconnected) connection.watch.received(*message, swarm_.stored());
    if (const auto* head = std::get_if<PieceHead>(message)) connection.incoming = head->piece;
    swarm_.on_message(connection.link, *message, now);
  } else if (const auto* violation = std::get_if<Violation>(&item)) {
    connection.failed = true;
    swarm_.on_violation(connection.link, *violation, now);
  }
}

void Shell::take_payload(Connection& connection, std::span<const std::byte>& bytes, Instant now) {
  const std::uint32_t size = swarm_.geometry().size_of(connection.incoming);
  const std::uint32_t before = size - connection.decoder.payload_left();
  // As a shell does it: when the first bytes are there.
  if (before == 0) connection.buffered = swarm_.payload_wanted(connection.link);
  const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(bytes.size(), size - before));
  if (remotes_ == Remotes::honest)
    for (std::uint32_t i = 0; i < n; ++i) P2P_ASSERT(bytes[i] == content(connection.incoming, before + i));
  bytes = bytes.subspan(n);
  connection.decoder.payload_taken(n);
  swarm_.on_payload(connection.link, n, now);
  if (connection.decoder.payload_left() > 0) return;

  if (!connection.disconnected) connection.watch.received_piece(connection.incoming);
  const auto piece = swarm_.on_piece_received(connection.link, now);
  if (!piece) return;
  P2P_ASSERT(connection.buffered && !connection.disconnected);  // else there is nothing that could be stored
  P2P_ASSERT(*piece == connection.incoming && !swarm_.stored().test(*piece));
  P2P_ASSERT(std::ranges::find(unstored_, *piece) == unstored_.end());
  P2P_ASSERT(connection.watch.may_have_asked(*piece));
  unstored_.push_back(*piece);
}

void Shell::stored(std::size_t which, Instant now) {
  const PieceIndex piece = unstored_[which];
  unstored_.erase(unstored_.begin() + static_cast<std::ptrdiff_t>(which));
  expected_stored_.set(piece);
  swarm_.on_piece_stored(piece, now);
  settle();
}

void Shell::store_failed(std::size_t which, Instant now) {
  const PieceIndex piece = unstored_[which];
  unstored_.erase(unstored_.begin() + static_cast<std::ptrdiff_t>(which));
  swarm_.on_store_failed(piece, now);
  settle();
}

void Shell::ring(Instant now) {
  swarm_.on_timer(now);
  P2P_ASSERT(swarm_.next_deadline() > now);  // a shell would spin
  settle();
  check_patience(now);
}

// --- what comes out ------------------------------------------------------------------------------------------------

void Shell::settle() {
  carry_out_effects();
  for (const auto& connection : connections_) send_all(*connection);
  if (!misread_) check();
}

void Shell::carry_out_effects() {
  while (const auto effect = swarm_.poll_effect()) {
    if (const auto* ready = std::get_if<SendReady>(&*effect)) {
      if (Connection* connection = find(ready->link)) connection->ready = true;
    } else if (const auto* dial = std::get_if<Dial>(&*effect)) {
      // Later lines, too, when they have not come; nobody twice at once.
      P2P_ASSERT(std::ranges::find(listed_, dial->peer) != listed_.end() && dial->peer != self_);
      P2P_ASSERT(std::ranges::find(to_dial_, dial->peer) == to_dial_.end());
      to_dial_.push_back(dial->peer);
    } else if (const auto* disconnect = std::get_if<Disconnect>(&*effect)) {
      Connection* connection = find(disconnect->link);
      P2P_ASSERT(connection && !connection->disconnected);
      P2P_ASSERT(remotes_ == Remotes::any || !disconnect->reason.starts_with("protocol violation"));
      learn_completeness(*connection);
      connection->disconnected = true;
      connection->established = false;
    } else {
      on_event(std::get<Event>(*effect));
    }
  }
}

void Shell::on_event(const Event& event) {
  if (std::holds_alternative<LowBitFirstProven>(event)) {
    P2P_ASSERT(remotes_ == Remotes::any);
    misread_ = true;
    for (const auto& connection : connections_) connection->watch.misreads();
  } else if (const auto* link = std::get_if<LinkEstablished>(&event)) {
    on_established(link->peer);
  } else if (const auto* preferred = std::get_if<PreferredNeighborsChanged>(&event)) {
    P2P_ASSERT(!preferred->neighbors.empty() && preferred->neighbors.size() <= preferred_neighbors_);
    P2P_ASSERT(std::ranges::is_sorted(preferred->neighbors));
  } else if (const auto* stalled = std::get_if<RequestsStalled>(&event)) {
    P2P_ASSERT(stalled->requests > 0 && stalled->requests <= max_pipeline_);
    established(stalled->peer).watch.gave_up_requests();
  } else if (const auto* piece = std::get_if<PieceStored>(&event)) {
    P2P_ASSERT(expected_stored_.test(piece->piece) && piece->count == expected_stored_.count());
  } else if (std::holds_alternative<FileCompleted>(event)) {
    P2P_ASSERT(expected_stored_.complete() && ++files_completed_ == 1);
  } else if (std::holds_alternative<SwarmCompleted>(event)) {
    for (const auto& connection : connections_) learn_completeness(*connection);
    P2P_ASSERT(misread_ || everybody_is_complete());
    P2P_ASSERT(++swarms_completed_ == 1);
  }
}

void Shell::on_established(PeerId peer) {
  // Two connections with the peer's handshake can wait only where one of them has come just now, and that one wins.
  Connection* chosen = nullptr;
  for (const auto& connection : connections_) {
    if (connection->peer != peer || connection->disconnected) continue;
    P2P_ASSERT(!connection->established);  // one link a neighbor
    if (!chosen || connection.get() == speaking_) chosen = connection.get();
  }
  P2P_ASSERT(chosen);
  chosen->established = true;
}

Connection& Shell::established(PeerId peer) {
  const auto it =
      std::ranges::find_if(connections_, [peer](const auto& c) { return c->established && c->peer == peer; });
  P2P_ASSERT(it != connections_.end());
  return **it;
}

/// What a neighbor said last of itself counts, and goes on counting when its link ends.
void Shell::learn_completeness(const Connection& connection) {
  if (!connection.established || !connection.watch.remote_spoke()) return;
  if (connection.watch.remote_pieces().complete())
    complete_neighbors_.insert(*connection.peer);
  else
    complete_neighbors_.erase(*connection.peer);
}

void Shell::send_all(Connection& connection) {
  for (;;) {
    if (connection.sent.size() >= connection.room) return connection.watch.falls_behind();
    Bytes frames;
    const auto piece = swarm_.poll_send(connection.link, frames);
    if (frames.empty()) {
      P2P_ASSERT(!piece);
      break;
    }
    P2P_ASSERT(!connection.disconnected);
    P2P_ASSERT(connection.ready || connection.watch.has_all_of(frames));  // else nobody would have asked
    connection.watch.sent(frames, piece, swarm_.stored());
    connection.sent.insert(connection.sent.end(), frames.begin(), frames.end());
    if (piece)
      for (std::uint32_t i = 0; i < swarm_.geometry().size_of(*piece); ++i)
        connection.sent.push_back(content(*piece, i));
  }
  connection.ready = false;
  connection.watch.caught_up();
}

// --- what holds at any time ----------------------------------------------------------------------------------------

void Shell::check() {
  P2P_ASSERT(swarm_.stored() == expected_stored_);
  P2P_ASSERT(swarm_.complete() == (files_completed_ == 1));

  std::uint32_t linked = 0;
  std::uint32_t unchoking_us = 0;
  for (const auto& connection : connections_) {
    if (!connection->established) continue;
    const LinkWatch& watch = connection->watch;
    learn_completeness(*connection);
    ++linked;
    unchoking_us += !watch.remote_chokes();
    P2P_ASSERT(watch.open_requests().size() <= max_pipeline_);
    if (watch.behind()) continue;

    P2P_ASSERT(watch.greeted() && watch.told() == swarm_.stored());
    if (watch.remote_spoke())
      P2P_ASSERT(watch.is_interested() == (watch.remote_pieces().count_without(swarm_.stored()) > 0));
  }
  P2P_ASSERT(swarm_.linked_neighbors() == linked);
  P2P_ASSERT(swarm_.unchoking_us() == unchoking_us);
  if (everybody_is_complete() && linked + 1 == listed_.size()) P2P_ASSERT(swarm_.swarm_complete());
  P2P_ASSERT(swarm_.swarm_complete() == (swarms_completed_ == 1));
  check_slots();
  check_nobody_idles();
}

/// No more neighbors are served than there are slots, and none waits while a slot is idle.
void Shell::check_slots() const {
  const std::uint32_t slots = preferred_neighbors_ + 1;
  P2P_ASSERT(swarm_.unchoked_neighbors() <= slots);
  std::uint32_t unchoked = 0;
  std::uint32_t served = 0;
  std::uint32_t waiting = 0;
  for (const auto& connection : connections_) {
    const LinkWatch& watch = connection->watch;
    if (!connection->established) continue;
    if (watch.behind()) return;  // who knows what it is about to be told
    unchoked += !watch.chokes();
    served += !watch.chokes() && watch.remote_is_interested();
    waiting += watch.chokes() && watch.remote_is_interested();
  }
  P2P_ASSERT(unchoked == swarm_.unchoked_neighbors());
  // A favored neighbor may keep its slot without being interested for the moment.
  if (waiting > 0) P2P_ASSERT(favors_ ? unchoked == slots : served == slots);
}

/// A link that could bring a piece that nobody was asked for has been asked for something.
void Shell::check_nobody_idles() const {
  Bitfield expected = swarm_.stored();
  for (const PieceIndex piece : unstored_) expected.set(piece);
  for (const auto& connection : connections_) {
    if (!connection->established) continue;
    if (connection->watch.behind() || connection->watch.unsure()) return;  // who knows what it was asked for
    for (const std::uint32_t piece : connection->watch.open_requests()) expected.set(PieceIndex{piece});
  }
  for (const auto& connection : connections_) {
    const LinkWatch& watch = connection->watch;
    if (!connection->established || watch.remote_chokes() || !watch.open_requests().empty()) continue;
    P2P_ASSERT(watch.remote_pieces().count_without(expected) == 0);
  }
}

/// What the swarm may wait for, and not for ever.
void Shell::check_patience(Instant now) {
  using namespace std::chrono_literals;
  for (const auto& connection : connections_)
    if (!connection->peer && !connection->disconnected) P2P_ASSERT(now - connection->opened < 11s);  // a handshake

  // Neighbors that have lost their link may come back for the news that we are complete.
  if (!everybody_is_complete())
    all_done_since_.reset();
  else if (!all_done_since_)
    all_done_since_ = now;
  else if (now - *all_done_since_ > 15s)
    P2P_ASSERT(swarm_.swarm_complete());
}

}  // namespace p2p::fuzz
