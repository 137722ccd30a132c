// How Common.cfg and PeerInfo.cfg become a swarm.
#include "peer/commands/listed_swarm.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

std::vector<config::PeerLine> peers(std::uint32_t count) {
  std::vector<config::PeerLine> lines;
  for (std::uint32_t i = 0; i < count; ++i) lines.push_back({.id = 1001 + i, .host = "h", .port = 6000});
  return lines;
}

SwarmConfig swarm(const config::CommonCfg& common, std::uint32_t count, std::size_t self) {
  return listed_swarm(common, peers(count), self, Geometry(10, 4), 7);
}

TEST_CASE("without MaxConnections each peer has all others for neighbors, in the order of PeerInfo.cfg",
          "[listed swarm]") {
  const SwarmConfig config = swarm({}, 4, 2);
  CHECK(config.self == PeerId{1003});
  CHECK(config.listed == std::vector{PeerId{1001}, PeerId{1002}, PeerId{1003}, PeerId{1004}});
  CHECK_FALSE(config.everybody);
  CHECK(config.most_guests == 0);
}

TEST_CASE("with MaxConnections a peer has some neighbors, and knows everybody for the time when it starves",
          "[listed swarm]") {
  config::CommonCfg common{};
  common.max_connections = 4;
  const SwarmConfig config = swarm(common, 40, 5);
  CHECK(config.listed.size() < 40);
  CHECK(std::ranges::is_sorted(config.listed));
  CHECK(std::ranges::count(config.listed, config.self) == 1);
  REQUIRE(config.everybody);
  CHECK(config.everybody->size() == 40);
  CHECK(config.most_guests == 4);
}

TEST_CASE("what Common.cfg says of choking reaches the swarm", "[listed swarm]") {
  config::CommonCfg common{};
  common.preferred_neighbors = 2;
  common.unchoking_interval_s = 3;
  common.optimistic_interval_s = 11;
  const SwarmConfig course = swarm(common, 6, 0);
  CHECK(course.preferred_neighbors == 2);
  CHECK(course.unchoking_interval == 3s);
  CHECK(course.optimistic_interval == 11s);
  CHECK(course.max_pipeline == 7);
  CHECK(course.choking_policy == ChokingPolicy::course);
  CHECK(course.favored.empty());
  common.choking_policy = config::ChokingPolicy::cooperative;
  const SwarmConfig cooperative = swarm(common, 6, 0);
  CHECK(cooperative.choking_policy == ChokingPolicy::cooperative);
  CHECK(cooperative.favored.size() == 3);  // one more than preferred neighbors, for the optimistic one
}

}  // namespace
}  // namespace p2p
