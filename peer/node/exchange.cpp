#include "peer/node/exchange.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "peer/ground/clock.hpp"
#include "peer/net/origin_of.hpp"
#include "peer/node/connection.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
constexpr auto kFarewellPatience = 2s;
// How long a connection that was closed may take to report its end.
constexpr auto kClosingPatience = 250ms;
// How often a full disk is tried again.
constexpr auto kRoomInterval = 1s;
// With a limit there are at most so many links asked at a time that each of them gets this much of it.
constexpr std::uint64_t kLeastPerSource_bytes_per_s = 4096;
// With a limit a link may be ahead of us by so much: a quarter of a second, so that the limit is reached on long ways,
// too.
constexpr std::uint64_t kLeastUnread = 64u << 10, kMostUnread = 4u << 20;

DialFault fault_of(const DialFailure& failure) {
  switch (failure.kind) {
    case DialFailure::Kind::not_resolved: return DialFault::unresolved;
    case DialFailure::Kind::refused: return DialFault::refused;
    case DialFailure::Kind::timed_out: return DialFault::timed_out;
    case DialFailure::Kind::no_route: return DialFault::no_route;
    case DialFailure::Kind::unsealed: return DialFault::unsealed;
    case DialFailure::Kind::other: break;
  }
  return DialFault::local;
}

std::optional<PeerId> proven(const Stream& stream) {
  const auto& proof = stream.remote().proof;
  return proof ? std::optional(proof->peer) : std::nullopt;
}

/// Of an ID that follows from a key there can be another key, so there, too, evidence is held against one of both.
Origin where_from(const Stream& stream) {
  const auto& proof = stream.remote().proof;
  return proof ? proof->origin() : origin_of(stream.remote().address);
}

}  // namespace

Exchange::Exchange(asio::io_context& io, SwarmConfig config, PieceStorage& store, std::uint64_t seed, Hooks hooks)
    : store_(store),
      limits_(asio::use_service<Limits>(io)),
      buffers_(io.get_executor(), store.largest_in_memory()),
      swarm_(bounded(std::move(config)), store.stored(), seed, now()),
      hooks_(std::move(hooks)),
      timer_(io),
      room_timer_(io),
      finish_timer_(io) {
  if (!store_.matching_takes_long()) return;
  verifier_.emplace(io.get_executor(), store_, [this](PieceIndex piece, PieceBuffer buffer, bool matches) {
    store_verified(piece, std::move(buffer), matches);
    carry_out();
  });
}

Exchange::~Exchange() = default;

/// What comes from more links than this would wait in front of us, so long that both sides take each other for dead.
SwarmConfig Exchange::bounded(SwarmConfig config) const {
  std::uint64_t most = BufferPool::capacity(store_.largest_in_memory());
  if (const auto rate = limits_.rates().down) most = std::min(most, *rate / kLeastPerSource_bytes_per_s);
  config.most_sources = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(most, 1, config.most_sources));
  return config;
}

void Exchange::start() { look_at_clock(); }

void Exchange::relist(const Relisting& list) {
  if (finishing_) return;
  swarm_.on_list_changed(list, now());
  carry_out();
}

void Exchange::add(LinkId link, StreamPtr stream, std::span<const std::byte> received) {
  const Remote& remote = stream->remote();
  swarm_.on_remote(link, endpoint_of(remote.address, remote.port));
  if (const auto rate = limits_.rates().down; rate && *rate / 4 < kMostUnread)
    stream->bound_unread(std::max(*rate / 4, kLeastUnread));
  const auto connection = std::make_shared<Connection>(std::move(stream), link, *this, received);
  connections_.emplace(link, connection);
  connection->start();
  carry_out();
}

void Exchange::add_accepted(StreamPtr stream, const Handshake& handshake) {
  if (finishing_) return;
  const LinkId link = swarm_.on_accepted(where_from(*stream), now(), proven(*stream));
  add(link, std::move(stream), encode(handshake));
}

void Exchange::add_dialed(PeerId peer, StreamPtr stream) {
  if (finishing_) return;
  const LinkId link = swarm_.on_dialed(peer, now(), origin_of(stream->remote().address), proven(*stream));
  add(link, std::move(stream), {});
}

void Exchange::dial_failed(PeerId peer, const DialFailure& failure) {
  if (finishing_) return;
  swarm_.on_dial_failed(peer, fault_of(failure), now(), failure.tried);
  carry_out();
}

