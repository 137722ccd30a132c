#include "sim/referee.hpp"

#include <algorithm>
#include <utility>

namespace p2p::sim {

void Referee::breach(const std::string& what, HostId host, Instant now) {
  throw Breach("host " + std::to_string(host) + " at " + std::to_string(seconds(now.time_since_epoch())) +
               " s: " + what);
}

void Referee::on_host(HostId host, const Bitfield& stored, std::vector<HostId> neighbors) {
  if (stored_.size() <= host) {
    stored_.resize(host + 1);
    neighbors_.resize(host + 1);
  }
  stored_[host] = stored;
  neighbors_[host] = std::move(neighbors);
}

void Referee::on_link(End end, bool begins) {
  if (begins)
    senders_.emplace(end, Sender{Decoder(geometry_)});
  else
    senders_.erase(end);
}

void Referee::on_sent(HostId host, End end, std::span<const std::byte> control, std::uint32_t payload, Instant now) {
  Sender& sender = senders_.at(end);
  while (!control.empty()) on_item(host, sender, sender.decoder.next(control), now);
  if (sender.decoder.payload_left() != payload) breach("a piece's head and payload do not match", host, now);
  sender.decoder.payload_taken(payload);
}

void Referee::on_item(HostId host, Sender& sender, const Decoded& item, Instant now) {
  if (const auto* violation = std::get_if<Violation>(&item))
    breach("sent an illegal message: " + violation->reason, host, now);
  const auto* message = std::get_if<Message>(&item);
  if (!message) return;
  if (std::holds_alternative<Unchoke>(*message)) sender.unchoked = true;
  if (std::holds_alternative<Choke>(*message)) sender.unchoked = false;
  if (std::holds_alternative<PieceHead>(*message) && !sender.unchoked)
    breach("sent a piece to a choked neighbor", host, now);
}

void Referee::on_event(HostId host, const p2p::Event& event, Instant now) {
  if (const auto* piece = std::get_if<PieceStored>(&event)) {
    if (!stored_[host].set(piece->piece))
      breach("stored piece " + std::to_string(piece->piece.value) + " twice", host, now);
  } else if (const auto* preferred = std::get_if<PreferredNeighborsChanged>(&event)) {
    if (preferred->neighbors.size() > slots_) breach("more preferred neighbors than slots", host, now);
  } else if (std::holds_alternative<SwarmCompleted>(event)) {
    const auto complete = [this](HostId each) { return stored_[each].complete(); };
    if (!complete(host) || !std::ranges::all_of(neighbors_[host], complete))
      breach("says that the swarm is complete while it is not", host, now);
  }
}

void Referee::on_settled(HostId host, std::uint32_t unchoked_neighbors, Instant now) {
  if (unchoked_neighbors > slots_ + 1) breach("more neighbors unchoked than slots", host, now);
}

}  // namespace p2p::sim
