// Folders that say in a file of their own name where the other clusters are, and whom to join by them.
#include "peer/discovery/cluster.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "config/config_error.hpp"
#include "peer/discovery/join.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/working_folder.hpp"

namespace p2p {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

constexpr const char* kText = "cluster2p[5002],cluster3p[5003],app@workshopp[5004]\n";

TEST_CASE("a cluster is a folder with a file of its name, with .txt or without", "[cluster]") {
  const TempDir dir;
  dir.write("one/one", kText);
  dir.write("two/two.txt", kText);
  dir.write("both/both", kText);
  dir.write("both/both.txt", "nonsense that nobody reads");
  CHECK(read_cluster(dir / "one")->file == "one");
  CHECK(read_cluster(dir / "two")->file == "two.txt");
  CHECK(read_cluster(dir / "both")->file == "both");
  for (const char* const spelled : {"one", "one/", "one/.", "./one", "two/../one"}) {
    INFO(spelled);
    const auto cluster = read_cluster(dir.path() / spelled);
    REQUIRE(cluster);
    CHECK(cluster->name == "one");
    CHECK(cluster->entries.size() == 3);
  }
}

TEST_CASE("a folder without such a file is no cluster, whatever else it has", "[cluster]") {
  const TempDir dir;
  dir.write("plain/other", kText);
  fs::create_directories(dir / "folder/folder");
  fs::create_directory(dir / "pipe");
  REQUIRE(::mkfifo((dir / "pipe/pipe").c_str(), 0600) == 0);
  fs::create_directory(dir / "link");
  fs::create_symlink("nowhere", dir / "link/link");
  for (const char* const name : {"plain", "folder", "pipe", "link", "nothing"}) {
    INFO(name);
    CHECK_FALSE(read_cluster(dir / name));
  }
}

TEST_CASE("what is wrong with a cluster's file is told with its path", "[cluster]") {
  const TempDir dir;
  dir.write("one/one", "cluster2p[0]");
  dir.write("large/large", std::string((1u << 20) + 1, ' '));
  for (const char* const name : {"one", "large"}) {
    try {
      read_cluster(dir / name);
      FAIL("it was read");
    } catch (const config::ConfigError& error) {
      CHECK(error.findings().front().file == (dir / name / name).string());
    }
  }
}

TEST_CASE("a cluster knows where the others are", "[cluster]") {
  const TempDir dir;
  dir.write("cluster3/cluster3", kText);
  const auto cluster = read_cluster(dir / "cluster3");
  REQUIRE(cluster);
  CHECK(to_string(cluster->others("cluster3")) == "localhost:5002, workshop:5004");
  CHECK(cluster->others("nobody").size() == 3);
  REQUIRE(cluster->find("app"));
  CHECK(cluster->find("app")->host == "workshop");
  CHECK(cluster->find("nobody") == nullptr);
}

TEST_CASE("of a directory's folders those with a right file are clusters, in the order of their names", "[cluster]") {
  const TempDir dir;
  dir.write("z/z", kText);
  dir.write("a/a.txt", kText);
  dir.write("wrong/wrong", "nonsense");
  dir.write("plain/file", "");
  dir.write("file", kText);
  std::vector<std::string> names;
  for (const Cluster& cluster : find_clusters(dir.path())) names.push_back(cluster.name);
  CHECK(names == std::vector<std::string>{"a", "z"});
  CHECK(find_clusters(dir / "nowhere").empty());
}

TEST_CASE("what --join says is joined, else the clusters of this directory, else this machine", "[join]") {
  const TempDir dir;
  const test::WorkingFolder here(dir.path());
  const std::vector<Address> usual = addresses_to_join({});
  CHECK(std::ranges::count(usual, Address{"localhost", 5000}) == 1);
  for (const Address& address : usual) CHECK(address.port == 5000);
  dir.write("one/one", "twop[5002],threep[5003]");
  dir.write("two/two", "twop[5002],far@elsewherep[7]");
  CHECK(to_string(addresses_to_join({})) == "elsewhere:7, localhost:5002, localhost:5003");
  CHECK(to_string(addresses_to_join({{"there", 1}})) == "there:1");
}

TEST_CASE("for whom nobody answers it is said who was asked and why none of them answers", "[join]") {
  const std::vector<Address> asked{{"a", 1}, {"::1", 2}};
  CHECK(nobody_answers(asked, {}) == "no node answers at a:1, [::1]:2; say where with --join HOST[:PORT]");
  const DialFailure refused{DialFailure::Kind::refused, "it refuses"},
      unknown{DialFailure::Kind::not_resolved, "who is that"};
  CHECK(nobody_answers(asked, {{asked[0], refused}, {asked[1], unknown}}) ==
        "no node answers at a:1, [::1]:2 (it refuses; who is that); say where with --join HOST[:PORT]");
  // One reason of several is told once.
  CHECK(nobody_answers(asked, {{asked[0], refused}, {asked[1], refused}}) ==
        "no node answers at a:1, [::1]:2 (it refuses); say where with --join HOST[:PORT]");
}

TEST_CASE("waiting is in vain when all refuse or are unknown, and not while one may only be slow", "[join]") {
  const std::vector<Address> asked{{"a", 1}, {"b", 2}};
  const auto fails = [](DialFailure::Kind kind) { return DialFailure{kind, "why"}; };
  using Kind = DialFailure::Kind;
  CHECK(is_final(asked, {{asked[0], fails(Kind::refused)}, {asked[1], fails(Kind::not_resolved)}}));
  CHECK_FALSE(is_final(asked, {{asked[0], fails(Kind::refused)}}));
  CHECK_FALSE(is_final(asked, {}));
  for (const Kind kind : {Kind::timed_out, Kind::no_route, Kind::other})
    CHECK_FALSE(is_final(asked, {{asked[0], fails(Kind::refused)}, {asked[1], fails(kind)}}));
}

}  // namespace
}  // namespace p2p
