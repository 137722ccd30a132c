// One reader's stream of events.
#include "peer/http/event_stream.hpp"

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

const Instant kStart{};

void add(EventRing& ring) { ring.add({.time = 1, .content = nullptr, .what = Event(FileCompleted{})}); }

TEST_CASE("the header goes before the address, and what is no number says nothing", "[http]") {
  CHECK(stream_position({}, {}) == std::nullopt);
  CHECK(stream_position("7", "8") == 7u);
  CHECK(stream_position({}, "8") == 8u);
  CHECK(stream_position("x", "8") == 8u);
  CHECK(stream_position("", "-1") == std::nullopt);
  CHECK(stream_position("99999999999999999999999", {}) == std::nullopt);
  CHECK(stream_position("18446744073709551615", {}) == std::nullopt);
}

TEST_CASE("a stream begins with the time to come back, and then with the next event", "[http]") {
  EventRing ring;
  add(ring);
  EventStream stream(ring, {}, kStart);
  CHECK(stream.take(1000, kStart) == "retry: 2000\n\n");
  CHECK(stream.take(1000, kStart).empty());
  add(ring);
  CHECK(stream.take(1000, kStart).starts_with("id: 2\ndata: {"));
}

TEST_CASE("small pieces of a stream are the whole of it", "[http]") {
  EventRing ring;
  for (int i = 0; i < 20; ++i) add(ring);
  EventStream whole(ring, 0, kStart), parts(ring, 0, kStart);
  const auto read = [](EventStream& stream, std::size_t most) {
    std::string text;
    for (std::string_view part; !(part = stream.take(most, kStart)).empty();) {
      CHECK(part.size() <= most);
      text += part;
    }
    return text;
  };
  CHECK(read(parts, 7) == read(whole, 1 << 20));
}

TEST_CASE("who has nothing to hear hears that we are still here", "[http]") {
  EventRing ring;
  EventStream stream(ring, {}, kStart);
  CHECK_FALSE(stream.take(1000, kStart).empty());
  CHECK(stream.take(1000, kStart + 14s).empty());
  CHECK(stream.take(1000, kStart + 15s) == ": still here\n\n");
  CHECK(stream.take(1000, kStart + 15s).empty());
}

}  // namespace
}  // namespace p2p
