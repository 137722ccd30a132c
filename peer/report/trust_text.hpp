// The words for what holders of chunks say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/swarm/quorum.hpp"

namespace p2p {

/// Such as `5 bytes, SHA-256 2cf24dba5fb0, "chunk_1"`; of the hash the first digits.
std::string describe(const ChunkClaim& claim);

/// Who says what: "peers 1001, 1002 say ...; peer 1004 says ...".
std::string describe(const std::vector<Candidate>& candidates);

/// How a message about such a dispute begins.
const char* dispute(Quorum::Outcome outcome);

/// How many of all chunks have reached the quorum: "quorum 3/4".
std::string describe_trust(const Quorum& quorum, std::uint32_t chunks);

}  // namespace p2p
