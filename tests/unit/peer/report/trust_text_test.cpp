// The words for what holders of chunks say.
#include "peer/report/trust_text.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

ChunkClaim claim(std::uint32_t size, const std::string& name = "a") {
  return {size, {std::byte{0xab}, std::byte{0xcd}}, name};
}

std::vector<PeerId> peers(std::uint32_t first, std::uint32_t count) {
  std::vector<PeerId> all;
  for (std::uint32_t i = 0; i < count; ++i) all.push_back(PeerId{first + i});
  return all;
}

TEST_CASE("a claim is size, the first digits of its hash, and its name in quotes", "[trust_text]") {
  CHECK(describe(claim(0)) == "0 bytes, SHA-256 abcd00000000, \"a\"");
  CHECK(describe(claim(1)) == "1 byte, SHA-256 abcd00000000, \"a\"");
  CHECK(describe(claim(2, "a b")) == "2 bytes, SHA-256 abcd00000000, \"a b\"");
  // Names come from anybody.
  CHECK(describe(claim(2, "\x1b[2J")).find('\x1b') == std::string::npos);
}

TEST_CASE("of many who say the same eight are named, of many claims four", "[trust_text]") {
  CHECK(describe(std::vector<Candidate>{{claim(2), peers(1, 8)}}) ==
        "peers 1, 2, 3, 4, 5, 6, 7, 8 say 2 bytes, SHA-256 abcd00000000, \"a\"");
  CHECK(describe(std::vector<Candidate>{{claim(2), peers(1, 11)}}) ==
        "peers 1, 2, 3, 4, 5, 6, 7, 8 (+3) say 2 bytes, SHA-256 abcd00000000, \"a\"");
  std::vector<Candidate> many;
  for (std::uint32_t i = 0; i < 6; ++i) many.push_back({claim(10 + i), peers(1 + i, 1)});
  const std::string text = describe(many);
  CHECK(text.starts_with("peer 1 says 10 bytes, "));
  CHECK(text.find("; peer 4 says 13 bytes, ") != std::string::npos);
  CHECK(text.find("14 bytes") == std::string::npos);
  CHECK(text.ends_with("; 2 more claims"));
  CHECK(describe(std::vector<Candidate>{}).empty());
}

TEST_CASE("each kind of dispute has its words", "[trust_text]") {
  CHECK(std::string(dispute(Quorum::Outcome::dissent)) == "holders disagree on");
  CHECK(std::string(dispute(Quorum::Outcome::against)) == "somebody says otherwise than was settled on");
  CHECK(std::string(dispute(Quorum::Outcome::taken)) == "enough agree, but another chunk has the name, on");
}

TEST_CASE("a quorum's progress counts what is settled", "[trust_text]") {
  Quorum quorum(3, 2);
  CHECK(describe_trust(quorum, 3) == "quorum 0/3");
  quorum.vote(PeerId{1}, PieceIndex{0}, claim(5));
  CHECK(describe_trust(quorum, 3) == "quorum 0/3");
  quorum.vote(PeerId{2}, PieceIndex{0}, claim(5));
  CHECK(describe_trust(quorum, 3) == "quorum 1/3");
}

}  // namespace
}  // namespace p2p
