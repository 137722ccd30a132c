#include "peer/node/fetch.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "peer/ground/clock.hpp"
#include "peer/ground/random_seed.hpp"
#include "peer/net/dialer.hpp"
#include "peer/net/origin_of.hpp"
#include "peer/node/open_swarm.hpp"
#include "peer/report/diagnostics.hpp"
#include "peer/report/stuck_text.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

// How long ago a holder may have given its last piece to be what it says that it is.
constexpr Duration kProven = 30s;
constexpr Duration kLongestTrial = 60s;

}  // namespace

Fetch::Fetch(asio::io_context& io, PeerId self, ManifestPtr known, const std::filesystem::path& root,
             const Options& options, Hooks hooks)
    : Fetch(io, self, known,
            std::make_unique<PieceStore>(content_of(root, known),
                                         PieceStore::Options{.on_scan = options.on_scan, .replace = options.replace}),
            options, std::move(hooks)) {}

Fetch::Fetch(asio::io_context& io, PeerId self, ManifestPtr known, std::unique_ptr<PieceStore> store,
             const Options& options, Hooks hooks)
    : io_(io),
      known_(std::move(known)),
      store_(std::move(store)),
      progress_(options.progress, store_->geometry()),
      hooks_(std::move(hooks)),
      has_old_(options.replace && !store_->stored().complete() && !known_->manifest.folder &&
               OldFile::may_serve(store_->geometry(), store_->content().root)),
      exchange_(io_, swarm_config(self, options), *store_, random_seed(), exchange_hooks(options)),
      readers_(io_, exchange_, *store_, [this] { return explain(); }),
      upstream_(options.upstream),
      stuck_(now()),
      board_(options.board),
      name_(options.name) {
  if (has_old_) old_.emplace(io_.get_executor(), store_->content().root, *store_, old_file_hooks());
}

SwarmConfig Fetch::swarm_config(PeerId self, const Options& options) const {
  SwarmConfig config = getters_swarm(self, *store_, options.port);
  config.on_demand = has_old_;
  config.for_readers = options.for_readers;
  if (options.upstream) {
    config.upstream = SwarmConfig::FromUpstream{options.upstream->group, options.upstream->digests};
    // Whoever is not linked does not hear what others are at.
    config.wanted_neighbors = kGettersLinks;
  }
  return config;
}

OldFile::Hooks Fetch::old_file_hooks() {
  return {.ask_for = [this](PieceIndex piece) { exchange_.swarm().open_piece(piece, now()); },
          .store = [this](PieceIndex piece, std::span<const std::byte> bytes) { return store_found(piece, bytes); },
          .on_settled = [this] { exchange_.carry_out(); }};
}

bool Fetch::store_found(PieceIndex piece, std::span<const std::byte> bytes) {
  if (!exchange_.store_found(piece, bytes)) return false;
  readers_.on_stored(piece);
  return true;
}

void Fetch::take_upstream(PieceIndex piece, const PieceDigest& sha256, std::span<const std::byte> bytes) {
  if (exchange_.store_upstream(piece, sha256, bytes)) readers_.on_stored(piece);
  exchange_.carry_out();
}

void Fetch::note_upstream(std::uint64_t bytes) {
  if (bytes == 0) return;
  // So that no reader loses its patience.
  exchange_.traffic().received += bytes;
  exchange_.swarm().on_upstream_bytes();
}

void Fetch::fail_upstream(PieceIndex first) {
  exchange_.swarm().on_upstream_failed(first, now());
  exchange_.carry_out();
}

Exchange::Hooks Fetch::exchange_hooks(const Options& options) {
  return {.on_event = [this](const Event& event) { on_event(event); },
          .on_settled =
              [this] {
                note_offering();
                check_flushed();
              },
          .dial = [this](PeerId handle) { dial_holder(handle); },
          .on_sent = [this](PeerId peer, std::uint64_t) { served_.insert(peer); },
          .meet = [this](const NamedPeer& named) { meet(named); },
          .on_upstream = options.upstream ? options.upstream->carry_out : nullptr,
          .on_drained = [this] { check_flushed(); }};
}

void Fetch::start() {
  exchange_.start();
  if (old_) old_->start();
  if (std::as_const(exchange_).swarm().complete()) asio::post(io_, hooks_.on_complete);
}

