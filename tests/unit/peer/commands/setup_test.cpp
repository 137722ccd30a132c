// Both configuration files and a peer's own place in them.
#include "peer/commands/setup.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string>

#include "config/hex.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/storage/digest.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::TempDir;

constexpr std::string_view kCommon =
    "NumberOfPreferredNeighbors 2\nUnchokingInterval 5\nOptimisticUnchokingInterval 15\n"
    "FileName TheFile.dat\nFileSize 10000232\nPieceSize 32768\n";
constexpr std::string_view kPeers = "1001 host-a 6008 1\n1002 host-b 6008 0\n1003 host-c 6009 0\n";

void write_both(const TempDir& dir) {
  dir.write("Common.cfg", kCommon);
  dir.write("PeerInfo.cfg", kPeers);
}

/// "code: message" of the way out; empty when there was none.
std::string refusal(const TempDir& dir, std::uint32_t id) {
  try {
    load_setup(dir.path(), id);
  } catch (const ExitError& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  }
  return {};
}

TEST_CASE("a peer finds itself and the geometry", "[setup]") {
  const TempDir dir;
  write_both(dir);
  const Setup setup = load_setup(dir.path(), 1002);
  CHECK(setup.self_index == 1);
  CHECK(setup.self().host == "host-b");
  CHECK(setup.peers.size() == 3);
  CHECK(setup.content(nullptr).layout.geometry().piece_count() == 306);
  CHECK(setup.common.file_name == "TheFile.dat");
  CHECK(setup.directory == dir.path());
}

TEST_CASE("beside a manifest the sizes may be left out, and must otherwise be the manifest's", "[setup]") {
  const TempDir dir;
  write_both(dir);
  const std::string text = R"({"peerProcess_manifest":1,"kind":"file","piece_size":4,"piece_hash":"xxh3","files":[)"
                           R"({"path":"f","size":5,"mode":"0644","pieces":)"
                           R"(["00000000000000000000000000000000","00000000000000000000000000000000"]}]})";
  const Sha256Digest id = sha256(std::as_bytes(std::span(text)));
  const ManifestPtr manifest = check_manifest(text, id, "f.manifest");
  REQUIRE(manifest);
  const auto content = [&](const std::string& sizes) {
    dir.write(
        "Common.cfg",
        "NumberOfPreferredNeighbors 2\nUnchokingInterval 5\nOptimisticUnchokingInterval 15\nFileName TheFile.dat\n" +
            sizes + "Manifest " + config::to_hex(id) + "\n");
    const Setup setup = load_setup(dir.path(), 1002);
    CHECK(setup.common.manifest == id);
    return setup.content(manifest);
  };
  for (const char* sizes : {"", "FileSize 5\n", "PieceSize 4\n", "FileSize 5\nPieceSize 4\n"})
    CHECK(content(sizes).layout.geometry().piece_count() == 2);
  CHECK_THROWS_WITH(content("FileSize 6\n"), (dir / "Common.cfg").string() + ": FileSize is 6, but 5 in the manifest");
  CHECK_THROWS_WITH(content("PieceSize 5\n"),
                    (dir / "Common.cfg").string() + ": PieceSize is 5, but 4 in the manifest");
}

