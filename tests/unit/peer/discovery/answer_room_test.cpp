// How much memory the answers of a search take together.
#include "peer/discovery/answer_room.hpp"

#include <vector>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("when answers take too much, the largest is stopped, so that small ones come through", "[share]") {
  AnswerRoom room(1000);
  std::vector<int> stopped;
  const auto small = room.begin([&] { stopped.push_back(1); });
  const auto large = room.begin([&] { stopped.push_back(2); });
  room.hold(small, 100);
  room.hold(large, 900);
  CHECK(stopped.empty());
  room.hold(small, 101);
  CHECK(stopped == std::vector{2});
  CHECK(room.cut() == 1);
  room.hold(large, 5000);  // on its way to its end
  room.hold(small, 1000);
  CHECK(stopped == std::vector{2});
  SECTION("one alone is stopped when it is too large") {
    room.hold(small, 1001);
    CHECK(stopped == std::vector{2, 1});
  }
  SECTION("room comes back") {
    room.end(small);
    const auto next = room.begin([&] { stopped.push_back(3); });
    room.hold(next, 1000);
    CHECK(stopped == std::vector{2});
  }
}

TEST_CASE("of each answer three quarters of what is left may be kept, so that something is left for all", "[share]") {
  AnswerRoom room(1024);
  for (std::size_t expected = 768; expected > 0; expected /= 4) {
    CHECK(room.for_one() == expected);
    room.keep(room.for_one());
  }
}

TEST_CASE("kept and coming answers share the room", "[share]") {
  AnswerRoom room(1000);
  bool stopped = false;
  const auto coming = room.begin([&] { stopped = true; });
  room.hold(coming, 700);
  room.keep(300);
  CHECK_FALSE(stopped);
  room.keep(1);
  CHECK(stopped);
}

}  // namespace
}  // namespace p2p
