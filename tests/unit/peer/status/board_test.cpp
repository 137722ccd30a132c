// What the network thread hangs out, and what others see of it.
#include "peer/status/board.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

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

TEST_CASE("progress is told when it is news, and is one line each", "[status]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  const auto lines = [&] {
    std::string text(1 << 16, '\0');
    const ssize_t n = ::read(ends[0], text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    std::vector<nlohmann::json> parsed;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) parsed.push_back(nlohmann::json::parse(line));
    return parsed;
  };
  {
    StatusBoard board(
        {.peer = 7, .mode = "get"}, [](const std::function<void()>&) {}, std::nullopt, ends[1]);
    const auto neighbor = [](std::uint32_t id, double rate) {
      Status::Neighbor one;
      one.id = id;
      one.address = "h:" + std::to_string(id);
      one.linked = true;
      one.received_rate = rate;
      return one;
    };
    bool complete = false;
    board.set_source([&](Status& status) {
      status.content.id = "ab";
      status.content.size = 5;
      status.content.stored_bytes = complete ? 5 : 2;
      status.state.complete = complete;
      status.neighbors = {neighbor(1, 10), neighbor(2, 20), neighbor(3, 0)};
    });
    board.tell_progress();
    board.tell_progress();
    const auto first = lines();
    REQUIRE(first.size() == 1);
    CHECK(first[0]["complete"] == false);
    CHECK(first[0]["content_id"] == "ab");
    CHECK(first[0]["stored_bytes"] == 2);
    REQUIRE(first[0]["from"].size() == 2);
    CHECK(first[0]["from"][0]["address"] == "h:2");
    CHECK(first[0]["stuck"].is_null());
    complete = true;
    board.tell_progress();
    const auto second = lines();
    REQUIRE(second.size() == 1);
    CHECK(second[0]["complete"] == true);
  }
  CHECK(lines().empty());  // events go elsewhere
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace p2p
