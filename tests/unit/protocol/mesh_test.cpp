// Whole exchanges between swarms: bytes from one to the other, no socket, no file, no waiting.
#include "tests/support/mesh.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Mesh;
using test::MeshPlan;

/// Every peer has the content, got each piece it lacked exactly once, and knows that all are done.
void check_done(Mesh& mesh, const MeshPlan& plan) {
  for (std::uint32_t id = 1001; id < 1001 + plan.peers; ++id) {
    INFO("peer " << id);
    const bool seed = std::ranges::find(plan.seeds, id) != plan.seeds.end();
    CHECK(mesh.has_content(id));
    CHECK(mesh.stored(id) == std::vector<int>(plan.geometry.piece_count(), seed ? 0 : 1));
    CHECK(mesh.count(id, "file complete") == (seed ? 0 : 1));
    CHECK(mesh.count(id, "swarm complete") == 1);
    CHECK(mesh.swarm(id).swarm_complete());
  }
  CHECK(mesh.served_while_choked() == 0);
}

TEST_CASE("two, three and five peers exchange a file to the end", "[mesh]") {
  for (const std::uint32_t peers : {2u, 3u, 5u})
    for (const std::uint32_t pipeline : {1u, 512u})
      for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        INFO(peers << " peers, pipeline " << pipeline << ", seed " << seed);
        const MeshPlan plan{.peers = peers, .pipeline = pipeline, .seed = seed};
        Mesh mesh(plan);
        mesh.start_all();
        REQUIRE(mesh.completes(2min));
        check_done(mesh, plan);
      }
}

TEST_CASE("any line may be the seed", "[mesh]") {
  for (const std::uint32_t seed : {1002u, 1003u}) {
    const MeshPlan plan{.peers = 3, .seeds = {seed}};
    Mesh mesh(plan);
    mesh.start_all();
    REQUIRE(mesh.completes(2min));
    check_done(mesh, plan);
  }
}

TEST_CASE("several peers may start with the file", "[mesh]") {
  const MeshPlan plan{.peers = 4, .seeds = {1001, 1003}};
  Mesh mesh(plan);
  mesh.start_all();
  REQUIRE(mesh.completes(2min));
  check_done(mesh, plan);
}

TEST_CASE("files of one byte, of one piece and of pieces that divide exactly are exchanged", "[mesh]") {
  for (const Geometry& geometry : {Geometry(1, 1000), Geometry(1000, 1000), Geometry(8000, 1000), Geometry(9, 1)}) {
    INFO(geometry.total_size() << " bytes in pieces of " << geometry.piece_size());
    const MeshPlan plan{.peers = 3, .geometry = geometry};
    Mesh mesh(plan);
    mesh.start_all();
    REQUIRE(mesh.completes(2min));
    check_done(mesh, plan);
  }
}

TEST_CASE("with only the optimistic slot the exchange is slower and still complete", "[mesh]") {
  const MeshPlan plan{.peers = 4, .preferred = 0};
  Mesh mesh(plan);
  mesh.start_all();
  REQUIRE(mesh.completes(10min));
  check_done(mesh, plan);
}

TEST_CASE("peers feed each other: the seed does not send every copy", "[mesh]") {
  const MeshPlan plan{.peers = 5, .geometry = Geometry(400'000, 1000), .preferred = 1};
  Mesh mesh(plan);
  mesh.start_all();
  REQUIRE(mesh.completes(10min));
  check_done(mesh, plan);
  std::ptrdiff_t from_seed = 0;
  for (const std::uint32_t id : {1002u, 1003u, 1004u, 1005u}) from_seed += mesh.taken(id, 1001);
  CHECK(from_seed < 4 * 400 * 3 / 4);
}

TEST_CASE("peers that start late or in reverse order find each other", "[mesh]") {
  const MeshPlan plan{.peers = 4};
  Mesh mesh(plan);
  for (const std::uint32_t id : {1004u, 1003u, 1002u, 1001u}) {
    mesh.start(id);
    CHECK_FALSE(mesh.completes(3s));  // those that run already dial in vain; nobody may think that all is done
    if (id == 1002) CHECK(mesh.swarm(id).stored().count() == 0);
    if (id == 1002) break;
  }
  mesh.start(1001);
  REQUIRE(mesh.completes(2min));
  check_done(mesh, plan);
}

TEST_CASE("a peer that is killed in the middle and starts again from nothing completes", "[mesh]") {
  for (const std::uint32_t victim : {1002u, 1003u, 1004u}) {
    INFO("victim " << victim);
    const MeshPlan plan{.peers = 4, .geometry = Geometry(200'000, 1000)};
    Mesh mesh(plan);
    mesh.start_all();
    REQUIRE(mesh.runs_until([&] { return mesh.swarm(victim).stored().count() > 50; }, 1min));
    REQUIRE_FALSE(mesh.swarm(victim).complete());
    mesh.kill(victim);
    CHECK_FALSE(mesh.completes(5s));  // its disconnect made it complete for nobody
    mesh.start(victim);
    REQUIRE(mesh.completes(2min));
    check_done(mesh, plan);
  }
}

TEST_CASE("without the seed nobody has the file, and with it again everybody gets it", "[mesh]") {
  const MeshPlan plan{.peers = 3, .geometry = Geometry(200'000, 1000)};
  Mesh mesh(plan);
  mesh.start_all();
  REQUIRE(mesh.runs_until([&] { return mesh.swarm(1002).stored().count() > 20; }, 1min));
  mesh.kill(1001);
  const auto all_have_it = [&] { return mesh.has_content(1002) && mesh.has_content(1003); };
  CHECK_FALSE(mesh.runs_until(all_have_it, 30s));
  mesh.start(1001);
  // Not that the seed knows it: who completes by others has no reason to meet a seed again that it knows as complete.
  CHECK(mesh.runs_until(all_have_it, 2min));
}

}  // namespace
}  // namespace p2p