void Fetch::on_event(const Event& event) {
  log_diagnostic(event);
  if (board_) board_->tell(event, name_);
  if (const auto* const stored = std::get_if<PieceStored>(&event)) {
    count_piece(*stored);
    if (old_) old_->on_stored(stored->piece);
  }
  readers_.on_event(event);
  if (const auto* const rejected = std::get_if<PieceRejected>(&event)) on_rejected(rejected->handle);
  // Not now: this comes from inside of the exchange.
  if (std::holds_alternative<FileCompleted>(event)) asio::post(io_, hooks_.on_complete);
}

/// A bitfield, a have, a stored piece or an end of a link changes it.
void Fetch::note_offering() {
  const std::uint32_t count = std::as_const(exchange_).swarm().offering_neighbors();
  if (std::exchange(offering_, count) != count) hooks_.on_offering(count);
}

void Fetch::count_piece(const PieceStored& stored) {
  if (const auto holder = claimants_.find(stored.handle); holder != claimants_.end()) {
    ++holder->second.gave.pieces;
    holder->second.gave_at = now();
    return;
  }
  Contribution& guest =
      guests_.try_emplace(stored.from, Contribution{.peer = stored.from, .address = {}}).first->second;
  ++guest.pieces;
  if (!guest.address.host.empty()) return;
  if (const auto place = std::as_const(exchange_).swarm().place_of(stored.handle))
    guest.address = {address_of(*place).to_string(), place->port};
}

void Fetch::add_holder(const Holder& holder) {
  const Place place{holder.ip, holder.address.port};
  if (liars_.contains(place)) return;
  if (holder.size != known_->manifest.total_size()) {
    spdlog::info("{} does not know the size of what it says that it holds: {} bytes", to_string(holder.address),
                 holder.size);
    return;
  }
  if (std::as_const(exchange_).swarm().present_neighbors() < kGettersLinks)
    try_claimants(claim_of(holder.peer, holder.address, place));
}

/// A neighbor has named it: it is dialled like one that was found, and, being of no use, forgotten.
void Fetch::meet(const NamedPeer& named) {
  const std::string ip = address_of(named.place).to_string();
  const Place place{ip, named.place.port};
  if (!liars_.contains(place)) try_claimants(claim_of(named.peer, {ip, named.place.port}, place));
}

Fetch::Claim& Fetch::claim_of(PeerId peer, const Address& address, const Place& place) {
  const PeerId next{Swarm::kFirstHandle + static_cast<std::uint32_t>(handles_.size())};
  Claim& claim = claims_[peer];
  if (handles_.try_emplace({place, peer}, next).second) {
    claimants_.emplace(next, Claimant{{peer, address}, place});
    if (claim.handles.empty()) claim.since = now();
    claim.handles.push_back(next);
  }
  return claim;
}

/// Whoever dialled. An ID alone proves nothing.
bool Fetch::is_linked(const Claimant& claimant) const {
  std::error_code error;
  const auto ip = asio::ip::make_address(claimant.place.first, error);
  return !error && exchange_.swarm().is_linked(claimant.gave.peer, origin_of(ip));
}

/// Dials the one whose turn it is. No effect while it is linked or dialled.
void Fetch::try_claimants(Claim& claim) {
  if (claim.handles.empty()) return;
  if (claim.handles.size() > 1 && now() - claim.since >= claim.trial && !has_proved(claim.handles[claim.current])) {
    claim.current = (claim.current + 1) % claim.handles.size();
    claim.since = now();
    if (claim.current == 0) claim.trial = std::min(2 * claim.trial, kLongestTrial);
  }
  const PeerId handle = claim.handles[claim.current];
  if (is_linked(claimants_.at(handle))) return;
  exchange_.swarm().add_neighbor(handle, claimants_.at(handle).gave.peer, now());
  exchange_.carry_out();
}

bool Fetch::has_proved(PeerId handle) const {
  const Claimant& claimant = claimants_.at(handle);
  return claimant.gave.pieces > 0 && now() - claimant.gave_at < kProven;
}

/// Others that claim the same ID are not blamed.
void Fetch::on_rejected(PeerId handle) {
  const auto found = claimants_.find(handle);
  if (found == claimants_.end()) return;  // It came by itself: the swarm does not let it in again.
  const Claimant& liar = found->second;
  liars_.insert(liar.place);
  Claim& claim = claims_.at(liar.gave.peer);
  std::erase(claim.handles, handle);
  claim.current = 0;
  claim.since = now() - claim.trial;
}

