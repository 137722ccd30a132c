// Who is asked for a manifest, in which order, and how often.
#include "peer/content/manifest_search.hpp"

#include <set>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{100s};

TEST_CASE("each source is asked once a round, the next as soon as the last has failed", "[manifest-search]") {
  ManifestSearch search(5, 1, kStart);
  std::set<std::uint32_t> asked;
  for (int i = 0; i < 5; ++i) {
    const auto source = search.poll(kStart);
    REQUIRE(source);
    CHECK(asked.insert(*source).second);
    CHECK_FALSE(search.poll(kStart));
    search.on_failed(*source, kStart);
  }
  CHECK_FALSE(search.poll(kStart));
  CHECK(search.rounds() == 1);
}

TEST_CASE("a source that takes its time does not keep us from the next", "[manifest-search]") {
  ManifestSearch search(2, 1, kStart);
  const auto slow = search.poll(kStart);
  CHECK(search.next_deadline() == kStart + 5s);
  CHECK_FALSE(search.poll(kStart + 4999ms));
  const auto other = search.poll(kStart + 5s);
  REQUIRE(other);
  CHECK(*other != *slow);
  // The slow one's end is no reason to ask anybody while the other is waited for.
  search.on_failed(*slow, kStart + 6s);
  CHECK_FALSE(search.poll(kStart + 6s));
  search.on_failed(*other, kStart + 7s);
  CHECK_FALSE(search.poll(kStart + 7s));
  CHECK(search.rounds() == 1);
}

TEST_CASE("the pause between rounds doubles from a tenth of a second to two seconds", "[manifest-search]") {
  ManifestSearch search(1, 1, kStart);
  Instant now = kStart;
  for (const Duration pause : {100ms, 200ms, 400ms, 800ms, 1600ms, 2000ms, 2000ms}) {
    const auto source = search.poll(now);
    REQUIRE(source);
    search.on_failed(*source, now);
    CHECK_FALSE(search.poll(now));
    CHECK(search.next_deadline() == now + pause);
    CHECK_FALSE(search.poll(now + pause - 1ms));
    now += pause;
  }
  CHECK(search.rounds() == 7);
}

TEST_CASE("no more than sixteen are asked at a time", "[manifest-search]") {
  ManifestSearch search(40, 1, kStart);
  Instant now = kStart;
  std::uint32_t asked = 0;
  for (int i = 0; i < 100; ++i, now += 5s)
    while (search.poll(now)) ++asked;
  CHECK(asked == 16);
}

TEST_CASE("who is still being asked is not asked again in the next round", "[manifest-search]") {
  ManifestSearch search(1, 1, kStart);
  REQUIRE(search.poll(kStart));
  for (Instant now = kStart; now < kStart + 60s; now += 100ms) CHECK_FALSE(search.poll(now));
  CHECK(search.rounds() > 1);
}

TEST_CASE("different seeds ask in different orders", "[manifest-search]") {
  std::set<std::uint32_t> first;
  for (std::uint64_t seed = 0; seed < 50; ++seed) first.insert(*ManifestSearch(8, seed, kStart).poll(kStart));
  CHECK(first.size() > 3);
}

TEST_CASE("without sources nobody is ever asked", "[manifest-search]") {
  ManifestSearch search(0, 1, kStart);
  CHECK_FALSE(search.poll(kStart + 1h));
  CHECK(search.next_deadline() == kNever);
}

}  // namespace
}  // namespace p2p
