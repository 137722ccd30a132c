// What a daemon loop shows to whoever watches it.
#include <algorithm>

#include "config/hex.hpp"
#include "peer/ground/clock.hpp"
#include "peer/node/daemon_loop.hpp"
#include "peer/node/exchange_status.hpp"

namespace p2p {

DaemonLoop::~DaemonLoop() {
  if (plan_.board) plan_.board->set_source(nullptr);
}

void DaemonLoop::tick_board() {
  if (!plan_.board) return;
  exchange_.sample_rates(now());
  const Phase phase = life_.leaving()                ? Phase::leaving
                      : exchange_.swarm().complete() ? Phase::serving
                                                     : Phase::fetching;
  plan_.board->tick(phase, exchange_.traffic(), [this] { return wait_of(exchange_); });
}

void DaemonLoop::describe_to(Status& status) const {
  const Swarm& swarm = exchange_.swarm();
  status.content.name = plan_.content_name;
  if (plan_.content_id) status.content.id = config::to_hex(*plan_.content_id);
  status.content.counts_from = plan_.words.first;
  add_content(status, exchange_);
  const PeerAddress address = where();
  add_neighbors(status, exchange_, plan_.content_name, [&](PeerId peer) -> std::optional<std::string> {
    const bool is_listed = std::ranges::find(plan_.peers, peer.value, &config::PeerLine::id) != plan_.peers.end();
    return is_listed ? std::optional(address(peer)) : std::nullopt;
  });
  add_copies(status, exchange_);
  if (!life_.leaving() && stuck_.current())
    add_halt(status, stuck_.current(), describe(*stuck_.current(), now(), plan_.words, address));
  if (at_goal_ && linger_ > std::chrono::seconds(0))
    status.state.leaves_at =
        unix_time(Instant(std::chrono::duration_cast<Duration>(linger_timer_.expiry().time_since_epoch())));
  else if (!at_goal_ && deadline_ && !swarm.swarm_complete())
    status.state.leaves_at = unix_time(*deadline_);
}

}  // namespace p2p