void Fetch::dial_holder(PeerId handle) {
  const Contribution& holder = claimants_.at(handle).gave;
  const Claim& claim = claims_.at(holder.peer);
  // A lost link is not made anew when another one that claims the ID has its turn.
  if (claim.handles.empty() || claim.handles[claim.current] != handle || is_linked(claimants_.at(handle)))
    return asio::post(io_, [this, handle, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) exchange_.dial_failed(handle, {});
    });
  const Address& address = holder.address;
  dial(
      io_, address.host, address.port,
      [this, handle, alive = std::weak_ptr(alive_)](StreamPtr stream) {
        if (!alive.expired()) exchange_.add_dialed(handle, std::move(stream));
      },
      [this, handle, alive = std::weak_ptr(alive_)](const DialFailure& failure) {
        if (alive.expired()) return;
        spdlog::info("a holder is gone: {}", failure.text);
        Claim& tried = claims_.at(claimants_.at(handle).gave.peer);
        tried.since = now() - tried.trial;
        exchange_.dial_failed(handle, failure);
      });
}

void Fetch::want(std::vector<PieceRange> ranges) { exchange_.swarm().set_demand(std::move(ranges)); }

void Fetch::forget(std::span<const PieceIndex> pieces) {
  // A reader on another thread must see that the grant is gone before the bytes are.
  readers_.revoke_all();
  const std::vector<PieceIndex> forgotten = store_->drop(pieces);
  exchange_.swarm().on_pieces_forgotten(forgotten, now());
  exchange_.carry_out();
  readers_.grant_all();
}

std::set<Address> Fetch::linked() const {
  std::set<Address> addresses;
  for (const NeighborStanding& neighbor : exchange_.swarm().standing().neighbors)
    if (const auto holder = claimants_.find(neighbor.handle); neighbor.linked && holder != claimants_.end())
      addresses.insert(holder->second.gave.address);
  return addresses;
}

void Fetch::retire() {
  retiring_ = true;
  exchange_.swarm().retire();
  check_flushed();
}

void Fetch::check_flushed() {
  if (!retiring_ || !std::as_const(exchange_).swarm().flushed()) return;
  retiring_ = false;
  // Not now: this comes from inside of the exchange.
  if (hooks_.on_flushed) asio::post(io_, hooks_.on_flushed);
}

void Fetch::finish(std::function<void()> on_finished) {
  readers_.end(is_complete() ? "the node is leaving" : "this node has stopped fetching it: " + explain());
  exchange_.finish(false, std::move(on_finished));
}

Progress::Status Fetch::status() const {
  const Swarm& swarm = exchange_.swarm();
  return {.stored = swarm.stored().count(),
          .received_bytes = exchange_.traffic().received,
          .sent_bytes = exchange_.traffic().sent,
          .linked = swarm.linked_neighbors(),
          .listed = std::max(swarm.linked_neighbors(), static_cast<std::uint32_t>(claims_.size())),
          .unchoking_us = swarm.unchoking_us(),
          .stuck = stuck_.current() ? describe(*stuck_.current(), now()) : std::string()};
}

void Fetch::show_progress() {
  for (auto& [peer, claim] : claims_)
    if (claim.handles.size() > 1 && !std::as_const(exchange_).swarm().complete()) try_claimants(claim);
  if (stuck_.observe(exchange_.swarm(), now())) {
    const std::string why = describe(*stuck_.current(), now());
    spdlog::warn("no progress: {}", why);
    if (board_) board_->note(StoodStill{stuck_.current()->why, why}, name_);
  }
  progress_.show(status());
}

void Fetch::describe_to(Status& status, const std::string& name, bool alone) const {
  add_neighbors(status, exchange_, name, [this](PeerId handle) -> std::optional<std::string> {
    const auto holder = claimants_.find(handle);
    return holder == claimants_.end() ? std::nullopt : std::optional(to_string(holder->second.gave.address));
  });
  if (!alone) return;
  add_content(status, exchange_);
  add_copies(status, exchange_);
  if (stuck_.current()) add_halt(status, stuck_.current(), describe(*stuck_.current(), now()));
}

void Fetch::end_progress() { progress_.finish(status()); }

std::string Fetch::explain() const {
  if (upstream_)
    if (std::string why = upstream_->explain(); !why.empty()) return why;
  const Swarm& swarm = exchange_.swarm();
  return describe_timeout(swarm.standing(), stuck_.explain(swarm, now()), now());
}

std::vector<Fetch::Contribution> Fetch::contributions() const {
  std::vector<Contribution> all;
  for (const auto& [handle, holder] : claimants_)
    if (holder.gave.pieces > 0) all.push_back(holder.gave);
  for (const auto& [peer, guest] : guests_) all.push_back(guest);
  std::ranges::stable_sort(all, {}, &Contribution::peer);
  return all;
}

}  // namespace p2p
