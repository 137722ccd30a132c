#include "peer/share/fetch.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "peer/clock.hpp"
#include "peer/net/dialer.hpp"
#include "peer/random_seed.hpp"
#include "peer/report/diagnostics.hpp"
#include "peer/report/stuck_text.hpp"
#include "peer/share/open_swarm.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kPreferred = 4;

}  // namespace

Fetch::Fetch(asio::io_context& io, PeerId self, ManifestPtr known, const std::filesystem::path& root, const Options& options,
             std::function<void()> on_complete)
    : io_(io),
      known_(std::move(known)),
      store_(content_of(root, known_), {.on_scan = options.on_scan, .replace = options.replace}),
      progress_(options.progress, store_.geometry()),
      on_complete_(std::move(on_complete)),
      exchange_(io_, open_swarm(self, store_, kPreferred), store_, random_seed(), hooks()),
      stuck_(now()),
      alone_since_(now()) {}

Exchange::Hooks Fetch::hooks() {
  return {.on_event = [this](const Event& event) { on_event(event); },
          .on_settled = [] {},
          .dial = [this](PeerId peer) { dial_holder(peer); },
          .on_fetch = [](tcp::socket, const Features&) {}};
}

void Fetch::start() {
  exchange_.start();
  if (std::as_const(exchange_).swarm().complete()) asio::post(io_, on_complete_);
}

void Fetch::on_event(const Event& event) {
  log_diagnostic(event);
  if (const auto* const stored = std::get_if<PieceStored>(&event)) ++holders_.at(stored->from).pieces;
  // Not now: this comes from inside of the exchange.
  if (std::holds_alternative<FileCompleted>(event)) asio::post(io_, on_complete_);
  if (std::holds_alternative<LinkClosed>(event) && std::as_const(exchange_).swarm().linked_neighbors() == 0) alone_since_ = now();
}

void Fetch::add_holder(const Holder& holder) {
  const auto [known, is_new] = holders_.try_emplace(holder.peer, Contribution{holder.peer, holder.address});
  // Another address of an ID that can be reached is somebody else's claim.
  if (!is_new && unreachable_.erase(holder.peer) > 0) known->second.address = holder.address;
  exchange_.swarm().add_neighbor(holder.peer, now());
  exchange_.settle();
}

void Fetch::dial_holder(PeerId peer) {
  const Address& address = holders_.at(peer).address;
  dial(
      io_, address.host, address.port,
      [this, peer, alive = std::weak_ptr(alive_)](tcp::socket socket) {
        if (!alive.expired()) exchange_.add_dialed(peer, std::move(socket));
      },
      [this, peer, alive = std::weak_ptr(alive_)](const DialFailure& failure) {
        if (alive.expired()) return;
        spdlog::info("a holder is gone: {}", failure.text);
        unreachable_.insert(peer);
        exchange_.dial_failed(peer, failure);
      });
}

std::set<Address> Fetch::linked() const {
  std::set<Address> addresses;
  for (const NeighborStanding& neighbor : exchange_.swarm().standing().neighbors)
    if (neighbor.linked) addresses.insert(holders_.at(neighbor.id).address);
  return addresses;
}

void Fetch::finish(std::function<void()> on_finished) { exchange_.finish(false, std::move(on_finished)); }

Progress::Status Fetch::status() const {
  const Swarm& swarm = exchange_.swarm();
  return {.stored = swarm.stored().count(),
          .received_bytes = exchange_.traffic().received,
          .sent_bytes = exchange_.traffic().sent,
          .linked = swarm.linked_neighbors(),
          .listed = static_cast<std::uint32_t>(holders_.size()),
          .unchoking_us = swarm.unchoking_us(),
          .stuck = stuck_.current() ? describe(*stuck_.current(), now()) : std::string()};
}

void Fetch::show_progress() {
  if (stuck_.observe(exchange_.swarm(), now())) spdlog::warn("no progress: {}", describe(*stuck_.current(), now()));
  progress_.show(status());
}

void Fetch::end_progress() { progress_.finish(status()); }

std::string Fetch::explain() const {
  const Swarm& swarm = exchange_.swarm();
  return describe_timeout(swarm.standing(), stuck_.explain(swarm, now()), now());
}

Duration Fetch::alone_for(Instant at) const { return exchange_.swarm().linked_neighbors() > 0 ? Duration::zero() : at - alone_since_; }

std::vector<Fetch::Contribution> Fetch::contributions() const {
  std::vector<Contribution> all;
  for (const auto& [peer, contribution] : holders_)
    if (contribution.pieces > 0) all.push_back(contribution);
  return all;
}

}  // namespace p2p