// --- pieces and the disk -------------------------------------------------------------------------------------------

std::optional<PieceStorage::Source> Exchange::source(PieceIndex piece) {
  if (auto source = store_.source(piece)) return source;
  check_on_disk(piece);
  return store_.stored().test(piece) ? store_.source(piece) : std::nullopt;
}

void Exchange::check_on_disk(PieceIndex piece) {
  swarm_.on_pieces_lost(store_.recheck(piece), now());
  if (store_.frozen()) swarm_.pause_storing();
  carry_out();
}

void Exchange::store(PieceIndex piece, PieceBuffer buffer) {
  if (verifier_) return verifier_->check(piece, std::move(buffer));
  const bool matches = store_.matches(piece, {buffer.data(), swarm_.geometry().size_of(piece)});
  store_verified(piece, std::move(buffer), matches);
}

void Exchange::store_verified(PieceIndex piece, PieceBuffer buffer, bool matches) {
  if (!matches) {
    swarm_.on_piece_rejected(piece, now());
  } else if (!unwritten_.empty()) {
    unwritten_.emplace_back(piece, std::move(buffer));
  } else if (!keep(piece, buffer)) {
    unwritten_.emplace_back(piece, std::move(buffer));
    on_disk_full();
  }
}

void Exchange::on_disk_full() {
  if (std::exchange(waiting_for_room_, true)) return;
  spdlog::error("the disk is full: nothing is fetched until there is room; serving goes on");
  room_missing_since_ = now();
  swarm_.pause_storing();
  wait_for_room();
}

PieceBuffer Exchange::map_buffer(LinkId link) {
  const PieceIndex piece = *swarm_.incoming(link);
  if (auto part = map(piece)) return PieceBuffer(std::move(part));
  swarm_.drop_payload(link);
  unmapped_ = piece;
  on_disk_full();
  return {};
}

/// Null when the disk is full.
std::unique_ptr<MappedPart> Exchange::map(PieceIndex piece) {
  try {
    return store_.large_pieces()->map(piece);
  } catch (const std::system_error& error) {
    if (!is_disk_full(error.code())) throw;
    return nullptr;
  }
}

bool Exchange::store_found(PieceIndex piece, std::span<const std::byte> bytes) {
  if (waiting_for_room_) return false;
  try {
    store_.write(piece, bytes);
  } catch (const std::system_error& error) {
    if (!is_disk_full(error.code())) throw;
    return false;
  }
  swarm_.on_piece_found(piece, now());
  return true;
}

bool Exchange::store_upstream(PieceIndex piece, const PieceDigest& sha256, std::span<const std::byte> bytes) {
  if (!swarm_.on_upstream_piece(piece, sha256, now())) return false;
  try {
    store_.write(piece, bytes);
  } catch (const std::system_error& error) {
    if (!is_disk_full(error.code())) throw;
    swarm_.on_store_failed(piece, now());
    on_disk_full();
    return false;
  }
  swarm_.on_upstream_stored(piece, now());
  return true;
}

/// Stores or parks the piece and tells the swarm. False when the disk is full.
bool Exchange::keep(PieceIndex piece, const PieceBuffer& buffer) {
  const bool parked = swarm_.in_doubt(piece);
  if (!write(piece, buffer, parked)) return false;
  if (parked)
    swarm_.on_piece_parked(piece, now());
  else
    swarm_.on_piece_stored(piece, now());
  return true;
}

void Exchange::claim(PieceIndex piece) {
  try {
    store_.claim(piece);
    swarm_.on_piece_stored(piece, now());
  } catch (const std::system_error& error) {
    if (!is_disk_full(error.code())) throw;
    swarm_.on_store_failed(piece, now());
    on_disk_full();
  }
}

void Exchange::withdraw(const std::vector<PieceIndex>& pieces) {
  swarm_.on_trust_withdrawn(store_.withdraw(pieces), now());
}

/// False when the disk is full.
bool Exchange::write(PieceIndex piece, const PieceBuffer& buffer, bool parked) {
  try {
    if (parked)
      store_.park(piece, {buffer.data(), swarm_.geometry().size_of(piece)});
    else if (MappedPart* const part = buffer.part())
      store_.large_pieces()->keep(piece, *part);
    else
      store_.write(piece, {buffer.data(), swarm_.geometry().size_of(piece)});
    return true;
  } catch (const std::system_error& error) {
    if (!is_disk_full(error.code())) throw;
    return false;
  }
}

