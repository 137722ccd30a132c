// Numbered events, and readers that are somewhere else among them.
#include "peer/status/event_ring.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

EventRecord have(std::uint32_t piece) {
  return {.time = 1.5, .content = nullptr, .what = Event(HaveReceived{PeerId{7}, PieceIndex{piece}})};
}

void fill(EventRing& ring, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) ring.add(have(i));
}

/// The objects of server-sent events, each with the number of its id line.
std::vector<nlohmann::json> objects_of(const std::string& text) {
  std::vector<nlohmann::json> objects;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\n\n", at);
    REQUIRE(end != std::string::npos);
    const std::string event = text.substr(at, end - at);
    const std::size_t data = event.find("\ndata: ");
    REQUIRE(event.starts_with("id: "));
    objects.push_back(nlohmann::json::parse(event.substr(data + 7)));
    CHECK(std::to_string(objects.back()["seq"].get<std::uint64_t>()) == event.substr(4, data - 4));
    at = end + 2;
  }
  return objects;
}

TEST_CASE("events are numbered from 1 on, and a reader gets those behind its place", "[status]") {
  EventRing ring;
  CHECK(ring.last() == 0);
  CHECK(ring.first() == 0);
  fill(ring, 5);
  CHECK(ring.last() == 5);
  EventReader reader(ring, 3);
  REQUIRE(reader.has_news());
  const auto objects = objects_of(reader.take(1 << 20));
  REQUIRE(objects.size() == 2);
  CHECK(objects[0] == nlohmann::json({{"seq", 4}, {"time", 1.5}, {"event", "have"}, {"peer", 7}, {"piece", 3}}));
  CHECK(objects[1]["seq"] == 5);
  CHECK_FALSE(reader.has_news());
  CHECK(reader.take(1 << 20).empty());
  ring.add(have(9));
  CHECK(objects_of(reader.take(1 << 20)).front()["piece"] == 9);
}

TEST_CASE("what is taken is cut between events, and nothing is lost", "[status]") {
  EventRing ring;
  fill(ring, 300);
  EventReader reader(ring, 0);
  std::uint64_t seen = 0;
  while (reader.has_news())
    for (const auto& object : objects_of(reader.take(100))) CHECK(object["seq"] == ++seen);
  CHECK(seen == 300);
}

TEST_CASE("a reader that is too slow is told how much it missed, and goes on", "[status]") {
  EventRing ring;
  fill(ring, 10);
  EventReader reader(ring, 2);
  fill(ring, EventRing::kKept + 100);
  const auto objects = objects_of(reader.take(1));
  REQUIRE(objects.size() == 2);
  CHECK(objects[0]["event"] == "gap");
  CHECK(objects[0]["missed"] == 108);
  CHECK(objects[0]["restarted"] == false);
  CHECK(objects[0]["seq"] == 110);
  CHECK(objects[1]["seq"] == 111);
  CHECK(ring.first() == 111);
}

TEST_CASE("a place in another run's events is no place in this one's", "[status]") {
  EventRing ring;
  fill(ring, 3);
  EventReader reader(ring, 1000);
  REQUIRE(reader.has_news());
  const auto objects = objects_of(reader.take(1 << 20));
  REQUIRE(objects.size() == 4);
  CHECK(objects[0]["event"] == "gap");
  CHECK(objects[0]["restarted"] == true);
  CHECK(objects[0]["missed"] == 0);
  CHECK(objects[1]["seq"] == 1);
}

TEST_CASE("the recent ones are the last fifty that are no haves", "[status]") {
  EventRing ring;
  for (std::uint32_t i = 0; i < 60; ++i) {
    ring.add({.time = 0, .content = nullptr, .what = Event(UnchokedBy{PeerId{i}})});
    fill(ring, 3);
  }
  const auto recent = ring.recent();
  REQUIRE(recent.size() == EventRing::kRecent);
  CHECK(recent.front().seq == 10 * 4 + 1);
  CHECK(recent.back().seq == 59 * 4 + 1);
}

}  // namespace
}  // namespace p2p
