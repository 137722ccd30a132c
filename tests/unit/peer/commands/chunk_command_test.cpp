// peerProcess chunks: its command line, and its place in PeerInfo.cfg.
#include "peer/commands/chunk_command.hpp"

#include "config/config_error.hpp"
#include "peer/report/stuck_text.hpp"
#include "peer/report/trust_text.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::TempDir;

constexpr const char* kPeers = "1001 localhost 6000 1\n1002 localhost 6001 0\n1003 otherhost 6000 0\n";

std::variant<ChunkOptions, ExitCode> parse(std::vector<const char*> words) {
  words.insert(words.begin(), {"peerProcess", "chunks"});
  return parse_chunks(static_cast<int>(words.size()), words.data());
}

/// Whether it is refused with these words.
bool complains(const ChunkOptions& options, std::string_view words) {
  try {
    load_chunk_setup(options);
  } catch (const std::exception& error) {
    return std::string(error.what()).find(words) != std::string::npos;
  }
  return false;
}

TEST_CASE("options begin with one dash or two", "[chunks]") {
  for (const bool single : {false, true}) {
    const auto dashes = [&](const char* word) { return single ? word + 1 : word; };
    const auto parsed = parse({dashes("--folder"), "/tmp", dashes("--transfer_port"), "6000", dashes("--name"),
                               "client1", dashes("--quorum=2"), "--linger", "3"});
    REQUIRE(std::holds_alternative<ChunkOptions>(parsed));
    const auto& options = std::get<ChunkOptions>(parsed);
    CHECK(options.folder == "/tmp");
    CHECK(options.port == 6000);
    CHECK(options.name == "client1");
    CHECK(options.quorum == 2u);
    CHECK(options.run.linger_s == 3);
  }
}

TEST_CASE("the last column of our line does not matter, its port does", "[chunks]") {
  const TempDir dir;
  dir.write("PeerInfo.cfg", kPeers);
  ChunkOptions options{.run = {}, .folder = dir.path(), .peers = dir / "PeerInfo.cfg", .port = 6001};
  options.run.directory = dir.path();
  CHECK(load_chunk_setup(options).self().id == 1002);
  options.port = 6000;
  CHECK(complains(options, "peers 1001, 1003 all have port 6000; say with --id which of them this one is"));
  options.peer_id = 1003;
  CHECK(load_chunk_setup(options).self().id == 1003);
  options.peer_id = 1002;
  CHECK(complains(options, "no line has port 6000 and ID 1002"));
}

TEST_CASE("the quorum comes from the command line, Common.cfg, or is one", "[chunks]") {
  const TempDir dir;
  dir.write("PeerInfo.cfg", kPeers);
  ChunkOptions options{.run = {}, .folder = dir.path(), .peers = {}, .port = 6001};
  options.run.directory = dir.path();
  CHECK(load_chunk_setup(options).quorum == 1);
  CHECK(load_chunk_setup(options).common.preferred_neighbors == 3);
  dir.write("Common.cfg", "TrustQuorum 2\nUnchokingInterval 7\n");
  CHECK(load_chunk_setup(options).quorum == 2);
  CHECK(load_chunk_setup(options).common.unchoking_interval_s == 7);
  options.quorum = 1;
  CHECK(load_chunk_setup(options).quorum == 1);
  options.quorum = 3;
  CHECK(complains(options, "the quorum is 3"));
  CHECK(complains(options, "lists only 2 other peers"));
  dir.write("Common.cfg", "MaxConnections 4\n");
  CHECK(complains(options, "Common.cfg:1:1: MaxConnections does not go with a chunk folder"));
  dir.write("Common.cfg", "TrustQuorum 0\n");
  CHECK_THROWS_AS(load_chunk_setup(options), config::ConfigError);
}

TEST_CASE("who says what of a chunk", "[chunks]") {
  ChunkClaim one{.size = 1, .sha256 = {}, .name = "chunk_1"};
  ChunkClaim other{.size = 5, .sha256 = {}, .name = "chunk_1"};
  other.sha256[0] = std::byte{0xab};
  CHECK(describe(std::vector<Candidate>{{one, {PeerId{1001}}}, {other, {PeerId{1002}, PeerId{1004}}}}) ==
        "peer 1001 says 1 byte, SHA-256 000000000000, \"chunk_1\"; peers 1002, 1004 say 5 bytes, SHA-256 ab0000000000, "
        "\"chunk_1\"");
  Quorum quorum(4, 1);
  quorum.vote(PeerId{1}, PieceIndex{2}, one);
  CHECK(describe_trust(quorum, 4) == "quorum 1/4");
}

TEST_CASE("too few holders have their words", "[chunks]") {
  Stuck stuck{.why = Stuck::Why::no_quorum, .pieces = {{6}}, .piece_count = 1, .agreeing = 1, .quorum = 2};
  CHECK(describe(stuck, {}, kChunkWords) == "chunk 7 has only 1 of 2 holders that agree");
  stuck.pieces = {{6}, {8}};
  stuck.piece_count = 2;
  stuck.peers = {{{1004}, Stuck::Peer::State::never_linked, 0}};
  stuck.peer_count = 1;
  CHECK(describe(stuck, {}, kChunkWords) ==
        "chunk 7 has only 1 of 2 holders that agree (and 1 more); peer 1004 is not connected");
  CHECK(describe(Stuck{.why = Stuck::Why::withheld, .pieces = {{6}}, .piece_count = 1}, {}, kChunkWords) ==
        "cannot be stored under its name: chunk 7");
}

}  // namespace
}  // namespace p2p
