#include "peer/node/await_manifest.hpp"

#include <spdlog/spdlog.h>

#include <csignal>
#include <utility>

#include "peer/ground/clock.hpp"
#include "peer/content/manifest_link.hpp"

namespace p2p {
namespace {

// Enough for everybody who dials us; more than that are not peers.
constexpr std::size_t kMostEarly = 4096;

}  // namespace

Awaited await_manifest(asio::io_context& io, Reception& reception, const WantedManifest& wanted, const RunOptions& options) {
  Awaited awaited;
  const auto leave = [&](ExitCode code) {
    awaited.leave = code;
    io.stop();
  };

  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const std::error_code& error, int signal) {
    if (error) return;
    spdlog::warn("signal {}: leaving", signal);
    leave(ExitCode::interrupted);
  });
  asio::steady_timer timeout(io);
  if (options.timeout_s) {
    timeout.expires_at(to_steady(*options.deadline()));
    timeout.async_wait([&](const std::error_code& error) {
      if (error) return;
      spdlog::error("time-out: no peer gave the manifest that Common.cfg names");
      leave(ExitCode::timeout);
    });
  }

  reception.on_greeted = [&](StreamPtr stream, std::vector<std::byte> received) {
    if (awaited.early.size() < kMostEarly) awaited.early.push_back({std::move(stream), std::move(received)});
  };
  // Who is still being greeted when the manifest comes is handed to whoever receives then.
  reception.on_stream = [desk = ManifestDesk(wanted.self, wanted.id), &reception](StreamPtr stream) {
    greet_early(std::move(stream), desk, [&reception](StreamPtr greeted, std::vector<std::byte> received) {
      reception.on_greeted(std::move(greeted), std::move(received));
    });
  };

  std::vector<ManifestSource> sources;
  for (const config::PeerLine& peer : wanted.peers)
    if (peer.id != wanted.self.value) sources.push_back({PeerId{peer.id}, peer.host, peer.port});
  spdlog::info("asking the other peers for the manifest");
  fetch_manifest(io, wanted.self, wanted.id, std::move(sources), [&](ManifestPtr found) {
    awaited.manifest = std::move(found);
    io.stop();
  });
  io.run();
  io.restart();
  if (awaited.manifest) save_manifest(wanted.folder, *awaited.manifest);
  return awaited;
}

}  // namespace p2p
