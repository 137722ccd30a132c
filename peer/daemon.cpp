#include "peer/daemon.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <random>
#include <system_error>
#include <utility>

#include "peer/clock.hpp"
#include "peer/content/await_manifest.hpp"
#include "peer/exchange.hpp"
#include "peer/net/descriptors.hpp"
#include "peer/net/dialer.hpp"
#include "peer/net/listener.hpp"
#include "peer/net/manifest_link.hpp"
#include "peer/report/diagnostics.hpp"
#include "peer/report/event_log.hpp"
#include "peer/report/link_ends.hpp"
#include "peer/report/progress.hpp"
#include "peer/report/scan_progress.hpp"
#include "peer/report/stuck_text.hpp"
#include "peer/storage/folder_lock.hpp"
#include "peer/storage/piece_store.hpp"
#include "protocol/swarm/stuck.hpp"

namespace p2p {
namespace {

class Daemon {
 public:
  /// `manifest`: null where there is none.
  Daemon(const Setup& setup, const Options& options, asio::io_context& io, Listener& listener, ManifestPtr manifest)
      : setup_(setup),
        io_(io),
        listener_(listener),
        manifest_(std::move(manifest)),
        desk_(PeerId{setup.self().id}, setup.common.manifest.value_or(ContentId{})),
        store_(setup.content(manifest_), {.sync = options.sync, .on_scan = scan_progress(options.progress)}),
        log_(setup.directory / ("log_peer_" + std::to_string(setup.self().id) + ".log"), PeerId{setup.self().id}),
        progress_(options.progress, store_.geometry()),
        exchange_(io_, swarm_config(setup, store_.content(), options), store_, random_seed(), hooks()),
        stuck_(now()),
        exit_when_(options.exit_when),
        linger_(options.linger_s),
        signals_(io_, SIGINT, SIGTERM),
        progress_timer_(io_),
        timeout_(io_),
        linger_timer_(io_) {
    // With a manifest the pieces that match are of use, and the others can be fetched.
    const bool has_nothing = manifest_ ? store_.stored().count() == 0 : !store_.stored().complete();
    if (setup.self().has_file && has_nothing)
      throw ExitError(ExitCode::io, (setup.folder / setup.common.file_name).string() + " is missing, and PeerInfo.cfg says that peer " +
                                        std::to_string(setup.self().id) + " starts with it");
    if (!setup.self().has_file && store_.stored().complete())
      spdlog::info("{} is complete already, though PeerInfo.cfg does not say so", (setup.folder / setup.common.file_name).string());
    if (options.timeout_s) {
      timeout_.expires_after(std::chrono::seconds(*options.timeout_s));
      timeout_.async_wait([this](const std::error_code& error) {
        if (error) return;
        const Swarm& swarm = std::as_const(exchange_).swarm();
        spdlog::error("time-out: {}", describe_timeout(swarm.standing(), stuck_.explain(swarm, now()), now()));
        leave(ExitCode::timeout, false);
      });
    }
  }

  ExitCode run(Reception& reception, std::vector<EarlyPeer> early) {
    wait_for_signal();
    report_progress();
    reception.on_socket = [this](tcp::socket socket) { exchange_.add_accepted(std::move(socket)); };
    reception.on_greeted = [this](tcp::socket socket, const std::vector<std::byte>& received) { exchange_.add_accepted(std::move(socket), received); };
    reception.make_room = [this] { return exchange_.make_room(); };
    for (EarlyPeer& peer : early) exchange_.add_accepted(std::move(peer.socket), peer.received);
    exchange_.start();
    if (exchange_.swarm().complete()) on_own_complete();
    try {
      io_.run();
    } catch (const std::system_error& error) {
      progress_.clear();
      const bool full = is_disk_full(error.code());
      throw ExitError(full ? ExitCode::disk_full : ExitCode::io, error.what());
    }
    progress_.finish(status());
    spdlog::info(ends_.describe());
    return exit_code_;
  }

 private:
  static std::uint64_t random_seed() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }

  Exchange::Hooks hooks() {
    return {.on_event =
                [this](const Event& event) {
                  log_.write(event);
                  log_diagnostic(event);
                  ends_.count(event);
                  if (std::holds_alternative<FileCompleted>(event)) on_own_complete();
                  if (std::holds_alternative<SwarmCompleted>(event) && exit_when_ == ExitWhen::all) on_goal();
                },
            .on_settled = [this] { flush_log_soon(); },
            .dial = [this](PeerId peer) { dial_peer(peer); },
            .on_fetch = [this](tcp::socket socket, const Features& features) { give_manifest(std::move(socket), features); }};
  }

  /// After what is ready now, and before the thread may sleep: a turn in which several links are served is one write.
  void flush_log_soon() {
    if (std::exchange(flush_due_, true)) return;
    asio::post(io_, [this] {
      flush_due_ = false;
      log_.flush();
    });
  }

  void give_manifest(tcp::socket socket, const Features& features) const {
    if (!manifest_ || features.content != prefix_of(manifest_->id)) {
      spdlog::info("a connection asked for a manifest that is not ours");
      return;
    }
    desk_.serve(std::move(socket), manifest_);
  }

  void dial_peer(PeerId peer) {
    const auto& line = *std::ranges::find(setup_.peers, peer.value, &config::PeerLine::id);
    dial(
        io_, line.host, line.port, [this, peer](tcp::socket socket) { exchange_.add_dialed(peer, std::move(socket)); },
        [this, peer](const std::string& reason) {
          spdlog::debug("dialing peer {} failed: {}", peer.value, reason);
          exchange_.dial_failed(peer);
        });
  }

