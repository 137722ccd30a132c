// Chunk folders in the swarm: nothing is asked for before enough original holders agree, and of nobody who says
// otherwise.
#include "protocol/swarm/stuck.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace p2p::test;

ChunkClaim claim(std::uint32_t size, std::string name = "a") {
  return {.size = size, .sha256 = {}, .name = std::move(name)};
}

/// Chunks of five; `held` is what we have.
Scene scene(std::uint32_t quorum, const std::string& stored = "00000", bool original = true) {
  ChunkFolder chunks{.quorum = quorum, .held = {}, .name_fault = [](std::string_view name) {
                       return name == "bad" ? std::string("is bad") : std::string();
                     }};
  for (std::uint32_t i = 0; i < stored.size(); ++i)
    if (stored[i] == '1') chunks.held.push_back({PieceIndex{i}, claim(10 + i, "own " + std::to_string(i)), original});
  Scene scene{.stored = stored};
  scene.chunks = std::move(chunks);
  return scene;
}

TEST_CASE("a chunk is asked for when enough holders agree, and not before", "[chunks]") {
  Stage stage(scene(2));
  Remote& a = stage.joins(1002, "10000");
  a.announces(0, claim(7));
  a.says("unchoke");
  CHECK(a.hears().empty());
  CHECK_FALSE(stage.swarm.geometry().knows(PieceIndex{0}));
  Remote& b = stage.joins(1003, "10000");
  b.announces(0, claim(7));
  CHECK(stage.count("settled 0 by 2") == 1);
  CHECK(a.hears() == "request 0");
  CHECK(stage.swarm.geometry().size_of(PieceIndex{0}) == 7);
  CHECK(a.gives(0));
  CHECK(stage.swarm.stored().test(PieceIndex{0}));
}

TEST_CASE("a chunk that was received is no vote, but may be asked for", "[chunks]") {
  Stage stage(scene(1));
  Remote& received = stage.feeds(1002, "10000");
  CHECK(received.hears().empty());
  stage.joins(1003, "10000").announces(0, claim(7));
  CHECK(received.hears() == "request 0");
}

TEST_CASE("the shell decides whether a settled chunk can be stored", "[chunks]") {
  Stage stage(scene(1));
  stage.opens_chunks = false;
  Remote& a = stage.joins(1002, "10000");
  a.announces(0, claim(7));
  a.says("unchoke");
  CHECK(a.hears().empty());
  CHECK(stage.swarm.standing().withheld == std::vector{PieceIndex{0}});
  stage.swarm.unlock_chunk(PieceIndex{0}, stage.now);
  stage.settle();
  CHECK(a.hears() == "request 0");
}

TEST_CASE("who says otherwise is not asked, whether it spoke before or after", "[chunks]") {
  Stage stage(scene(2));
  Remote& liar = stage.joins(1002, "10000");
  liar.announces(0, claim(9));
  liar.says("unchoke");
  stage.joins(1003, "10000").announces(0, claim(7));
  stage.joins(1004, "10000").announces(0, claim(7));
  CHECK(stage.count("settled 0 by 2") == 1);
  CHECK(liar.hears() == "not interested");
  Remote& late = stage.joins(1005, "10000");
  late.announces(0, claim(9));
  late.says("unchoke");
  CHECK(late.hears() == "not interested");
  liar.says("have 0");
  CHECK(liar.hears().empty());
}

TEST_CASE("disagreement is told each time, with who says what", "[chunks]") {
  Stage stage(scene(2));
  stage.joins(1002, "10000").announces(0, claim(7));
  CHECK(stage.count("2 say of 0") == 0);
  stage.joins(1003, "10000").announces(0, claim(8));
  CHECK(stage.count("2 say of 0") == 1);
  stage.joins(1004, "10000").announces(0, claim(9));
  CHECK(stage.count("3 say of 0") == 1);
  CHECK(stage.swarm.quorum()->settled(PieceIndex{0}) == nullptr);
}

TEST_CASE("who holds a disputed chunk is complete by its own word", "[chunks]") {
  Stage stage(scene(1, "11111"));
  Remote& other = stage.joins(1002, "11111");
  other.announces(0, claim(99));
  CHECK(stage.count("2 say of 0") == 1);
  for (std::uint32_t id = 1003; id <= 1005; ++id) stage.joins(id, "11111");
  CHECK(stage.swarm.swarm_complete());
}

TEST_CASE("we announce what we had from the start, behind the bitfield and before all else", "[chunks]") {
  Stage stage(scene(2, "01010"));
  Remote& remote = stage.accepts();
  remote.shakes_hands(1002);
  remote.says("bitfield 10000");
  CHECK(remote.hears() == "handshake 1001, bitfield 01010, announces 1, announces 3, interested");
}

TEST_CASE("we do not announce what we received, in this life or an earlier one", "[chunks]") {
  Stage stage(scene(1, "01000", false));
  Remote& remote = stage.feeds(1002, "10000");
  remote.hears();
  Remote& first = stage.joins(1003, "10000");
  first.announces(0, claim(7));
  remote.hears();
  CHECK(remote.gives(0));
  Remote& next = stage.accepts();
  next.shakes_hands(1004);
  CHECK(next.hears() == "handshake 1001, bitfield 11000");
}

TEST_CASE("many announcements go out in steps", "[chunks]") {
  Stage stage(scene(1, std::string(2000, '1')));
  Remote& remote = stage.accepts();
  remote.shakes_hands(1002);
  const std::string heard = remote.hears();
  CHECK(heard.find("announces 0, announces 1, ") != std::string::npos);
  CHECK(heard.ends_with("announces 1999"));
  CHECK(std::ranges::count(heard, 'u') == 2000);
}