void Exchange::wait_for_room() {
  room_timer_.expires_after(kRoomInterval);
  room_timer_.async_wait([this, alive = std::weak_ptr(alive_)](const std::error_code& error) {
    if (error || alive.expired()) return;
    for (; !unwritten_.empty(); unwritten_.pop_front()) {
      if (!keep(unwritten_.front().piece, unwritten_.front().buffer)) return wait_for_room();
    }
    // Before it is asked for again: what would find no room again would have been sent for nothing.
    if (unmapped_ && !map(*unmapped_)) return wait_for_room();
    unmapped_.reset();
    waiting_for_room_ = false;
    spdlog::warn("the disk has room again: fetching goes on");
    swarm_.resume_storing(now());
    carry_out();
  });
}

const LinkMeter* Exchange::meter(LinkId link) const {
  const auto found = connections_.find(link);
  return found == connections_.end() ? nullptr : &found->second->meter();
}

void Exchange::sample_rates(Instant at) {
  for (const auto& [link, connection] : connections_) connection->meter().sample(at);
}

void Exchange::note_sent(PeerId peer, std::uint64_t bytes) {
  traffic_.sent += bytes;
  if (hooks_.on_sent) hooks_.on_sent(peer, bytes);
}

void Exchange::remove(LinkId link, const std::string& reason) {
  connections_.erase(link);
  swarm_.on_closed(link, reason, now());
  carry_out();
  check_finished();
}

void Exchange::carry_out() {
  struct Carry {
    Exchange& exchange;
    void operator()(const SendReady& effect) const {
      if (const auto it = exchange.connections_.find(effect.link); it != exchange.connections_.end())
        it->second->wake();
    }
    void operator()(const Dial& effect) const {
      if (!exchange.finishing_) exchange.hooks_.dial(effect.peer);
    }
    void operator()(const Claim& effect) const { exchange.claim(effect.piece); }
    void operator()(const Withdraw& effect) const { exchange.withdraw(effect.pieces); }
    void operator()(const Disconnect& effect) const {
      if (const auto it = exchange.connections_.find(effect.link); it != exchange.connections_.end())
        it->second->close();
    }
    void operator()(const Meet& effect) const {
      if (exchange.hooks_.meet && !exchange.finishing_) exchange.hooks_.meet(effect.peer);
    }
    void operator()(const UpstreamTask& task) const { exchange.hooks_.on_upstream(task); }
    void operator()(const Event& event) const { exchange.hooks_.on_event(event); }
  };
  while (const auto effect = swarm_.poll_effect()) std::visit(Carry{*this}, *effect);
  hooks_.on_settled();
  arm_timer();
}

void Exchange::arm_timer() {
  const Instant deadline = swarm_.next_deadline();
  if (deadline == timer_at_) return;
  timer_at_ = deadline;
  timer_.expires_at(to_steady(deadline));
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const std::error_code& error) {
    if (error || alive.expired()) return;
    timer_at_ = kNever;
    for (const auto& [link, connection] : connections_) connection->report_sending();
    look_at_clock();
  });
}

void Exchange::look_at_clock() {
  swarm_.note_callers(hooks_.anybody_greets && hooks_.anybody_greets());
  swarm_.on_timer(now());
  carry_out();
}

void Exchange::finish(bool drain, std::function<void()> on_finished) {
  finishing_ = true;
  on_finished_ = std::move(on_finished);
  for (const auto& [link, connection] : connections_) connection->finish(drain);
  finish_timer_.expires_after(kFarewellPatience);
  finish_timer_.async_wait([this, alive = std::weak_ptr(alive_)](const std::error_code& error) {
    if (error || alive.expired()) return;
    // Closing makes each connection report its end, the last of which finishes.
    for (const auto& [link, connection] : connections_) connection->close();
    give_up_on_the_silent();
  });
  check_finished();
}

/// A connection out of which an error came reports nothing any more.
void Exchange::give_up_on_the_silent() {
  finish_timer_.expires_after(kClosingPatience);
  finish_timer_.async_wait([this, alive = std::weak_ptr(alive_)](const std::error_code& error) {
    if (error || alive.expired()) return;
    connections_.clear();
    check_finished();
  });
}

void Exchange::check_finished() {
  if (!finishing_ || !connections_.empty() || !on_finished_) return;
  finish_timer_.cancel();
  std::exchange(on_finished_, nullptr)();
}

}  // namespace p2p
