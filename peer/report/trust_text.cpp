#include "peer/report/trust_text.hpp"

#include <algorithm>

#include "config/hex.hpp"
#include "config/text.hpp"

namespace p2p {

std::string describe(const ChunkClaim& claim) {
  constexpr std::size_t kShownDigits = 12;
  return std::to_string(claim.size) + (claim.size == 1 ? " byte" : " bytes") + ", SHA-256 " +
         config::to_hex(claim.sha256).substr(0, kShownDigits) + ", " + config::in_quotes(claim.name);
}

std::string describe(const std::vector<Candidate>& candidates) {
  // A line is for reading; a swarm in which more than these disagree has other troubles.
  constexpr std::size_t kShownCandidates = 4;
  constexpr std::size_t kShownVoters = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(candidates.size(), kShownCandidates); ++i) {
    const auto& [claim, voters] = candidates[i];
    text += std::string(i == 0 ? "" : "; ") + (voters.size() == 1 ? "peer" : "peers");
    for (std::size_t v = 0; v < std::min(voters.size(), kShownVoters); ++v) {
      text += v == 0 ? " " : ", ";
      text += std::to_string(voters[v].value);
    }
    if (voters.size() > kShownVoters) text += " (+" + std::to_string(voters.size() - kShownVoters) + ")";
    text += voters.size() == 1 ? " says " : " say ";
    text += describe(claim);
  }
  if (candidates.size() > kShownCandidates)
    text += "; " + std::to_string(candidates.size() - kShownCandidates) + " more claims";
  return text;
}

const char* dispute(Quorum::Outcome outcome) {
  if (outcome == Quorum::Outcome::against) return "somebody says otherwise than was settled on";
  if (outcome == Quorum::Outcome::taken) return "enough agree, but another chunk has the name, on";
  return "holders disagree on";
}

std::string describe_trust(const Quorum& quorum, std::uint32_t chunks) {
  return "quorum " + std::to_string(quorum.settled_count()) + "/" + std::to_string(chunks);
}

}  // namespace p2p
