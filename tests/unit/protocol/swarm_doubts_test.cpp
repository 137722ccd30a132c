// A neighbor that may count the bits of its bitfield from the low end: what it gives, and what becomes of that.
#include <algorithm>

#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Scene;
using test::Stage;

constexpr std::uint32_t kPieces = 64;

Scene scene() { return {.stored = std::string(kPieces, '0')}; }

/// Bytes of which the first four pieces are there, so that from the other end the last four are.
std::string first_halves() {
  std::string map;
  for (std::uint32_t i = 0; i < kPieces; ++i) map += i % 8 < 4 ? '1' : '0';
  return map;
}

std::uint32_t next_request(Remote& remote) { return test::requested(remote.hears()).at(0); }

std::uint32_t gives_next(Remote& remote) {
  const std::uint32_t piece = next_request(remote);
  CHECK(remote.gives(piece));
  return piece;
}

/// The remote announces this many pieces of the first halves, those in `but` left out.
void announces(Remote& remote, std::uint32_t count, std::initializer_list<std::uint32_t> but = {}) {
  for (std::uint32_t piece = 0; count > 0; ++piece) {
    if (piece % 8 >= 4 || std::ranges::find(but, piece) != but.end()) continue;
    remote.says("have " + std::to_string(piece));
    --count;
  }
}

TEST_CASE("what a neighbor may not have had is neither counted nor announced", "[doubts]") {
  Stage stage(scene());
  Remote& bob = stage.feeds(1002, first_halves());
  Remote& carol = stage.joins(1003, std::string(kPieces, '0'));
  gives_next(bob);
  gives_next(bob);
  stage.passes(1s);
  CHECK(carol.hears() == "");
  CHECK(stage.swarm.stored().count() == 0);
}

TEST_CASE("haves that fit the bitfield clear it, and what it gave counts", "[doubts]") {
  Stage stage(scene());
  Remote& bob = stage.feeds(1002, first_halves());
  Remote& carol = stage.joins(1003, std::string(kPieces, '0'));
  const std::uint32_t first = gives_next(bob);
  const std::uint32_t second = gives_next(bob);
  bob.says("have 4");
  CHECK(stage.swarm.stored().count() == 0);
  bob.says("have 5");
  CHECK(stage.swarm.stored().count() == 2);
  stage.passes(1s);
  CHECK(carol.hears() ==
        "have " + std::to_string(std::min(first, second)) + ", have " + std::to_string(std::max(first, second)));
  gives_next(bob);
  CHECK(stage.swarm.stored().count() == 3);
}

TEST_CASE("haves that contradict the bitfield turn it round, and what it gave is asked for again", "[doubts]") {
  Stage stage(scene());
  Remote& bob = stage.feeds(1002, first_halves());
  const std::uint32_t first = gives_next(bob);
  const std::uint32_t second = gives_next(bob);
  const std::uint32_t asked = next_request(bob);
  announces(bob, 7, {first, second, asked});
  CHECK(stage.count("1002 counts from the low end, 2 given up") == 0);
  announces(bob, 8, {first, second, asked});
  CHECK(stage.count("1002 counts from the low end, 2 given up") == 1);
  CHECK_FALSE(bob.gives(asked));  // an answer that was on its way
  CHECK(stage.swarm.stored().count() == 0);
  // The second half of each byte, and the eight that it has announced.
  for (int i = 0; i < 40; ++i) gives_next(bob);
  CHECK(stage.swarm.stored().count() == 40);
  for (std::uint32_t piece = 4; piece < kPieces; piece += 8) CHECK(stage.swarm.stored().test(PieceIndex{piece}));
  CHECK(bob.hears().starts_with("not interested"));
}

TEST_CASE("a piece that is announced after it was given is fetched again by itself", "[doubts]") {
  Stage stage(scene());
  Remote& bob = stage.feeds(1002, first_halves());
  const std::uint32_t first = gives_next(bob);
  bob.says("have " + std::to_string(first));
  std::vector<std::uint32_t> given;
  for (int i = 0; i < 32; ++i) given.push_back(gives_next(bob));
  CHECK(std::ranges::count(given, first) == 1);
  CHECK(stage.swarm.stored().count() == 1);
  CHECK(stage.swarm.stored().test(PieceIndex{first}));
}

TEST_CASE("never complete with pieces in doubt while somebody else has them", "[doubts]") {
  Scene small = scene();
  small.stored = "01111111";
  Stage stage(small);
  Remote& bob = stage.feeds(1002, "10000000");
  Remote& seed = stage.joins(1003, "11111111");
  bob.hears();
  CHECK(bob.gives(0));
  CHECK_FALSE(stage.swarm.complete());
  stage.passes(9s);
  CHECK_FALSE(stage.swarm.complete());
  stage.passes(2s);
  CHECK_FALSE(stage.swarm.complete());
  seed.says("unchoke");
  stage.passes(1s);
  CHECK(test::requested(bob.hears()).empty());
  CHECK(test::requested(seed.hears()) == std::vector<std::uint32_t>{0});
  CHECK(seed.gives(0));
  CHECK(stage.swarm.complete());
}

TEST_CASE("when nothing tells and nobody else has them, pieces are taken as the description reads the bitfield",
          "[doubts]") {
  Scene small = scene();
  small.stored = "01111111";
  Stage stage(small);
  Remote& bob = stage.feeds(1002, "10000000");
  bob.hears();
  CHECK(bob.gives(0));
  bob.leaves();
  stage.passes(11s);
  CHECK(stage.swarm.complete());
  CHECK(stage.count("1 taken on trust") == 1);
}

