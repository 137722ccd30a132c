#include "peer/node/await_manifest.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "peer/content/manifest_link.hpp"

namespace p2p {
namespace {

// Enough for everybody who dials us; more than that are not peers.
constexpr std::size_t kMostEarly = 4096;

}  // namespace

Awaited await_manifest(asio::io_context& io, Life& life, Reception& reception, const WantedManifest& wanted) {
  Awaited awaited;
  life.set_doing({.missing = [] { return "no peer gave the manifest that Common.cfg names"; }});

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
    life.next();
  });
  awaited.leave = life.run_on();
  if (awaited.manifest) save_manifest(wanted.folder, *awaited.manifest);
  return awaited;
}

}  // namespace p2p