  void wait_for_signal() {
    signals_.async_wait([this](const std::error_code& error, int signal) {
      if (error) return;
      spdlog::warn("signal {}: leaving", signal);
      // Who serves on by wish has nothing to interrupt.
      const bool done = at_goal_ || (exit_when_ == ExitWhen::never && exchange_.swarm().complete());
      leave(done ? ExitCode::complete : ExitCode::interrupted, false);
      signals_.async_wait([](const std::error_code& again, int) {
        if (!again) ::_exit(static_cast<int>(ExitCode::interrupted));
      });
    });
  }

  void on_own_complete() {
    if (exit_when_ == ExitWhen::self) on_goal();
  }

  /// What we were to wait for has come about: serve on for a while, then leave.
  void on_goal() {
    if (at_goal_) return;
    at_goal_ = true;
    timeout_.cancel();
    if (linger_ == std::chrono::seconds(0)) return wind_up();
    spdlog::info("serving for {} s more", linger_.count());
    linger_timer_.expires_after(linger_);
    linger_timer_.async_wait([this](const std::error_code& error) {
      if (!error) wind_up();
    });
  }

  void wind_up() {
    if (exit_when_ == ExitWhen::all) return leave(ExitCode::complete, true);
    // Others are still at work: what they have asked for is sent, however long it takes.
    exchange_.swarm().retire();
    retiring_ = true;
    leave_if_flushed();
  }

  void leave_if_flushed() {
    if (retiring_ && exchange_.swarm().flushed()) leave(ExitCode::complete, true);
  }

  void explain() {
    const bool say = stuck_.observe(exchange_.swarm(), now()) && !leaving_;
    if (say) spdlog::warn("no progress: {}", describe(*stuck_.current(), now()));
  }

  void report_progress() {
    explain();
    progress_.show(status());
    leave_if_flushed();
    progress_timer_.expires_after(Progress::kInterval);
    progress_timer_.async_wait([this](const std::error_code& error) {
      if (!error) report_progress();
    });
  }

  Progress::Status status() const {
    const Swarm& swarm = exchange_.swarm();
    return {.stored = swarm.stored().count(),
            .received_bytes = exchange_.traffic().received,
            .sent_bytes = exchange_.traffic().sent,
            .linked = swarm.linked_neighbors(),
            .listed = static_cast<std::uint32_t>(setup_.peers.size() - 1),
            .unchoking_us = swarm.unchoking_us(),
            .stuck = stuck_.current() && !leaving_ ? describe(*stuck_.current(), now()) : std::string()};
  }

  /// The first call decides the exit code.
  void leave(ExitCode code, bool drain) {
    if (leaving_) return;
    leaving_ = true;
    exit_code_ = code;
    if (code == ExitCode::complete) spdlog::info("leaving");
    listener_.stop();
    exchange_.finish(drain, [this] { io_.stop(); });
  }

  static SwarmConfig swarm_config(const Setup& setup, const Content& content, const Options& options) {
    SwarmConfig config = setup.swarm_config(content, options.max_pipeline);
    config.spare_connections = spare_connections(static_cast<std::uint32_t>(config.listed.size() - 1));
    config.stays = options.exit_when == ExitWhen::never || options.linger_s > 0;
    return config;
  }

  const Setup& setup_;
  asio::io_context& io_;
  Listener& listener_;
  ManifestPtr manifest_;
  ManifestDesk desk_;
  PieceStore store_;
  EventLog log_;
  Progress progress_;
  LinkEnds ends_;
  Exchange exchange_;
  StuckWatch stuck_;
  ExitWhen exit_when_;
  std::chrono::seconds linger_;
  asio::signal_set signals_;
  asio::steady_timer progress_timer_;
  asio::steady_timer timeout_;
  asio::steady_timer linger_timer_;
  bool flush_due_ = false;
  bool at_goal_ = false;   ///< What exit_when_ waits for has come about.
  bool retiring_ = false;  ///< Leaves as soon as what is queued is sent.
  bool leaving_ = false;
  ExitCode exit_code_ = ExitCode::unexpected;
};

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw ExitError(ExitCode::io, "cannot make the folder " + folder.string() + ": " + error.message());
}

}  // namespace

ExitCode run_daemon(const Setup& setup, const Options& options) {
  // A remote that closes while we send is an error code, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  // So is a file that grows beyond what `ulimit -f` allows.
  std::signal(SIGXFSZ, SIG_IGN);
  asio::io_context io{1};
  Listener listener(io, setup.self().host, setup.self().port);
  make_folder(setup.folder);
  const FolderLock lock(setup.folder);

  Reception reception;
  listener.start([&reception](tcp::socket socket) { reception.on_socket(std::move(socket)); }, [&reception] { return reception.make_room(); });
  Awaited awaited;
  if (setup.common.manifest) awaited.manifest = find_manifest(setup.folder, *setup.common.manifest);
  if (setup.common.manifest && !awaited.manifest) awaited = await_manifest(io, reception, setup, options);
  if (awaited.leave) return *awaited.leave;
  return Daemon(setup, options, io, listener, std::move(awaited.manifest)).run(reception, std::move(awaited.early));
}

}  // namespace p2p
