#include "peer/daemon.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <random>
#include <system_error>

#include "peer/content/await_manifest.hpp"
#include "peer/exchange.hpp"
#include "peer/net/dialer.hpp"
#include "peer/net/listener.hpp"
#include "peer/net/manifest_link.hpp"
#include "peer/report/diagnostics.hpp"
#include "peer/report/event_log.hpp"
#include "peer/report/progress.hpp"
#include "peer/report/scan_progress.hpp"
#include "peer/storage/folder_lock.hpp"
#include "peer/storage/piece_store.hpp"

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
        store_(setup.content(manifest_), {.sync = options.sync, .on_scan = scan_progress(options.progress)}),
        log_(setup.directory / ("log_peer_" + std::to_string(setup.self().id) + ".log"), PeerId{setup.self().id}),
        progress_(options.progress, store_.geometry()),
        exchange_(io_, setup.swarm_config(store_.content(), options.max_pipeline), store_, random_seed(), hooks()),
        signals_(io_, SIGINT, SIGTERM),
        progress_timer_(io_),
        timeout_(io_) {
    if (setup.self().has_file && !store_.stored().complete())
      throw ExitError(ExitCode::io, (setup.folder / setup.common.file_name).string() + " is missing, and PeerInfo.cfg says that peer " +
                                        std::to_string(setup.self().id) + " starts with it");
    if (!setup.self().has_file && store_.stored().complete())
      spdlog::info("{} is complete already, though PeerInfo.cfg does not say so", (setup.folder / setup.common.file_name).string());
    if (options.timeout_s) {
      timeout_.expires_after(std::chrono::seconds(*options.timeout_s));
      timeout_.async_wait([this](const std::error_code& error) {
        if (!error) leave(ExitCode::timeout, false);
      });
    }
  }

  ExitCode run(Reception& reception, std::vector<EarlyPeer> early) {
    wait_for_signal();
    report_progress();
    reception.on_socket = [this](tcp::socket socket) { exchange_.add_accepted(std::move(socket)); };
    reception.on_greeted = [this](tcp::socket socket, const std::vector<std::byte>& received) { exchange_.add_accepted(std::move(socket), received); };
    for (EarlyPeer& peer : early) exchange_.add_accepted(std::move(peer.socket), peer.received);
    exchange_.start();
    try {
      io_.run();
    } catch (const std::system_error& error) {
      progress_.clear();
      const bool full = is_disk_full(error.code());
      throw ExitError(full ? ExitCode::disk_full : ExitCode::io, error.what());
    }
    progress_.finish(status());
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
                  if (std::holds_alternative<SwarmCompleted>(event)) leave(ExitCode::complete, true);
                },
            .on_settled = [this] { log_.flush(); },
            .dial = [this](PeerId peer) { dial_peer(peer); },
            .on_fetch = [this](tcp::socket socket, const Features& features) { give_manifest(std::move(socket), features); }};
  }

  void give_manifest(tcp::socket socket, const Features& features) const {
    if (!manifest_ || features.content != prefix_of(manifest_->id)) {
      spdlog::info("a connection asked for a manifest that is not ours");
      return;
    }
    serve_manifest(std::move(socket), PeerId{setup_.self().id}, manifest_->id, manifest_);
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
      leave(ExitCode::interrupted, false);
      signals_.async_wait([](const std::error_code& again, int) {
        if (!again) ::_exit(static_cast<int>(ExitCode::interrupted));
      });
    });
  }

  void report_progress() {
    progress_.show(status());
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
            .unchoking_us = swarm.unchoking_us()};
  }

  /// The first call decides the exit code.
  void leave(ExitCode code, bool drain) {
    if (leaving_) return;
    leaving_ = true;
    exit_code_ = code;
    listener_.stop();
    exchange_.finish(drain, [this] { io_.stop(); });
  }

  const Setup& setup_;
  asio::io_context& io_;
  Listener& listener_;
  ManifestPtr manifest_;
  PieceStore store_;
  EventLog log_;
  Progress progress_;
  Exchange exchange_;
  asio::signal_set signals_;
  asio::steady_timer progress_timer_;
  asio::steady_timer timeout_;
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
  listener.start([&reception](tcp::socket socket) { reception.on_socket(std::move(socket)); });
  Awaited awaited;
  if (setup.common.manifest) awaited.manifest = find_manifest(setup.folder, *setup.common.manifest);
  if (setup.common.manifest && !awaited.manifest) awaited = await_manifest(io, reception, setup, options);
  if (awaited.leave) return *awaited.leave;
  return Daemon(setup, options, io, listener, std::move(awaited.manifest)).run(reception, std::move(awaited.early));
}

}  // namespace p2p