/// Lacks the first halves; bob gives them, though he may have the last ones, and after ten seconds they are taken.
Remote& taken_on_trust(Stage& stage) {
  Remote& bob = stage.feeds(1002, first_halves());
  for (int i = 0; i < 32; ++i) gives_next(bob);
  stage.passes(11s);
  CHECK(stage.swarm.complete());
  CHECK(stage.count("32 taken on trust") == 1);
  return bob;
}

Scene with_last_halves() {
  Scene half = scene();
  for (std::uint32_t i = 0; i < kPieces; ++i) half.stored[i] = i % 8 < 4 ? '0' : '1';
  return half;
}

TEST_CASE(
    "what was taken on trust is withdrawn when haves disprove it, though the file was complete, and is fetched again",
    "[doubts]") {
  Stage stage(with_last_halves());
  Remote& bob = taken_on_trust(stage);
  announces(bob, 7);
  CHECK(stage.swarm.complete());
  announces(bob, 8);
  CHECK(stage.count("1002 counts from the low end, 0 given up") == 1);
  CHECK(stage.count("32 withdrawn of a complete file") == 1);
  CHECK(stage.swarm.stored().count() == 32);
  CHECK(bob.reason() == "our pieces have changed");  // or it would go on asking for them

  // On a new link its bitfield is read as it was proven to mean it: that has all that it had.
  Remote& again = stage.feeds(1002, "1111111111111111" + first_halves().substr(16));
  for (int i = 0; i < 8; ++i) CHECK(gives_next(again) % 8 < 4);
  CHECK(stage.swarm.stored().count() == 40);
  CHECK(again.hears().starts_with("not interested"));
  Remote& seed = stage.feeds(1003, std::string(kPieces, '1'));
  for (int i = 0; i < 24; ++i) gives_next(seed);
  CHECK(stage.swarm.complete());
  CHECK(stage.count("file complete") == 2);
}

TEST_CASE("the swarm is not complete any more when pieces are withdrawn, and is so again", "[doubts]") {
  Scene two = with_last_halves();
  two.listed = {1001, 1002};
  two.stays = true;
  Stage stage(two);
  Remote& bob = taken_on_trust(stage);
  for (std::uint32_t piece = 4; piece < 6; ++piece)
    bob.says("have " + std::to_string(piece));  // the high end, after all
  announces(bob, 32);
  CHECK(stage.count("32 withdrawn of a complete file") == 0);
  bob.leaves();
  Remote& again = stage.feeds(1002, std::string(kPieces, '1'));
  again.hears();
  CHECK(stage.swarm.swarm_complete());
  const PieceIndex wrong[] = {PieceIndex{0}};
  stage.swarm.on_trust_withdrawn(wrong, stage.now);
  stage.settle();
  CHECK_FALSE(stage.swarm.swarm_complete());
  Remote& third = stage.feeds(1002, std::string(kPieces, '1'));
  gives_next(third);
  CHECK(stage.swarm.swarm_complete());
  CHECK(stage.count("swarm complete") == 2);
}

TEST_CASE("what was lost since, and fetched from somebody else, is not withdrawn", "[doubts]") {
  Stage stage(with_last_halves());
  taken_on_trust(stage);
  const PieceIndex lost[] = {PieceIndex{0}, PieceIndex{1}};
  stage.swarm.on_pieces_lost(lost, stage.now);
  stage.settle();
  Remote& seed = stage.feeds(1003, std::string(kPieces, '1'));
  gives_next(seed);
  gives_next(seed);
  Remote& bob = stage.joins(1002, first_halves());
  announces(bob, 8);
  CHECK(stage.count("30 withdrawn of a complete file") == 1);
  CHECK(stage.swarm.stored().test(lost[0]));
}

TEST_CASE("what a guest gave who has been forgotten is decided on, too", "[doubts]") {
  Scene large{.self = 1001, .listed = {1000, 1001, 1002}, .stored = "01111111", .most_guests = 1};
  for (std::uint32_t id = 1000; id < 1050; ++id)
    large.everybody.push_back(id);  // so that it is not soon looked for itself
  Stage stage(large);
  Remote& guest = stage.feeds(1003, "10000000");
  guest.hears();
  CHECK(guest.gives(0));
  guest.leaves();
  stage.passes(11s);
  CHECK(stage.swarm.complete());
  CHECK(stage.count("1 taken on trust") == 1);
}

TEST_CASE("whoever was found out comes again: only what is certain is asked for", "[doubts]") {
  Stage stage(scene());
  Remote& bob = stage.feeds(1002, first_halves());
  announces(bob, 8, {next_request(bob)});
  bob.leaves();
  Remote& again = stage.feeds(1002, "11000001" + std::string(kPieces - 8, '0'));
  CHECK(gives_next(again) + gives_next(again) == 0 + 7);
  CHECK(stage.swarm.stored().count() == 2);
  CHECK(test::requested(again.hears()).empty());
}

TEST_CASE("with a manifest there are no doubts", "[doubts]") {
  Scene with_manifest = scene();
  with_manifest.content = ContentPrefix{};
  Stage stage(with_manifest);
  Remote& bob = stage.feeds(1002, first_halves());
  gives_next(bob);
  CHECK(stage.swarm.stored().count() == 1);
}

}  // namespace
}  // namespace p2p