TEST_CASE("the swarm is told the peers in the order of the file, seconds and the pipeline", "[setup]") {
  const TempDir dir;
  write_both(dir);
  const Setup setup = load_setup(dir.path(), 1003);
  const SwarmConfig config = setup.swarm_config(setup.content(nullptr), 7);
  CHECK(config.self == PeerId{1003});
  CHECK(config.listed == std::vector{PeerId{1001}, PeerId{1002}, PeerId{1003}});
  CHECK(config.geometry.total_size() == 10'000'232);
  CHECK(config.geometry.piece_size() == 32'768);
  CHECK(config.preferred_neighbors == 2);
  CHECK(config.unchoking_interval == 5s);
  CHECK(config.optimistic_interval == 15s);
  CHECK(config.max_pipeline == 7);
}

TEST_CASE("with MaxConnections the swarm is told ourselves and our neighbors alone, in the order of the file",
          "[setup]") {
  const TempDir dir;
  dir.write("Common.cfg", std::string(kCommon) + "MaxConnections 4\n");
  std::string peers;
  for (int id = 1001; id <= 1020; ++id) peers += std::to_string(id) + " host-" + std::to_string(id) + " 6008 0\n";
  dir.write("PeerInfo.cfg", peers);
  std::map<std::uint32_t, std::vector<PeerId>> listed;
  for (std::uint32_t id = 1001; id <= 1020; ++id) listed[id] = load_setup(dir.path(), id).neighbors();
  for (const auto& [id, neighbors] : listed) {
    INFO("peer " << id);
    CHECK(neighbors.size() <= 5);
    CHECK(std::ranges::is_sorted(neighbors));
    CHECK(std::ranges::count(neighbors, PeerId{id}) == 1);
    // Both ends of a link agree on it.
    for (const PeerId neighbor : neighbors) CHECK(std::ranges::count(listed[neighbor.value], PeerId{id}) == 1);
  }
}

TEST_CASE("the folder is peer_<id>, or <id> where only that is there", "[setup]") {
  const TempDir dir;
  write_both(dir);
  const auto folder = [&] { return load_setup(dir.path(), 1002).folder; };
  CHECK(folder() == dir / "peer_1002");  // to be made
  dir.write("1002", "a file, no folder");
  CHECK(folder() == dir / "peer_1002");
  std::filesystem::remove(dir / "1002");
  std::filesystem::create_directory(dir / "1002");
  CHECK(folder() == dir / "1002");
  std::filesystem::create_directory(dir / "peer_1002");
  CHECK(folder() == dir / "peer_1002");
}

TEST_CASE("a peer that is not listed is told who is", "[setup]") {
  const TempDir dir;
  write_both(dir);
  CHECK(refusal(dir, 1004) == "64: " + (dir / "PeerInfo.cfg").string() +
                                  ": peer 1004 is not listed; the first line is peer 1001, the last 1003");
}

TEST_CASE("a missing file is named with the reason and a hint", "[setup]") {
  const TempDir dir;
  const std::string why =
      ": cannot be read: No such file or directory; expected Common.cfg and PeerInfo.cfg in the directory (see --dir)";
  CHECK(refusal(dir, 1001) == "64: " + (dir / "Common.cfg").string() + why);
  dir.write("Common.cfg", kCommon);
  CHECK(refusal(dir, 1001) == "64: " + (dir / "PeerInfo.cfg").string() + why);
}

TEST_CASE("a folder in a configuration file's place is named as such", "[setup]") {
  const TempDir dir;
  write_both(dir);
  std::filesystem::remove(dir / "PeerInfo.cfg");
  std::filesystem::create_directory(dir / "PeerInfo.cfg");
  CHECK(refusal(dir, 1001).starts_with("64: " + (dir / "PeerInfo.cfg").string() + ": cannot be read: Is a directory"));
}

TEST_CASE("what is wrong with both files is told at once", "[setup]") {
  const TempDir dir;
  write_both(dir);
  dir.write("PeerInfo.cfg", "1001 host-a 0 1\n");
  std::string common(kCommon);
  dir.write("Common.cfg", common.replace(common.find("32768"), 5, "0"));
  try {
    load_setup(dir.path(), 1001);
    FAIL("accepted");
  } catch (const config::ConfigError& error) {
    CHECK(std::string(error.what()) ==
          (dir / "Common.cfg").string() + ":6:11: PieceSize is \"0\", expected bytes from 1 to 67108864\n" +  //
              (dir / "PeerInfo.cfg").string() + ":1:13: port is \"0\", expected an integer from 1 to 65535");
  }
}

}  // namespace
}  // namespace p2p
