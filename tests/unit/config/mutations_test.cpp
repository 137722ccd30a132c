// Whatever a file holds, the parsers give a value within its documented limits or a ConfigError with a place in the
// text. Random mutations of good files; the seed is printed when one fails.
#include <algorithm>
#include <random>
#include <string>

#include "config/cluster_file.hpp"
#include "config/common_cfg.hpp"
#include "config/peer_info.hpp"
#include "tests/support/catch.hpp"

namespace p2p::config {
namespace {

const std::string kCommon =
    "NumberOfPreferredNeighbors 2\nUnchokingInterval 5\nOptimisticUnchokingInterval 15\n"
    "FileName TheFile.dat\nFileSize 10000232\nPieceSize 32768\n";
const std::string kPeers = "1001 lin114-00.cise.ufl.edu 6008 1\n1002 [::1] 6008 0\n# last\n1003 10.0.0.3 65535 0\n";
const std::string kPeersWithKeys =
    "1 a 6008 1 " + std::string(43, 'A') + "\n2 b 6009 0 " + std::string(42, 'A') + "E # last\n";
const std::string kClusters = "cluster2p[5002],cluster3@lin114-01p[5003],\n app@[::1]p[65535]\n";

using Generator = std::mt19937_64;

std::size_t below(Generator& random, std::size_t bound) { return static_cast<std::size_t>(random() % bound); }

/// One to eight small accidents.
std::string mutated(std::string text, Generator& random) {
  using namespace std::string_view_literals;
  constexpr std::string_view kTelling = " \t\r\n#\0\x7f\x1b/..-+0123456789\xef\xbb\xbf\xff:[]%abzAZ"sv;
  for (std::size_t n = 1 + below(random, 8); n > 0; --n) {
    if (text.empty()) text = "x";
    const std::size_t at = below(random, text.size());
    const std::size_t length = 1 + below(random, 12);
    switch (below(random, 5)) {
      case 0: text[at] = static_cast<char>(random()); break;
      case 1: text[at] = kTelling[below(random, kTelling.size())]; break;
      case 2: text.insert(at, 1, kTelling[below(random, kTelling.size())]); break;
      case 3: text.erase(at, length); break;
      default: text.insert(below(random, text.size()), text.substr(at, length)); break;
    }
  }
  return text;
}

void check_places(const ConfigError& error, const std::string& text) {
  REQUIRE_FALSE(error.findings().empty());
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  for (const Finding& finding : error.findings()) {
    REQUIRE(finding.line <= lines);
    REQUIRE(finding.column <= text.size() + 1);
    REQUIRE((finding.line == 0) == (finding.column == 0));
    REQUIRE(finding.message.find('\n') == std::string::npos);
  }
}

TEST_CASE("mutated Common.cfg texts give a value within limits or a ConfigError", "[config][random]") {
  const std::uint64_t seed = 20240611;
  INFO("seed " << seed);
  Generator random(seed);
  int accepted = 0;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = mutated(kCommon, random);
    INFO("round " << round << ": " << text);
    try {
      const CommonCfg cfg = parse_common_cfg(text, "Common.cfg");
      ++accepted;
      REQUIRE(cfg.preferred_neighbors <= 65'535);
      REQUIRE((cfg.unchoking_interval_s >= 1 && cfg.unchoking_interval_s <= 86'400));
      REQUIRE((cfg.optimistic_interval_s >= 1 && cfg.optimistic_interval_s <= 86'400));
      REQUIRE((cfg.file_size && cfg.piece_size));
      REQUIRE((cfg.piece_size >= 1 && cfg.piece_size <= 64u << 20));
      REQUIRE((*cfg.file_size - 1) / *cfg.piece_size < 16'777'216);
      REQUIRE_FALSE(cfg.file_name.empty());
      REQUIRE_FALSE(cfg.file_name.starts_with('/'));
      REQUIRE(("/" + cfg.file_name + "/").find("/../") == std::string::npos);
    } catch (const ConfigError& error) {
      check_places(error, text);
    }
  }
  // Both ways were walked.
  CHECK(accepted > kRounds / 100);
  CHECK(accepted < kRounds);
}

TEST_CASE("mutated PeerInfo.cfg texts give a value within limits or a ConfigError", "[config][random]") {
  const std::uint64_t seed = 20240612;
  INFO("seed " << seed);
  Generator random(seed);
  int accepted = 0;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = mutated(round % 2 == 0 ? kPeers : kPeersWithKeys, random);
    INFO("round " << round << ": " << text);
    try {
      const auto peers = parse_peer_info(text, "PeerInfo.cfg");
      ++accepted;
      REQUIRE_FALSE(peers.empty());
      for (const PeerLine& peer : peers) {
        REQUIRE(peer.id <= PeerLine::kLargestId);
        REQUIRE(peer.port >= 1);
        REQUIRE_FALSE(peer.host.empty());
        REQUIRE(std::ranges::count(peers, peer.id, &PeerLine::id) == 1);
        REQUIRE(peer.key.has_value() == peers[0].key.has_value());
        REQUIRE((!peer.key || std::ranges::count(peers, peer.key, &PeerLine::key) == 1));
      }
    } catch (const ConfigError& error) {
      check_places(error, text);
    }
  }
  CHECK(accepted > kRounds / 100);
  CHECK(accepted < kRounds);
}

TEST_CASE("mutated cluster files give a value within limits or a ConfigError", "[config][random]") {
  const std::uint64_t seed = 20250118;
  INFO("seed " << seed);
  Generator random(seed);
  int accepted = 0;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = mutated(kClusters, random);
    INFO("round " << round << ": " << text);
    try {
      const auto entries = parse_cluster_file(text, "cluster1");
      ++accepted;
      REQUIRE_FALSE(entries.empty());
      for (const ClusterEntry& entry : entries) {
        REQUIRE(entry.port >= 1);
        REQUIRE_FALSE(entry.host.empty());
        REQUIRE_FALSE(entry.name.empty());
        REQUIRE(std::ranges::count(entries, entry.name, &ClusterEntry::name) == 1);
      }
    } catch (const ConfigError& error) {
      check_places(error, text);
    }
  }
  CHECK(accepted > kRounds / 100);
  CHECK(accepted < kRounds);
}

}  // namespace
}  // namespace p2p::config
