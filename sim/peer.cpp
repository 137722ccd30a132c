#include "sim/peer.hpp"

#include <utility>

#include "protocol/assert.hpp"

namespace p2p::sim {

Peer::Peer(HostId host, SwarmConfig config, std::shared_ptr<const std::vector<HostId>> hosts_by_id,
           const Bitfield& stored, DiskSpec disk, Network& network, EventQueue& agenda, PeerObserver& observer,
           std::uint64_t seed, std::shared_ptr<Copies> copies)
    : host_(host),
      config_(std::move(config)),
      hosts_by_id_(std::move(hosts_by_id)),
      stored_(stored),
      disk_(disk),
      network_(network),
      agenda_(agenda),
      observer_(observer),
      random_(seed),
      copies_(std::move(copies)) {}

namespace {

/// Every host has an address of its own.
Endpoint place_of(HostId host) {
  Endpoint place{.port = Peer::kPort};
  place.ip[10] = place.ip[11] = std::byte{0xff};
  place.ip[12] = std::byte{10};
  for (std::size_t i = 0; i < 3; ++i) place.ip[15 - i] = std::byte(host >> 8 * i & 0xff);
  return place;
}

}  // namespace

void Peer::start(Instant now) {
  P2P_ASSERT(!running());
  ++incarnation_;
  left_ = leaving_ = retiring_ = false;
  timer_at_ = kNever;
  if (copies_) {
    // What a life has learned does not outlive it.
    config_.geometry = Geometry::of_chunks(copies_->chunks());
    config_.chunks = copies_->folder(host_, stored_);
    for (const HeldChunk& held : config_.chunks->held) config_.geometry.learn(held.piece, held.claim.size);
  }
  swarm_ = std::make_unique<Swarm>(config_, stored_, random_.next(), now);
  network_.start(host_);
  if (config_.wanted_neighbors > 0) swarm_->add_neighbor(PeerId{0}, PeerId{0}, now);
  swarm_->on_timer(now);
  settle(now);
}

void Peer::crash(Instant now) {
  if (!running()) return;
  for (auto& connection : connections_)
    if (connection) forget(*connection);
  swarm_.reset();
  network_.crash(host_, now);
}

// --- inputs --------------------------------------------------------------------------------------------------------

/// Null for an end whose connection is over.
Peer::Connection* Peer::find(End end) {
  const std::uint32_t tag = network_.tag(end);
  return tag == Network::kNoTag ? nullptr : &*connections_[tag];
}

void Peer::forget(Connection& connection) {
  network_.set_tag(connection.end, Network::kNoTag);
  observer_.on_link(host_, connection.end, false);
  connections_[connection.link.value].reset();
}

void Peer::add(End end, LinkId link, Instant now) {
  if (connections_.size() <= link.value) connections_.resize(link.value + 1);
  swarm_->on_remote(link, place_of(network_.host_of(end ^ 1)));
  connections_[link.value].emplace(Connection{end, link, Decoder(config_.geometry, config_.open)});
  network_.set_tag(end, link.value);
  observer_.on_link(host_, end, true);
  settle(now);
}

void Peer::on_opened(End end, PeerId remote, Instant now) {
  if (leaving_) return network_.close(end, now);
  add(end, swarm_->on_dialed(remote, now), now);
}

void Peer::on_refused(PeerId remote, Instant now) {
  if (leaving_) return;
  swarm_->on_dial_failed(remote, DialFault::refused, now);
  settle(now);
}

void Peer::on_accepted(End end, Instant now) {
  if (leaving_) return network_.close(end, now);
  add(end, swarm_->on_accepted(place_of(network_.host_of(end ^ 1)).origin(), now), now);
}

void Peer::on_bytes(End end, std::span<const std::byte> bytes, Instant now) {
  Connection* const connection = find(end);
  if (!connection) return;
  while (!bytes.empty()) {
    const Decoded item = connection->decoder.next(bytes);
    if (const auto* message = std::get_if<Message>(&item)) {
      swarm_->on_message(connection->link, *message, now);
      if (const auto* head = std::get_if<PieceHead>(message); head && head->length == 0) finish_piece(*connection, now);
    } else if (const auto* handshake = std::get_if<Handshake>(&item))
      swarm_->on_handshake(connection->link, *handshake, now);
    else if (const auto* violation = std::get_if<Violation>(&item)) {
      swarm_->on_violation(connection->link, *violation, now);
      break;
    }
  }
  settle(now);
}

void Peer::on_payload(End end, std::uint32_t bytes, Instant now) {
  Connection* const connection = find(end);
  if (!connection) return;
  received_payload_ += bytes;
  connection->decoder.payload_taken(bytes);
  swarm_->on_payload(connection->link, bytes, now);
  if (connection->decoder.payload_left() > 0) return;
  finish_piece(*connection, now);
  settle(now);
}

void Peer::finish_piece(const Connection& connection, Instant now) {
  const auto piece = swarm_->on_piece_received(connection.link, now);
  if (!piece || !accept(*piece, network_.host_of(connection.end ^ 1), now)) return;
  if (disk_.delay == Duration::zero())
    store(*piece, now);
  else
    agenda_.add({.at = now + disk_.delay,
                 .kind = Event::Kind::disk_done,
                 .subject = host_,
                 .argument = incarnation_,
                 .piece = *piece});
}

/// Compares a chunk with what was settled; every other piece is what it should be.
bool Peer::accept(PieceIndex piece, HostId from, Instant now) {
  if (!copies_) return true;
  const Version version = copies_->sent(from, piece);
  if (copies_->claim_of(piece, version) != *swarm_->quorum()->settled(piece)) {
    swarm_->on_piece_rejected(piece, now);
    return false;
  }
  copies_->received(host_, piece, version);
  return true;
}

void Peer::on_disk_done(PieceIndex piece, std::uint32_t incarnation, Instant now) {
  if (!running() || incarnation != incarnation_) return;
  store(piece, now);
  settle(now);
}

void Peer::on_reader(ReaderId reader, std::optional<PieceIndex> first, std::uint32_t count, Instant now) {
  if (!running()) return;
  if (first)
    swarm_->set_window(reader, *first, count, now);
  else
    swarm_->clear_window(reader, now);
  settle(now);
}

void Peer::store(PieceIndex piece, Instant now) {
  if (disk_full_ || (disk_.fault_probability > 0 && random_.unit() < disk_.fault_probability))
    return swarm_->on_store_failed(piece, now);
  stored_.set(piece);
  stored_bytes_ += config_.geometry.size_of(piece);
  swarm_->on_piece_stored(piece, now);
}

void Peer::on_writable(End end, Instant now) {
  Connection* const connection = find(end);
  if (!connection) return;
  pump(*connection, now);
  settle(now);
}

void Peer::on_ended(End end, Instant now) {
  Connection* const connection = find(end);
  if (!connection) return;
  const LinkId link = connection->link;
  forget(*connection);
  swarm_->on_closed(link, "the remote ended the connection", now);
  settle(now);
}

void Peer::on_timer(Instant now) {
  if (!running() || now < timer_at_) return;
  timer_at_ = kNever;
  if (swarm_->next_deadline() <= now) swarm_->on_timer(now);
  settle(now);
}

// --- effects -------------------------------------------------------------------------------------------------------

void Peer::pump(Connection& connection, Instant now) {
  const End end = connection.end;
  while (network_.writable(end)) {
    output_.clear();
    const auto piece = swarm_->poll_send(connection.link, output_);
    if (output_.empty()) return;
    const std::uint32_t payload = piece ? config_.geometry.size_of(*piece) : 0;
    observer_.on_sent(host_, end, output_, payload);
    network_.send(end, output_, payload, now);
  }
}

void Peer::settle(Instant now) {
  while (const auto effect = swarm_->poll_effect()) {
    if (const auto* ready = std::get_if<SendReady>(&*effect)) {
      if (auto& connection = connections_[ready->link.value]) pump(*connection, now);
    } else if (const auto* event = std::get_if<p2p::Event>(&*effect)) {
      observer_.on_event(host_, *event);
      if (const auto* settled = std::get_if<ChunkSettled>(event); settled && !stored_.test(settled->piece))
        swarm_->unlock_chunk(settled->piece, now);
      if (config_.open && std::holds_alternative<FileCompleted>(*event)) {
        swarm_->retire();
        retiring_ = true;
      }
      if (std::holds_alternative<SwarmCompleted>(*event) || std::holds_alternative<PatienceEnded>(*event))
        leaving_ = true;
    } else if (const auto* dial = std::get_if<Dial>(&*effect)) {
      network_.dial(host_, (*hosts_by_id_)[dial->peer.value], now);
    } else if (const auto* meet = std::get_if<Meet>(&*effect)) {
      swarm_->add_neighbor(meet->peer.peer, meet->peer.peer, now);
    } else if (const auto* disconnect = std::get_if<Disconnect>(&*effect)) {
      Connection& connection = *connections_[disconnect->link.value];
      network_.close(connection.end, now);
      forget(connection);
      swarm_->on_closed(disconnect->link, disconnect->reason, now);
    }
  }
  observer_.on_settled(host_);
  leaving_ = leaving_ || (retiring_ && swarm_->flushed());
  if (leaving_)
    leave_when_flushed(now);
  else
    arm_timer();
}

/// As the daemon leaves: all that is due has been pulled, the network delivers it, and the process is gone.
void Peer::leave_when_flushed(Instant now) {
  for (const auto& connection : connections_)
    if (connection && !network_.writable(connection->end)) return;
  for (auto& connection : connections_) {
    if (!connection) continue;
    pump(*connection, now);
    network_.close(connection->end, now);
    forget(*connection);
  }
  network_.stop_listening(host_);
  swarm_.reset();
  left_ = true;
}

void Peer::arm_timer() {
  const Instant deadline = swarm_->next_deadline();
  if (deadline >= timer_at_) return;
  timer_at_ = deadline;
  agenda_.add({.at = deadline, .kind = Event::Kind::timer, .subject = host_});
}

}  // namespace p2p::sim