TEST_CASE("our own vote counts, and ours is kept when others agree on something else", "[chunks]") {
  Stage stage(scene(2, "10000"));
  stage.joins(1002, "10000").announces(0, claim(10, "own 0"));
  CHECK(stage.count("settled 0 by 2") == 1);
  Stage other(scene(2, "10000"));
  other.joins(1002, "10000").announces(0, claim(7));
  CHECK(other.count("contradicted on 0") == 0);
  other.joins(1003, "10000").announces(0, claim(7));
  CHECK(other.count("contradicted on 0") == 1);
  CHECK(other.swarm.stored().test(PieceIndex{0}));
  CHECK(other.swarm.geometry().size_of(PieceIndex{0}) == 10);
}

TEST_CASE("peers that share no chunk folder, or one of another total, are refused", "[chunks]") {
  Stage stage(scene(1));
  Remote& classic = stage.accepts();
  stage.swarm.on_handshake(classic.link(), {PeerId{1002}, {}}, stage.now);
  stage.settle();
  CHECK(classic.closed());
  CHECK(classic.reason() ==
        "peer 1002 announces no chunks, expected one that was started with peerProcess chunks as well");
  Remote& other = stage.accepts();
  stage.swarm.on_handshake(
      other.link(), {PeerId{1002}, encode(Features{.chunks = true, .content = chunk_folder_prefix(6)})}, stage.now);
  stage.settle();
  CHECK(other.reason() == "peer 1002 has another total in its LASTCHUNK line than our 5");
}

TEST_CASE("a name that no file may have ends the link", "[chunks]") {
  Stage stage(scene(1));
  Remote& remote = stage.joins(1002, "10000");
  remote.announces(0, claim(7, "bad"));
  CHECK(remote.reason() == "protocol violation: announcement of piece 0 with a name that is bad");
  CHECK(stage.swarm.quorum()->candidates(PieceIndex{0}).empty());
}

TEST_CASE("an announcement before our handshake is a violation", "[chunks]") {
  Stage stage(scene(1));
  stage.joins(1002, "10000");
  Remote& again = stage.accepts();
  again.shakes_hands(1002);
  again.says("bitfield 10000");
  again.announces(0, claim(7));
  CHECK(again.closed());
}

TEST_CASE("a vote outlives its link, and a new link may change it while nothing is settled", "[chunks]") {
  Stage stage(scene(2));
  Remote& a = stage.joins(1002, "10000");
  a.announces(0, claim(7));
  a.leaves();
  CHECK(stage.swarm.quorum()->most_agreeing(PieceIndex{0}) == 1);
  stage.joins(1002, "10000").announces(0, claim(8));
  stage.joins(1003, "10000").announces(0, claim(8));
  CHECK(stage.count("settled 0 by 2") == 1);
  CHECK(stage.swarm.geometry().size_of(PieceIndex{0}) == 8);
}

TEST_CASE("a chunk may have no bytes", "[chunks]") {
  Stage stage(scene(1));
  Remote& remote = stage.joins(1002, "10000");
  remote.announces(0, claim(0));
  remote.says("unchoke");
  CHECK(remote.hears() == "request 0");
  stage.passes(1s);
  CHECK(remote.gives(0));
  CHECK(stage.swarm.stored().test(PieceIndex{0}));
}

TEST_CASE("payload that finds no room is dropped, and asked for again", "[chunks]") {
  Stage stage(scene(1));
  Remote& remote = stage.joins(1002, "10000");
  remote.announces(0, claim(7));
  remote.says("unchoke");
  CHECK(remote.hears() == "request 0");
  remote.begins(0);
  CHECK(stage.swarm.incoming(remote.link()) == PieceIndex{0});
  stage.swarm.drop_payload(remote.link());
  CHECK_FALSE(stage.swarm.payload_wanted(remote.link()));
  remote.continues(7);
  CHECK_FALSE(remote.ends(0));
  CHECK(remote.hears() == "request 0");
}

TEST_CASE("a chunk that the user has changed is not fetched over it, and not announced again", "[chunks]") {
  Stage stage(scene(1, "11000"));
  Remote& remote = stage.joins(1002, "11000");
  remote.announces(0, claim(10, "own 0"));
  CHECK_FALSE(remote.closed());
  const PieceIndex changed[] = {PieceIndex{0}};
  stage.swarm.on_pieces_lost(changed, stage.now);
  stage.settle();
  CHECK(remote.closed());
  Remote& again = stage.accepts();
  again.shakes_hands(1002);
  again.says("bitfield 11000");
  again.says("unchoke");
  CHECK(again.hears() == "handshake 1001, bitfield 01000, announces 1, interested");
}

TEST_CASE("too few holders are the reason for standing still", "[chunks]") {
  Stage stage(scene(2));
  Remote& a = stage.joins(1002, "11000");
  a.announces(0, claim(7));
  a.announces(1, claim(8, "b"));
  a.says("unchoke");
  const auto stuck = why_stuck(stage.swarm.standing());
  REQUIRE(stuck);
  CHECK(stuck->why == Stuck::Why::no_quorum);
  CHECK(stuck->pieces == std::vector{PieceIndex{0}, PieceIndex{1}});
  CHECK(stuck->agreeing == 1);
  CHECK(stuck->quorum == 2);
  CHECK(stuck->peer_count == 3);
}

}  // namespace
}  // namespace p2p
