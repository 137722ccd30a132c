#include "peer/node/daemon_loop.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "peer/discovery/address.hpp"
#include "peer/ground/clock.hpp"
#include "peer/ground/random_seed.hpp"
#include "peer/net/dialer.hpp"
#include "peer/node/peer_list.hpp"
#include "peer/report/diagnostics.hpp"
#include "peer/report/trust_text.hpp"

namespace p2p {

DaemonLoop::DaemonLoop(DaemonPlan plan, const RunOptions& options, asio::io_context& io, Life& life,
                       ListedDoorway& doorway, PieceStorage& store)
    : plan_(std::move(plan)),
      io_(io),
      life_(life),
      doorway_(doorway),
      log_(plan_.directory / ("log_peer_" + std::to_string(plan_.swarm.self.value) + ".log"), plan_.swarm.self),
      progress_(options.progress, store.geometry(), plan_.words.several),
      exchange_(io_, swarm_config(options), store, random_seed(), hooks()),
      stuck_(now()),
      exit_when_(options.exit_when),
      linger_(options.linger_s),
      patience_(options.patience_s.value_or(RunOptions::kDefaultPatience_s)),
      deadline_(options.deadline()),
      linger_timer_(io_) {}

SwarmConfig DaemonLoop::swarm_config(const RunOptions& options) const {
  SwarmConfig config = plan_.swarm;
  config.stays = options.exit_when == ExitWhen::never || options.linger_s > 0;
  if (options.exit_when == ExitWhen::all)
    config.patience = std::chrono::seconds(options.patience_s.value_or(RunOptions::kDefaultPatience_s));
  return config;
}

ExitCode DaemonLoop::run() {
  life_.set_doing(doing());
  if (plan_.board)
    plan_.board->set_source([this](Status& status) {
      tick_board();
      describe_to(status);
    });
  life_.every(Progress::kInterval, [this] { report_progress(); });
  doorway_.lead_to(exchange_, [this](const StrangerClosed& end) { ends_.count(end); });
  exchange_.start();
  if (exchange_.swarm().complete()) on_own_complete();
  return life_.run();
}

Exchange::Hooks DaemonLoop::hooks() {
  return {.on_event =
              [this](const Event& event) {
                log_.write(event);
                log_diagnostic(event, plan_.words);
                if (plan_.board) plan_.board->tell(event);
                ends_.count(event);
                if (std::holds_alternative<FileCompleted>(event)) on_own_complete();
                if (std::holds_alternative<SwarmCompleted>(event) && exit_when_ == ExitWhen::all)
                  on_goal(ExitCode::complete);
                if (std::holds_alternative<PatienceEnded>(event)) on_patience_ended();
                if (std::holds_alternative<TrustWithdrawn>(event)) on_trust_withdrawn();
                if (plan_.on_event) plan_.on_event(event, exchange_.swarm());
              },
          .on_settled = [this] { flush_log_soon(); },
          .dial = [this](PeerId peer) { dial_peer(peer); },
          .anybody_greets = [this] { return doorway_.anybody_greets(); }};
}

/// After what is ready now, and before the thread may sleep: a turn in which several links are served is one write.
void DaemonLoop::flush_log_soon() {
  if (std::exchange(flush_due_, true)) return;
  asio::post(io_, [this] {
    flush_due_ = false;
    log_.flush();
  });
}

/// Null: it is not listed any more.
const config::PeerLine* DaemonLoop::line_of(PeerId peer) const {
  const auto line = std::ranges::find(plan_.peers, peer.value, &config::PeerLine::id);
  return line == plan_.peers.end() ? nullptr : &*line;
}

/// Where peers are dialled, for people.
PeerAddress DaemonLoop::where() const {
  return [this](PeerId peer) {
    const config::PeerLine* const line = line_of(peer);
    return line ? to_string(Address{line->host, line->port}) : std::string("a line that is gone");
  };
}

void DaemonLoop::dial_peer(PeerId peer) {
  const config::PeerLine* const known = line_of(peer);
  if (!known) return;
  // What comes of a dial to a place that is not listed any more is nobody's.
  const auto is_listed = [this](const config::PeerLine& line) {
    const config::PeerLine* const listed = line_of(PeerId{line.id});
    return listed && is_same_place(*listed, line);
  };
  const config::PeerLine line = *known;
  dial(
      io_, line.host, line.port,
      [this, peer, line, is_listed](StreamPtr stream) {
        if (is_listed(line)) exchange_.add_dialed(peer, std::move(stream));
      },
      [this, peer, line, is_listed](const DialFailure& failure) {
        if (!is_listed(line)) return;
        spdlog::log(is_news(peer, failure) ? spdlog::level::warn : spdlog::level::debug, "dialing peer {} failed: {}",
                    peer.value, failure.text);
        exchange_.dial_failed(peer, failure);
      },
      line.key);
}

/// That a key is not the one that is expected does not mend itself; it is said once a peer.
bool DaemonLoop::is_news(PeerId peer, const DialFailure& failure) {
  return failure.kind == DialFailure::Kind::unsealed && unsealed_.insert(peer).second;
}

Life::Doing DaemonLoop::doing() {
  return {.farewell = [this](ExitCode code, std::function<void()> gone) { farewell(code, std::move(gone)); },
          .on_signal =
              [this] {
                // A peer that serves on by wish has nothing to interrupt.
                const bool done = at_goal_ || (exit_when_ == ExitWhen::never && exchange_.swarm().complete());
                return done ? goal_code_ : ExitCode::interrupted;
              },
          .missing =
              [this] {
                const Swarm& swarm = std::as_const(exchange_).swarm();
                return describe_timeout(swarm.standing(), stuck_.explain(swarm, now()), now(), plan_.words, where());
              },
          .reloaded = [this] { log_.reopen(); }};
}

void DaemonLoop::on_own_complete() {
  if (exit_when_ == ExitWhen::self) on_goal(ExitCode::complete);
}

void DaemonLoop::on_patience_ended() {
  const auto stuck = stuck_.explain(exchange_.swarm(), now());
  if (stuck)
    spdlog::warn("not everybody was heard of for {} s: {}", patience_.count(),
                 describe(*stuck, now(), plan_.words, where()));
  on_goal(ExitCode::not_all_heard_of);
}

/// The content is not complete, or not as far as it was.
void DaemonLoop::on_trust_withdrawn() {
  if (life_.leaving() || retiring_) {
    spdlog::error("too late to fetch anything again: the next start does");
    goal_code_ = ExitCode::content_mismatch;
    life_.amend(goal_code_);
  } else {
    leave_goal();
  }
}

/// The goal may have been reached, and is not any more.
void DaemonLoop::leave_goal() {
  if (!std::exchange(at_goal_, false)) return;
  linger_timer_.cancel();
  life_.end_at(deadline_);
}

void DaemonLoop::relist(const Relisting& list) {
  if (life_.leaving() || retiring_) return;
  unsealed_.clear();
  stuck_ = StuckWatch(now());
  const bool was_over = exchange_.swarm().swarm_complete();
  exchange_.relist(list);
  if (was_over && !exchange_.swarm().swarm_complete() && exit_when_ == ExitWhen::all) leave_goal();
}

/// The goal is reached: the process serves on for a while, then it leaves.
void DaemonLoop::on_goal(ExitCode code) {
  // A peer that was missing may come after all while we serve on.
  goal_code_ = code;
  if (at_goal_) return;
  at_goal_ = true;
  life_.end_at(std::nullopt);
  if (linger_ == std::chrono::seconds(0)) return wind_up();
  spdlog::info("serving for {} s more", linger_.count());
  linger_timer_.expires_after(linger_);
  linger_timer_.async_wait([this](const std::error_code& error) {
    if (!error && at_goal_) wind_up();
  });
}

void DaemonLoop::wind_up() {
  if (exit_when_ == ExitWhen::all) return leave_drained(goal_code_);
  // Others are still at work: what they have asked for is sent, however long it takes.
  exchange_.swarm().retire();
  retiring_ = true;
  leave_if_flushed();
}

void DaemonLoop::leave_if_flushed() {
  if (retiring_ && exchange_.swarm().flushed()) leave_drained(goal_code_);
}

void DaemonLoop::explain() {
  const bool say = stuck_.observe(exchange_.swarm(), now()) && !life_.leaving();
  if (!say) return;
  const std::string why = describe(*stuck_.current(), now(), plan_.words, where());
  spdlog::warn("no progress: {}", why);
  if (plan_.board) plan_.board->note(StoodStill{stuck_.current()->why, why});
}

void DaemonLoop::report_progress() {
  explain();
  const Progress::Status status = this->status();
  progress_.show(status);
  if (life_.service().listens())
    life_.service().status(progress_.describe(status) + (status.stuck.empty() ? "" : "; no progress: " + status.stuck));
  tick_board();
  leave_if_flushed();
}

Progress::Status DaemonLoop::status() const {
  const Swarm& swarm = exchange_.swarm();
  return {.stored = swarm.stored().count(),
          .received_bytes = exchange_.traffic().received,
          .sent_bytes = exchange_.traffic().sent,
          .linked = swarm.linked_neighbors(),
          .listed = static_cast<std::uint32_t>(plan_.peers.size() - 1),
          .unchoking_us = swarm.unchoking_us(),
          .trust = swarm.quorum() ? describe_trust(*swarm.quorum(), swarm.stored().size()) : std::string(),
          .stuck = stuck_.current() && !life_.leaving() ? describe(*stuck_.current(), now(), plan_.words, where())
                                                        : std::string()};
}

void DaemonLoop::leave_drained(ExitCode code) {
  drains_ = true;
  life_.leave(code);
}

void DaemonLoop::farewell(ExitCode code, std::function<void()> gone) {
  if (code == ExitCode::complete) spdlog::info("leaving");
  doorway_.close();
  tick_board();
  exchange_.finish(drains_, [this, gone = std::move(gone)] {
    progress_.finish(status());
    spdlog::info(ends_.describe());
    gone();
  });
}

}  // namespace p2p
