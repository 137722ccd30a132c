// The quorum against a model that remembers every vote and counts anew each time.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "protocol/random.hpp"
#include "protocol/swarm/quorum.hpp"
#include "tests/support/catch.hpp"

namespace p2p {
namespace {

ChunkClaim claim_of(std::uint32_t kind) {
  ChunkClaim claim{.size = kind % 2, .sha256 = {}, .name = kind < 4 ? "a" : "b"};
  claim.sha256[0] = static_cast<std::byte>(kind / 2 % 2);
  return claim;
}

/// The last word of each peer on each chunk, and nothing else.
struct Model {
  std::uint32_t threshold;
  std::vector<std::map<std::uint32_t, std::uint32_t>> votes;  ///< Of a chunk: kind by peer.
  std::vector<std::optional<std::uint32_t>> settled;
  std::set<std::string> names{};

  std::uint32_t agreeing(std::uint32_t chunk, std::uint32_t kind) const {
    std::uint32_t count = 0;
    for (const auto& [peer, said] : votes[chunk]) count += said == kind;
    return count;
  }

  void vote(std::uint32_t peer, std::uint32_t chunk, std::uint32_t kind) {
    votes[chunk][peer] = kind;
    if (settled[chunk] || agreeing(chunk, kind) < threshold || !names.insert(claim_of(kind).name).second) return;
    settled[chunk] = kind;
  }
};

void compare(const Quorum& quorum, const Model& model) {
  std::uint32_t settled_count = 0;
  for (std::uint32_t chunk = 0; chunk < model.votes.size(); ++chunk) {
    const ChunkClaim* settled = quorum.settled(PieceIndex{chunk});
    REQUIRE((settled != nullptr) == model.settled[chunk].has_value());
    if (settled) REQUIRE(*settled == claim_of(*model.settled[chunk]));
    settled_count += settled != nullptr;
    std::size_t voters = 0;
    std::uint32_t most = 0;
    for (const Candidate& candidate : quorum.candidates(PieceIndex{chunk})) {
      REQUIRE_FALSE(candidate.voters.empty());
      REQUIRE(std::ranges::is_sorted(candidate.voters));
      voters += candidate.voters.size();
      most = std::max(most, static_cast<std::uint32_t>(candidate.voters.size()));
      for (const PeerId voter : candidate.voters)
        REQUIRE(claim_of(model.votes[chunk].at(voter.value)) == candidate.claim);
    }
    REQUIRE(voters == model.votes[chunk].size());
    REQUIRE(quorum.most_agreeing(PieceIndex{chunk}) == most);
  }
  REQUIRE(quorum.settled_count() == settled_count);
}

TEST_CASE("the quorum agrees with a model that counts anew each time", "[quorum]") {
  constexpr std::uint32_t kKinds = 8;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const std::uint32_t chunks = 1 + random.below(3);
    const std::uint32_t threshold = 1 + random.below(4);
    const std::uint32_t peers = 1 + random.below(8);
    Quorum quorum(chunks, threshold);
    Model model{.threshold = threshold, .votes = {}, .settled = {}};
    model.votes.resize(chunks);
    model.settled.resize(chunks);
    for (int i = 0; i < 60; ++i) {
      const std::uint32_t peer = random.below(peers), chunk = random.below(chunks), kind = random.below(kKinds);
      model.vote(peer, chunk, kind);
      quorum.vote(PeerId{peer}, PieceIndex{chunk}, claim_of(kind));
      compare(quorum, model);
    }
  }
}

TEST_CASE("fewer liars than the quorum never have a false claim settled, in any order", "[quorum]") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const std::uint32_t threshold = 1 + random.below(5);
    const std::uint32_t liars = random.below(threshold);
    const std::uint32_t honest = random.below(8);
    Quorum quorum(1, threshold);
    for (int i = 0; i < 100 && liars + honest > 0; ++i) {
      const std::uint32_t peer = random.below(liars + honest);
      // The liars agree on one lie, the worst that they can do, and sometimes tell the truth or another one.
      quorum.vote(PeerId{peer}, PieceIndex{0}, claim_of(peer >= liars ? 0 : random.below(3)));
    }
    const ChunkClaim* settled = quorum.settled(PieceIndex{0});
    if (settled) REQUIRE(*settled == claim_of(0));
    if (honest >= threshold && quorum.most_agreeing(PieceIndex{0}) >= threshold) REQUIRE(settled);
  }
}

}  // namespace
}  // namespace p2p
