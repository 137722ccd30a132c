// The injected randomness: one seed, one sequence, on every platform.
#include "protocol/random.hpp"

#include <algorithm>
#include <array>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

TEST_CASE("one seed gives one sequence, the published one", "[random]") {
  Random random(1234567);
  CHECK(random.next() == 6457827717110365317u);
  CHECK(random.next() == 3203168211198807973u);
  CHECK(random.next() == 9817491932198370423u);
}

TEST_CASE("numbers stay below their bound and reach all of it", "[random]") {
  Random random(1);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) ++seen[random.below(6)];
  for (const int times : seen) CHECK((times > 850 && times < 1150));
  CHECK(random.below(1) == 0);
}

TEST_CASE("a unit is at least 0 and less than 1", "[random]") {
  Random random(1);
  double least = 1, most = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double unit = random.unit();
    least = std::min(least, unit);
    most = std::max(most, unit);
  }
  CHECK(least >= 0);
  CHECK(least < 0.01);
  CHECK(most < 1);
  CHECK(most > 0.99);
}

TEST_CASE("a shuffle keeps all items and gives each place the same chance", "[random]") {
  Random random(1);
  std::array<int, 4> first{};
  for (int i = 0; i < 4000; ++i) {
    std::array<int, 4> items{0, 1, 2, 3};
    random.shuffle(std::span<int>(items));
    ++first[static_cast<std::size_t>(items[0])];
    std::ranges::sort(items);
    REQUIRE(items == std::array<int, 4>{0, 1, 2, 3});
  }
  for (const int times : first) CHECK((times > 850 && times < 1150));
}

}  // namespace
}  // namespace p2p
