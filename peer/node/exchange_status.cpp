#include "peer/node/exchange_status.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "peer/discovery/address.hpp"
#include "peer/ground/clock.hpp"
#include "peer/net/origin_of.hpp"
#include "peer/status/board.hpp"

namespace p2p {
namespace {

std::string text_of(const Endpoint& place) { return to_string(Address{address_of(place).to_string(), place.port}); }

/// What a link says of its neighbor.
void add_link(Status::Neighbor& neighbor, LinkStanding& link, const LinkMeter* meter, bool has_room) {
  neighbor.linked_at = unix_time(link.opened);
  neighbor.direction = link.direction;
  if (!neighbor.address && link.remote) neighbor.address = text_of(*link.remote);
  if (has_room) neighbor.have = std::move(link.pieces);
  if (meter) {
    neighbor.received_rate = meter->received.bytes_per_s();
    neighbor.sent_rate = meter->sent.bytes_per_s();
    neighbor.received_bytes = meter->traffic.received;
    neighbor.sent_bytes = meter->traffic.sent;
  }
  neighbor.chokes_us = link.chokes_us;
  neighbor.choked = link.choked;
  neighbor.interested = link.interested;
  neighbor.interested_in_us = link.interested_in_us;
  neighbor.optimistic = link.optimistic;
  neighbor.preferred = !link.choked && !link.optimistic;
  neighbor.requests = link.requests;
  neighbor.queued = link.queued;
}

}  // namespace

std::uint64_t stored_bytes(const Swarm& swarm) {
  if (swarm.complete()) return swarm.geometry().total_size();
  std::uint64_t bytes = 0;
  swarm.stored().for_each([&](PieceIndex piece) { bytes += swarm.geometry().size_of(piece); });
  return bytes;
}

void add_content(Status& status, const Exchange& exchange) {
  const Swarm& swarm = exchange.swarm();
  Status::Subject& content = status.content;
  content.size = swarm.geometry().total_size();
  content.piece_size = swarm.geometry().piece_size();
  content.pieces = swarm.geometry().piece_count();
  content.stored = swarm.stored().count();
  content.stored_bytes = stored_bytes(swarm);
  if (content.pieces <= kMostStatusBits) content.have = swarm.stored();
  content.files_done = swarm.complete() ? content.files : 0;
  status.state.complete = status.state.ready = swarm.complete();
}

void add_neighbors(Status& status, const Exchange& exchange, const std::string& content, const PlaceOf& place_of) {
  const Swarm& swarm = exchange.swarm();
  std::vector<LinkStanding> links = swarm.link_standings();
  const bool has_room = (links.size() + 1) * std::uint64_t{swarm.geometry().piece_count()} <= kMostStatusBits;
  std::unordered_map<PeerId, LinkStanding*> by_handle;
  for (LinkStanding& link : links) by_handle.emplace(link.handle, &link);
  const Standing standing = swarm.standing();
  for (const NeighborStanding& each : standing.neighbors) {
    Status::Neighbor neighbor{.id = each.id.value, .content = content};
    if (place_of) neighbor.address = place_of(each.handle);
    neighbor.linked = each.linked;
    neighbor.met = each.met;
    neighbor.fault = each.fault;
    neighbor.complete = each.complete;
    neighbor.pieces = each.pieces;
    neighbor.offers = each.offers;
    if (const auto link = by_handle.find(each.handle); link != by_handle.end())
      add_link(neighbor, *link->second, exchange.meter(link->second->link), has_room);
    status.swarm.complete += each.complete;
    status.neighbors.push_back(std::move(neighbor));
  }
  status.swarm.known += static_cast<std::uint32_t>(standing.neighbors.size());
  status.swarm.linked += swarm.linked_neighbors();
  status.swarm.unchoking_us += swarm.unchoking_us();
  status.swarm.unchoked += swarm.unchoked_neighbors();
}

void add_copies(Status& status, const Exchange& exchange) {
  const CopiesStanding copies = exchange.swarm().copies();
  status.swarm.rarest_copies = copies.rarest;
  status.swarm.rarest_pieces = copies.rarest_pieces;
  status.swarm.mean_copies = copies.mean;
  status.swarm.complete += exchange.swarm().complete();
}

void add_halt(Status& status, const std::optional<Stuck>& stuck, const std::string& text) {
  if (stuck) status.stuck = Status::Halt{.why = *stuck, .text = text, .since = unix_time(stuck->since)};
}

std::optional<Wait> wait_of(const Exchange& exchange) {
  if (exchange.swarm().complete()) return std::nullopt;
  if (exchange.without_room_for(now()) > Duration::zero()) return Wait::disk;
  if (exchange.is_verifying()) return Wait::hash;
  const auto stuck = why_stuck(exchange.swarm().standing());
  if (!stuck) return std::nullopt;
  switch (stuck->why) {
    case Stuck::Why::nobody_linked:
    case Stuck::Why::nobody_holds: return Wait::nobody_holds;
    case Stuck::Why::choked: return Wait::choked;
    case Stuck::Why::unanswered: return Wait::socket;
    case Stuck::Why::no_room: return Wait::disk;
    case Stuck::Why::no_quorum:
    case Stuck::Why::withheld:
    case Stuck::Why::others: break;
  }
  return Wait::other;
}

}  // namespace p2p
