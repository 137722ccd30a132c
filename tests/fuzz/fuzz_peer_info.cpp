// PeerInfo.cfg: any text is either complained about properly or accepted with values in their limits.
#include <set>
#include <string>
#include <utility>

#include "config/peer_info.hpp"
#include "tests/fuzz/config_checks.hpp"

namespace p2p::config {
namespace {

constexpr const char* kFile = "PeerInfo.cfg";

/// The text that says just this.
std::string printed(const std::vector<PeerLine>& peers) {
  std::string text;
  for (const PeerLine& peer : peers)
    text += std::to_string(peer.id) + " " + peer.host + " " + std::to_string(peer.port) +
            (peer.has_file ? " 1" : " 0") + (peer.key ? " " + to_text(*peer.key) : "") + "\n";
  return text;
}

/// The same peers in the same order; on which lines does not matter.
bool same(const std::vector<PeerLine>& a, const std::vector<PeerLine>& b) {
  return std::ranges::equal(a, b, [](const PeerLine& x, const PeerLine& y) {
    return x.id == y.id && x.host == y.host && x.port == y.port && x.has_file == y.has_file && x.key == y.key;
  });
}

/// What the header promises of an accepted text.
void check_limits(const std::vector<PeerLine>& peers, std::size_t lines) {
  P2P_ASSERT(!peers.empty());
  std::set<std::uint32_t> ids;
  std::set<std::pair<std::string, std::uint16_t>> addresses;
  std::set<Fingerprint> keys;
  std::size_t last_line = 0;
  for (const PeerLine& peer : peers) {
    P2P_ASSERT(peer.id <= PeerLine::kLargestId && ids.insert(peer.id).second);
    P2P_ASSERT(!peer.host.empty() && peer.port != 0 && addresses.emplace(peer.host, peer.port).second);
    P2P_ASSERT(peer.key.has_value() == peers[0].key.has_value() && (!peer.key || keys.insert(*peer.key).second));
    P2P_ASSERT(peer.line > last_line && peer.line <= lines);
    last_line = peer.line;
  }
}

}  // namespace
}  // namespace p2p::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace p2p;
  using namespace p2p::config;
  const std::string text(data, data + size);
  try {
    const std::vector<PeerLine> peers = parse_peer_info(text, kFile);
    check_limits(peers, fuzz::lines_of(text).size());
    P2P_ASSERT(same(parse_peer_info(printed(peers), kFile), peers));
  } catch (const ConfigError& error) {
    fuzz::check_error(error, text, kFile);
  }
  return 0;
}
