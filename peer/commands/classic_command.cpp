#include "peer/commands/classic_command.hpp"

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>

#include "peer/commands/check.hpp"
#include "peer/commands/listed_keys.hpp"
#include "peer/commands/listed_reload.hpp"
#include "peer/commands/listed_swarm.hpp"
#include "peer/commands/peer_options.hpp"
#include "peer/commands/setup.hpp"
#include "peer/commands/subcommands.hpp"
#include "peer/commands/usage.hpp"
#include "peer/discovery/address.hpp"
#include "peer/discovery/dht_module.hpp"
#include "peer/net/listener.hpp"
#include "peer/net/name_check.hpp"
#include "peer/net/throttle.hpp"
#include "peer/node/await_manifest.hpp"
#include "peer/node/daemon_loop.hpp"
#include "peer/node/start_watch.hpp"
#include "peer/node/status_service.hpp"
#include "peer/report/diagnostics.hpp"
#include "peer/report/scan_progress.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/folder_lock.hpp"
#include "peer/storage/piece_store.hpp"

namespace p2p {
namespace {

constexpr const char* kFooter = R"(
A signal is exit code 7, but 0 when the file is complete and --exit-when or --linger has the peer serve on.

A peer that was away while others finished and left cannot learn that they have the file: with --exit-when all it
waits for each that it has been connected with for --patience, and for those that never came until --timeout.
--exit-when self --linger 600 leaves all the same.

SIGHUP has PeerInfo.cfg read again, so that peers come and go, and the log opened anew (docs/SERVICE.md).

The peer's data is in peer_<ID>/ (or an existing <ID>/), its log in log_peer_<ID>.log.)";

/// The version, then what this build has and lacks, a line each.
std::string version_text() {
  return std::string("peerProcess " PEER_VERSION "\nDHT: ") +
         (has_dht_module() ? "OpenDHT" : "none (there is no peerProcess-dht.so)");
}

void check_folder(const Setup& setup, const PieceStore& store) {
  // With a manifest the pieces that match are of use, and the others can be fetched.
  const bool has_nothing = store.content().id ? store.stored().count() == 0 : !store.stored().complete();
  if (setup.self().has_file && has_nothing) throw seed_without_file(setup);
  if (!setup.self().has_file && store.stored().complete())
    spdlog::info("{} is complete already, though PeerInfo.cfg does not say so",
                 (setup.folder / setup.common.file_name).string());
}

StartWatch::Options start_plan(std::string what, const RunOptions& options, Life& life) {
  return {.what = std::move(what),
          .progress = options.progress,
          .deadline = options.deadline(),
          .heartbeat = life.service().heartbeat()};
}

void make_peer_folder(const std::filesystem::path& folder) {
  try {
    make_folders(folder);
  } catch (const std::system_error& error) {
    throw ExitError(ExitCode::io, std::string("cannot ") + error.what());
  }
}

StatusBoard::Who who(const Setup& setup, const RunOptions& options) {
  return {.peer = setup.self().id,
          .mode = "classic",
          .address = to_string(Address{setup.self().host, setup.self().port}),
          .exit_when = word_of(options.exit_when)};
}

/// From the first connection on.
ExitCode exchange_listening(Setup& setup, const RunOptions& options, asio::io_context& io, Life& life,
                            Listener& listener, StatusBoard* board) {
  const PeerId self{setup.self().id};
  ListedDoorway doorway(io, listener,
                        {.self = self,
                         .peers = most_links(setup.common, setup.peers, setup.self_index),
                         .listed = ids_of(setup.peers),
                         .extended = setup.common.manifest.has_value(),
                         .manifest = setup.common.manifest});
  ListedReload reload({.file = setup.directory / "PeerInfo.cfg",
                       .common = setup.common,
                       .peers = setup.peers,
                       .self_index = setup.self_index},
                      io, life, doorway);
  life.ready();
  std::optional<StartWatch> starting(std::in_place, start_plan("reading the manifest", options, life));
  Awaited awaited;
  if (setup.common.manifest) awaited.manifest = find_manifest(setup.folder, *setup.common.manifest);
  starting.reset();  // waiting for others has a loop, in which the life minds signals
  if (setup.common.manifest && !awaited.manifest) {
    if (board) board->enter(Phase::searching);
    awaited = await_manifest(io, life, {*setup.common.manifest, self, setup.peers, setup.folder});
  }
  if (awaited.leave) return *awaited.leave;
  doorway.give(awaited.manifest);

  Content content = setup.content(awaited.manifest);
  starting.emplace(start_plan(
      "preparing " + std::to_string(content.layout.geometry().piece_count()) + " pieces of " + content.root.string(),
      options, life));
  PieceStore store(std::move(content),
                   {.sync = options.sync, .on_scan = starting->noting(scan_progress(options.progress))});
  DaemonPlan plan{.peers = setup.peers,
                  .swarm = setup.swarm_config(store.content(), options.max_pipeline),
                  .directory = setup.directory,
                  .content_name = setup.common.file_name,
                  .content_id = store.content().id,
                  .board = board};
  DaemonLoop loop(std::move(plan), options, io, life, doorway, store);
  check_folder(setup, store);
  reload.lead_to(loop);
  starting.reset();
  return loop.run();
}

ExitCode exchange_file(Setup& setup, const RunOptions& options) {
  if (setup.common.trust_quorum)
    spdlog::warn("TrustQuorum in Common.cfg is for chunk folders (peerProcess chunks): here it proves nothing");
  asio::io_context io{1};
  asio::use_service<Limits>(io).set(io, options.limits);
  Life life(io);
  life.end_at(options.deadline());
  seal_listed(io, setup.peers, setup.self_index, setup.directory);
  Listener listener(io, setup.self().host, setup.self().port);
  make_peer_folder(setup.folder);
  const FolderLock lock(setup.folder, "a peer ID runs once");
  StatusService status(io, options.status, who(setup, options));
  return status.watch([&] { return exchange_listening(setup, options, io, life, listener, status.board()); });
}

}  // namespace

std::variant<RunOptions, ExitCode> parse_classic(int argc, const char* const* argv) {
  RunOptions options;
  CLI::App app{"peerProcess: exchanges one file with the peers of PeerInfo.cfg, without a tracker", "peerProcess"};
  app.footer(subcommands_help() + kFooter);
  app.set_version_flag("--version", version_text());
  app.add_option("ID", options.peer_id, "This peer's ID in PeerInfo.cfg")
      ->required()
      ->check(in_range(0, kLargestPeerId));
  app.add_option("--dir", options.directory, "Directory with Common.cfg and PeerInfo.cfg; data and log go there")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  add_run_options(app, options);
  if (const auto code = parse_words(app, words_from(1, argc, argv), kRunExits, [&] { check_run_options(options); }))
    return *code;
  return options;
}

ExitCode run_classic(const RunOptions& options, std::ostream& out) {
  start_diagnostics("peer " + std::to_string(options.peer_id), options.log_level);
  Setup setup = load_setup(options.directory, options.peer_id);
  if (!options.check) return exchange_file(setup, options);
  check(setup, out, unresolved);
  return ExitCode::complete;
}

}  // namespace p2p
