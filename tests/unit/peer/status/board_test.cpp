// What the network thread hangs out, and what others see of it.
#include "peer/status/board.hpp"

#include <deque>
#include <functional>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

/// A network thread that runs what is posted when it is told to.
struct Desk {
  void run() {
    while (!posted.empty()) {
      auto call = std::move(posted.front());
      posted.pop_front();
      call();
    }
  }

  std::deque<std::function<void()>> posted{};
  StatusBoard board{{.peer = 7, .mode = "classic", .address = "h:1", .version = "1", .exit_when = "self"},
                    [this](std::function<void()> call) { posted.push_back(std::move(call)); },
                    std::nullopt};
};

TEST_CASE("from its making on there is a status, and a first event", "[status]") {
  Desk desk;
  const auto status = desk.board.latest();
  REQUIRE(status);
  CHECK(status->peer.id == 7);
  CHECK(status->peer.address == "h:1");
  CHECK(status->state.phase == Phase::starting);
  CHECK(status->state.exit_when == "self");
  CHECK(status->last_event == 1);
  CHECK(desk.posted.empty());
}

TEST_CASE("a status is made when somebody asks, once for all who ask, and never changes", "[status]") {
  Desk desk;
  int made = 0, published = 0;
  desk.board.set_source([&](Status& status) { status.content.stored = static_cast<std::uint32_t>(++made); });
  desk.board.on_published([&] { ++published; });
  const auto before = desk.board.latest();
  desk.board.ask();
  desk.board.ask();
  CHECK(desk.posted.size() == 1);
  CHECK(made == 0);
  desk.run();
  CHECK(made == 1);
  CHECK(published == 1);
  CHECK(before->content.stored == 0);
  CHECK(desk.board.latest()->content.stored == 1);
  desk.board.ask();
  desk.run();
  CHECK(made == 2);
}

TEST_CASE("when its source is gone the last status stays, and whoever waits is told", "[status]") {
  Desk desk;
  int published = 0;
  desk.board.set_source([](Status& status) { status.content.stored = 5; });
  desk.board.ask();
  desk.run();
  desk.board.set_source(nullptr);
  desk.board.on_published([&] { ++published; });
  desk.board.ask();
  desk.run();
  CHECK(published == 1);
  CHECK(desk.board.latest()->content.stored == 5);
}

TEST_CASE("phases are events when they change; after the end there is none", "[status]") {
  Desk desk;
  const auto tick = [&](Phase phase) { desk.board.tick(phase, {}, [] { return std::optional(Wait::choked); }); };
  tick(Phase::fetching);
  tick(Phase::fetching);
  tick(Phase::serving);
  desk.board.leave(0);
  desk.board.leave(1);
  tick(Phase::serving);
  std::vector<std::string> told;
  for (const EventRecord& record : desk.board.events().from(1, 100)) told.push_back(to_json(record));
  REQUIRE(told.size() == 5);
  CHECK(told[1].find("\"state\":\"fetching\"") != std::string::npos);
  CHECK(told[2].find("\"state\":\"serving\"") != std::string::npos);
  CHECK(told[3].find("\"state\":\"leaving\"") != std::string::npos);
  CHECK(told[4].find("\"event\":\"leaving\",\"code\":0") != std::string::npos);
}

TEST_CASE("a status has no more neighbors than it may, the linked ones first", "[status]") {
  Desk desk;
  desk.board.set_source([](Status& status) {
    for (std::uint32_t i = 0; i < 3000; ++i) {
      status.neighbors.emplace_back();
      status.neighbors.back().id = i;
      status.neighbors.back().linked = i % 2 == 1;
    }
  });
  desk.board.publish();
  const auto status = desk.board.latest();
  REQUIRE(status->neighbors.size() == kMostStatusNeighbors);
  CHECK(status->neighbors[0].id == 1);
  CHECK(status->neighbors[1].id == 3);
  CHECK(status->neighbors.back().linked);
}

}  // namespace
}  // namespace p2p
