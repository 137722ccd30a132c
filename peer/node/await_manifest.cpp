#include "peer/node/await_manifest.hpp"

#include <spdlog/spdlog.h>

#include <functional>
#include <utility>

#include "peer/content/manifest_link.hpp"

namespace p2p {

Awaited await_manifest(asio::io_context& io, Life& life, const WantedManifest& wanted) {
  Awaited awaited;
  std::function<void()> give_up;
  const auto ask = [&] {
    if (give_up) give_up();
    std::vector<ManifestSource> sources;
    for (const config::PeerLine& peer : wanted.peers)
      if (peer.id != wanted.self.value) sources.push_back({PeerId{peer.id}, peer.host, peer.port, peer.key});
    spdlog::info("asking the other peers for the manifest");
    give_up = fetch_manifest(io, wanted.self, wanted.id, std::move(sources), [&](ManifestPtr found) {
      awaited.manifest = std::move(found);
      life.next();
    });
  };
  life.set_doing({.missing = [] { return "no peer gave the manifest that Common.cfg names"; }, .reloaded = ask});
  ask();
  awaited.leave = life.run_on();
  life.set_doing({});
  if (awaited.manifest) save_manifest(wanted.folder, *awaited.manifest);
  return awaited;
}

}  // namespace p2p
