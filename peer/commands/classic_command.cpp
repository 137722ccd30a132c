#include "peer/commands/classic_command.hpp"

#include <spdlog/spdlog.h>

#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "peer/node/await_manifest.hpp"
#include "peer/node/daemon_loop.hpp"
#include "peer/net/listener.hpp"
#include "peer/report/scan_progress.hpp"
#include "peer/node/start_watch.hpp"
#include "peer/storage/file.hpp"
#include "peer/storage/folder_lock.hpp"
#include "peer/storage/piece_store.hpp"

namespace p2p {
namespace {

void check_folder(const Setup& setup, const PieceStore& store) {
  // With a manifest the pieces that match are of use, and the others can be fetched.
  const bool has_nothing = store.content().id ? store.stored().count() == 0 : !store.stored().complete();
  if (setup.self().has_file && has_nothing)
    throw seed_without_file(setup);
  if (!setup.self().has_file && store.stored().complete())
    spdlog::info("{} is complete already, though PeerInfo.cfg does not say so", (setup.folder / setup.common.file_name).string());
}

StartWatch::Options start_plan(std::string what, const RunOptions& options) {
  return {.what = std::move(what), .progress = options.progress, .deadline = options.deadline()};
}

void make_peer_folder(const std::filesystem::path& folder) {
  try {
    make_folders(folder);
  } catch (const std::system_error& error) {
    throw ExitError(ExitCode::io, std::string("cannot ") + error.what());
  }
}

}  // namespace

ExitCode run_daemon(const Setup& setup, const RunOptions& options) {
  if (setup.common.trust_quorum) spdlog::warn("TrustQuorum in Common.cfg is for chunk folders (peerProcess chunks): here it proves nothing");
  asio::io_context io{1};
  asio::use_service<Limits>(io).set(io, options.limits);
  Life life(io);
  life.end_at(options.deadline());
  Listener listener(io, setup.self().host, setup.self().port);
  make_peer_folder(setup.folder);
  const FolderLock lock(setup.folder, "a peer ID runs once");

  const PeerId self{setup.self().id};
  const auto neighbors = static_cast<std::uint32_t>(setup.neighbors().size() - 1);
  ListedDoorway doorway(io, listener, {.self = self, .peers = neighbors + setup.common.max_connections, .manifest = setup.common.manifest});
  std::optional<StartWatch> starting(std::in_place, start_plan("reading the manifest", options));
  Awaited awaited;
  if (setup.common.manifest) awaited.manifest = find_manifest(setup.folder, *setup.common.manifest);
  starting.reset();  // waiting for others has a loop, in which the life minds signals
  if (setup.common.manifest && !awaited.manifest)
    awaited = await_manifest(io, life, {*setup.common.manifest, self, setup.peers, setup.folder});
  if (awaited.leave) return *awaited.leave;
  doorway.give(awaited.manifest);

  Content content = setup.content(awaited.manifest);
  starting.emplace(start_plan("preparing " + std::to_string(content.layout.geometry().piece_count()) + " pieces of " + content.root.string(), options));
  PieceStore store(std::move(content), {.sync = options.sync, .on_scan = starting->noting(scan_progress(options.progress))});
  DaemonPlan plan{.peers = setup.peers, .swarm = setup.swarm_config(store.content(), options.max_pipeline), .directory = setup.directory};
  DaemonLoop loop(std::move(plan), options, io, life, doorway, store);
  check_folder(setup, store);
  starting.reset();
  return loop.run();
}

}  // namespace p2p
