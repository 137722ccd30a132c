// Who has which version of which chunk, in a swarm of chunk folders, liars included. The network carries no payload, so
// what bytes a chunk would have is a number here: 0 is the truth.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/geometry.hpp"
#include "protocol/swarm/chunk_folder.hpp"
#include "sim/network.hpp"

namespace p2p::sim {

using Version = std::uint32_t;
constexpr Version kTruth = 0;

struct ChunkScenario {
  std::uint32_t quorum = 1;
  std::vector<std::uint32_t> sizes{};  ///< Of each chunk, in every version.
  /// Which version a host holds from the start; none if it lacks the chunk.
  std::function<std::optional<Version>(HostId, PieceIndex)> held;
  /// What a host that holds a chunk sends for it, whatever it announced; absent: what it holds.
  std::function<Version(HostId, PieceIndex)> sent = {};
};

class Copies {
 public:
  Copies(ChunkScenario scenario, std::uint32_t hosts)
      : scenario_(std::move(scenario)), versions_(hosts, std::vector<Version>(scenario_.sizes.size())) {}

  std::uint32_t chunks() const { return static_cast<std::uint32_t>(scenario_.sizes.size()); }
  /// Every size known, for who only watches.
  Geometry geometry() const {
    Geometry geometry = Geometry::of_chunks(chunks());
    for (std::uint32_t i = 0; i < chunks(); ++i) geometry.learn(PieceIndex{i}, scenario_.sizes[i]);
    return geometry;
  }

  Bitfield held_at_start(HostId host) {
    Bitfield held(chunks());
    for (std::uint32_t i = 0; i < chunks(); ++i)
      if (const auto version = scenario_.held(host, PieceIndex{i})) {
        held.set(PieceIndex{i});
        versions_[host][i] = *version;
      }
    return held;
  }

  /// What a host is configured with that has `stored` on its disk.
  ChunkFolder folder(HostId host, const Bitfield& stored) const {
    ChunkFolder folder{
        .quorum = scenario_.quorum, .held = {}, .name_fault = [](std::string_view) { return std::string(); }};
    stored.for_each([&](PieceIndex piece) {
      folder.held.push_back(
          {piece, claim_of(piece, versions_[host][piece.value]), scenario_.held(host, piece).has_value()});
    });
    return folder;
  }

  Version version(HostId host, PieceIndex piece) const { return versions_[host][piece.value]; }
  Version sent(HostId host, PieceIndex piece) const {
    return scenario_.sent && scenario_.held(host, piece) ? scenario_.sent(host, piece) : version(host, piece);
  }
  void received(HostId host, PieceIndex piece, Version version) { versions_[host][piece.value] = version; }

  ChunkClaim claim_of(PieceIndex piece, Version version) const {
    ChunkClaim claim{
        .size = scenario_.sizes[piece.value], .sha256 = {}, .name = "chunk_" + std::to_string(piece.value + 1)};
    claim.sha256[0] = static_cast<std::byte>(version);
    claim.sha256[1] = static_cast<std::byte>(piece.value);
    return claim;
  }

 private:
  ChunkScenario scenario_;
  std::vector<std::vector<Version>> versions_;  ///< By host and chunk: of what it has.
};

}  // namespace p2p::sim
