// One peer, whatever it exchanges: door, exchange, log, progress, and when to leave.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/peer_info.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/node/exchange.hpp"
#include "peer/node/life.hpp"
#include "peer/node/listed_doorway.hpp"
#include "peer/node/run_options.hpp"
#include "peer/report/event_log.hpp"
#include "peer/report/link_ends.hpp"
#include "peer/report/piece_words.hpp"
#include "peer/report/progress.hpp"
#include "peer/report/stuck_text.hpp"
#include "peer/status/board.hpp"
#include "peer/storage/content.hpp"
#include "peer/storage/piece_storage.hpp"
#include "protocol/swarm/stuck.hpp"

namespace p2p {

struct DaemonPlan {
  const std::vector<config::PeerLine>& peers;  ///< Whom to dial where; `swarm.self` among them. See relist().
  SwarmConfig swarm;                           ///< stays and patience are set by the loop.
  std::filesystem::path directory;             ///< Where the log goes.
  PieceWords words = {};
  /// After an event has been logged; may call the swarm.
  std::function<void(const Event&, Swarm&)> on_event = {};
  std::string content_name = {};
  std::optional<ContentId> content_id = {};
  StatusBoard* board = nullptr;  ///< Outlives the loop; null: nobody watches.
};

class DaemonLoop {
 public:
  /// Opens the log. Throws ExitError. `io`, `life`, `doorway`, `store` and the plan's peers outlive this.
  DaemonLoop(DaemonPlan plan, const RunOptions& options, asio::io_context& io, Life& life, ListedDoorway& doorway,
             PieceStorage& store);
  ~DaemonLoop();
  DaemonLoop(const DaemonLoop&) = delete;
  DaemonLoop& operator=(const DaemonLoop&) = delete;

  /// Runs until what RunOptions::exit_when says has come about and RunOptions::linger_s are over, a signal, the
  /// time-out, or a failure. When it proves that the content was not complete after all, it goes on, or, when it is too
  /// late for that, returns `content_mismatch`. SIGTERM or SIGINT: stops accepting, lets the frames on their way out,
  /// and returns within 5 s: `interrupted`, or `complete` when the peer served on by wish alone; a second one ends the
  /// process at once. Throws ExitError at the time-out and for disk errors.
  ExitCode run();

  /// The plan's peers are others by now, and this is what that means for the swarm.
  void relist(const Relisting& list);

 private:
  Exchange::Hooks hooks();
  SwarmConfig swarm_config(const RunOptions& options) const;
  void flush_log_soon();
  void dial_peer(PeerId peer);
  bool is_news(PeerId peer, const DialFailure& failure);
  const config::PeerLine* line_of(PeerId peer) const;
  PeerAddress where() const;
  Life::Doing doing();
  void on_own_complete();
  void on_patience_ended();
  void on_trust_withdrawn();
  void leave_goal();
  void on_goal(ExitCode code);
  void wind_up();
  void leave_if_flushed();
  void explain();
  void report_progress();
  void tick_board();
  void describe_to(Status& status) const;
  Progress::Status status() const;
  void leave_drained(ExitCode code);
  void farewell(ExitCode code, std::function<void()> gone);

  DaemonPlan plan_;
  asio::io_context& io_;
  Life& life_;
  ListedDoorway& doorway_;
  EventLog log_;
  Progress progress_;
  LinkEnds ends_;
  Exchange exchange_;
  StuckWatch stuck_;
  ExitWhen exit_when_;
  std::chrono::seconds linger_;
  std::chrono::seconds patience_;
  std::optional<Instant> deadline_;
  asio::steady_timer linger_timer_;
  bool flush_due_ = false;
  std::set<PeerId> unsealed_;  ///< Those with whom no TLS connection came about, as was said already.
  bool at_goal_ = false;       ///< The goal of exit_when_ is reached, or the patience is over.
  ExitCode goal_code_ = ExitCode::complete;
  bool retiring_ = false;  ///< Leaves as soon as what is queued is sent.
  bool drains_ = false;    ///< Queued frames are sent before the end.
};

}  // namespace p2p
