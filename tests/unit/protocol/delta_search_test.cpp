// Which pieces are asked for when an old file may give the others.
#include "protocol/delta/delta_search.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/delta_run.hpp"

namespace p2p {
namespace {

using test::DeltaRun;
using test::noise;
using test::operator+;

constexpr std::uint32_t kPiece = 4096;

TEST_CASE("A few bytes put in front cost one piece") {
  const Bytes old = noise(1, 256 * kPiece);
  const DeltaRun run(old, noise(2, 100) + old, kPiece);
  CHECK(run.fetched == 1);
  CHECK(run.complete);
}

TEST_CASE("A few bytes taken from the front cost one piece") {
  const Bytes old = noise(1, 256 * kPiece);
  const DeltaRun run(old, Bytes(old.begin() + 100, old.end()), kPiece);
  CHECK(run.fetched == 1);
  CHECK(run.complete);
}

TEST_CASE("What is put into the middle is fetched, and what follows it is found") {
  const Bytes old = noise(1, 256 * kPiece);
  const Bytes front(old.begin(), old.begin() + 500'000), back(old.begin() + 500'000, old.end());
  const DeltaRun run(old, front + noise(2, 4 * kPiece + 77) + back, kPiece);
  CHECK(run.fetched <= 7);
  CHECK(run.complete);
}

TEST_CASE("What is changed in its place is fetched alone") {
  const Bytes old = noise(1, 256 * kPiece);
  Bytes changed = old;
  const Bytes other = noise(2, 4 * kPiece);
  std::ranges::copy(other, changed.begin() + 500'000);
  const DeltaRun run(old, changed, kPiece);
  CHECK(run.fetched == 5);
  CHECK(run.complete);
}

TEST_CASE("Two parts that change places cost the pieces at their seams") {
  const Bytes old = noise(1, 256 * kPiece);
  const Bytes front(old.begin(), old.begin() + 333'333), back(old.begin() + 333'333, old.end());
  const DeltaRun run(old, back + front, kPiece);
  CHECK(run.fetched <= 3);
  CHECK(run.complete);
}

TEST_CASE("What is wholly new comes more and more at a time") {
  const DeltaRun run(noise(1, 256 * kPiece), noise(2, 256 * kPiece), kPiece);
  CHECK(run.fetched == 256);
  CHECK(run.rounds < 40);
  CHECK(run.complete);
}

TEST_CASE("Of an old file that is one and the same everywhere nothing is supposed") {
  const DeltaRun run(Bytes(64 * kPiece), noise(2, 100) + Bytes(64 * kPiece), kPiece);
  CHECK(run.complete);
}

TEST_CASE("What was fetched before an interruption tells where the rest is") {
  const Bytes old = noise(1, 256 * kPiece);
  const Bytes now = noise(2, 100) + old;
  Bitfield stored(257);
  stored.set(PieceIndex{100});
  const DeltaRun run(old, now, kPiece, stored);
  // The first piece alone has bytes that are new.
  CHECK(run.fetched == 1);
  CHECK(run.complete);
}

TEST_CASE("An old file that is shorter than a piece is of no use, and of no harm") {
  const DeltaRun run(noise(1, 100), noise(2, 10 * kPiece), kPiece);
  CHECK(run.fetched == 10);
  CHECK(run.complete);
}

TEST_CASE("A content of one piece is asked for") {
  const DeltaRun run(noise(1, 100), noise(2, 50), kPiece);
  CHECK(run.fetched == 1);
  CHECK(run.complete);
}

}  // namespace
}  // namespace p2p
