// Whether a second request for the same piece is worth it.
#include "protocol/swarm/endgame.hpp"

#include <vector>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

std::optional<std::uint32_t> duplicate(std::vector<InFlight> in_flight, double own_eta_s) {
  const auto piece = pick_duplicate(in_flight, own_eta_s);
  return piece ? std::optional(piece->value) : std::nullopt;
}

constexpr PieceIndex kA{1};
constexpr PieceIndex kB{2};
constexpr PieceIndex kC{3};

TEST_CASE("nothing in flight, nothing to duplicate", "[endgame]") { CHECK_FALSE(duplicate({}, 0.1)); }

TEST_CASE("the piece that is expected last is asked for again", "[endgame]") {
  CHECK(duplicate({{kA, 1}, {kB, 9}, {kC, 3}}, 0.5) == kB.value);
}

TEST_CASE("a duplicate must promise to come in less than half the time", "[endgame]") {
  CHECK(duplicate({{kA, 2.0}}, 0.9) == kA.value);
  CHECK_FALSE(duplicate({{kA, 2.0}}, 1.1));
}

TEST_CASE("what comes in a moment anyway is not worth a duplicate", "[endgame]") {
  CHECK_FALSE(duplicate({{kA, 0.04}}, 0.001));
  CHECK(duplicate({{kA, 0.06}}, 0.001) == kA.value);
}

}  // namespace
}  // namespace p2p
