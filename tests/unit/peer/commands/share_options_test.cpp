// The command lines of share, ls and get, and what share makes of a cluster's file.
#include <sstream>
#include <vector>

#include "config/config_error.hpp"
#include "peer/discovery/cluster.hpp"
#include "peer/discovery/dht_module.hpp"
#include "peer/discovery/own_hosts.hpp"
#include "peer/ground/exit_code.hpp"
#include "tests/support/command_lines.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using test::parse;
using test::parsed;
using test::refused;
using test::TempDir;

TEST_CASE("share's options are understood", "[command line]") {
  const TempDir dir;
  const auto all = parsed<ShareOptions>(
      {"share",      "--folder", dir.path().string(), "--port",    "5001", "--join", "a:1,[::1]:2", "--join",
       "b:3",        "--host",   "10.0.0.1",          "--network", "mine", "--jobs", "3",           "--json",
       "--progress", "none",     "--log-level",       "debug"});
  CHECK(all.folder == dir.path());
  CHECK_FALSE(all.cluster);
  CHECK(all.port == 5001);
  CHECK((all.net.join == std::vector<Address>{{"a", 1}, {"::1", 2}, {"b", 3}}));
  CHECK(all.host == "10.0.0.1");
  CHECK(all.net.network == Network("mine"));
  CHECK(all.jobs == 3);
  CHECK(all.net.json);
  CHECK(all.net.log_level == "debug");
  const auto least = parsed<ShareOptions>({"share", dir.path().string()});
  CHECK(least.cluster == dir.path());
  CHECK_FALSE(least.folder);
  CHECK_FALSE((least.reserve.hidden || least.reserve.unreadable));
  CHECK(parsed<ShareOptions>({"share", dir.path().string(), "--hidden"}).reserve.hidden);
  CHECK(parsed<ShareOptions>({"share", dir.path().string(), "--private"}).reserve.unreadable);
  CHECK_FALSE(least.port);
  CHECK(least.net.join.empty());
  CHECK(refused({"share"}));
  CHECK(refused({"share", dir.path().string(), "--folder", dir.path().string()}));
  CHECK(refused({"share", "--folder", (dir / "nowhere").string()}));
  CHECK(refused({"share", "--folder", dir.path().string(), "--port", "65536"}));
  CHECK(refused({"share", "--folder", dir.path().string(), "--host", "a b"}));
  CHECK(refused({"share", "--folder", dir.path().string(), "--join", "a:"}));
}

TEST_CASE("get's options are understood", "[command line]") {
  const auto least = parsed<GetOptions>({"get", "a/b.bin"});
  CHECK(least.wanted == "a/b.bin");
  CHECK_FALSE(least.id);
  CHECK(least.out == ".");
  CHECK_FALSE(least.quorum);
  CHECK_FALSE(least.timeout_s);
  CHECK_FALSE(least.update);
  const std::string digits = "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff";
  const auto all =
      parsed<GetOptions>({"get", digits, "--out", "o", "--quorum", "2", "--timeout", "9", "--update", "--json"});
  REQUIRE(all.id);
  CHECK((*all.id)[1] == std::byte{0x11});
  CHECK(all.wanted == "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
  CHECK(all.out == "o");
  CHECK(all.quorum == 2u);
  CHECK(all.timeout_s == 9u);
  CHECK(all.update);
  for (const char* const name : {"../a", "/a", "a//b", ""}) CHECK(refused({"get", name}));
  CHECK(refused({"get"}));
  CHECK(refused({"get", "a", "--quorum", "0"}));
}

TEST_CASE("several names, folders and patterns are a get of many, one name is not", "[command line]") {
  using Kind = Wanted::Kind;
  const auto selection = [](const std::vector<std::string>& words) { return parsed<GetOptions>(words).selection; };
  CHECK(selection({"get", "a"}).empty());
  CHECK(selection({"get", "a", "b"}) == std::vector<Wanted>{{Kind::name, "a"}, {Kind::name, "b"}});
  CHECK(selection({"get", "sub/"}) == std::vector<Wanted>{{Kind::folder, "sub/"}});
  CHECK(selection({"get", "*.bin"}) == std::vector<Wanted>{{Kind::pattern, "*.bin"}});
  CHECK(selection({"get", "--all"}) == std::vector<Wanted>{{Kind::all}});
  CHECK(parsed<GetOptions>({"get", "--all", "--delete"}).remove);
  const std::string digits(64, 'a');
  CHECK_FALSE(parsed<GetOptions>({"get", "--name", digits}).id);
  CHECK(parsed<GetOptions>({"get", "--name", digits}).wanted == digits);
  CHECK(selection({"get", "--name", "*", "b"}) == std::vector<Wanted>{{Kind::name, "b"}, {Kind::name, "*"}});
  for (const auto& words : {std::vector<std::string>{"get", "--all", "a"},
                            {"get", "a", "--delete"},
                            {"get", "../"},
                            {"get", "/"},
                            {"get", "--all", "--keep"}})
    CHECK(refused(words));
}

TEST_CASE("ls has options and at most one word", "[command line]") {
  CHECK(parsed<LsOptions>({"ls", "--join", "h:7"}).net.join == std::vector<Address>{{"h", 7}});
  CHECK(parsed<LsOptions>({"ls"}).net.network == Network("default"));
  CHECK(parsed<LsOptions>({"ls", "sub/", "--long"}).prefix == "sub/");
  CHECK(parsed<LsOptions>({"ls", "--long"}).in_full);
  CHECK(refused({"ls", "a", "b"}));
}

TEST_CASE("--join takes one word, wherever it stands", "[command line]") {
  const std::vector<Address> one{{"h", 7}};
  const std::vector<Address> two{{"h", 7}, {"i", 5000}};
  using Words = std::vector<std::string>;
  for (const Words& words :
       {Words{"get", "--join", "h:7", "f"}, Words{"get", "f", "--join", "h:7"}, Words{"get", "--join=h:7", "f"}}) {
    CHECK(parsed<GetOptions>(words).net.join == one);
    CHECK(parsed<GetOptions>(words).wanted == "f");
  }
  for (const Words& words : {Words{"get", "--join", "h:7,i", "f"}, Words{"get", "--join", "h:7", "f", "--join", "i"},
                             Words{"get", "f", "--join=h:7,i"}, Words{"get", "--join", "h:7", "--join", "i", "f"}}) {
    CHECK(parsed<GetOptions>(words).net.join == two);
    CHECK(parsed<GetOptions>(words).wanted == "f");
  }
  const TempDir dir;
  const auto cluster = parsed<ShareOptions>({"share", "--join", "h:7", dir.path().string()});
  CHECK(cluster.net.join == one);
  CHECK(cluster.cluster == dir.path());
  CHECK(parsed<LsOptions>({"ls", "--join", "h:7", "i:8"}).prefix == "i:8");
}

TEST_CASE("no option takes more than its own word", "[command line]") {
  const TempDir dir;
  dir.write("peers", "");
  const std::string folder = dir.path().string();
  const std::string peers = (dir / "peers").string();
  const auto takes_one = [](std::vector<std::string> command, const std::vector<std::vector<std::string>>& options) {
    // One word too many: an option that took it would be content.
    for (const auto& option : options) {
      std::vector<std::string> words = command;
      words.insert(words.end(), option.begin(), option.end());
      INFO(option.front());
      CHECK_FALSE(refused(words));
      words.push_back("5");
      // A get may have several names.
      if (command.front() == "get")
        CHECK(parsed<GetOptions>(words).selection == std::vector<Wanted>{wanted_by("f"), wanted_by("5")});
      else
        CHECK(refused(words));
    }
  };
  takes_one({"get", "f"}, {{"--join", "h"},
                           {"--out", "o"},
                           {"--quorum", "2"},
                           {"--timeout", "9"},
                           {"--update"},
                           {"--json"},
                           {"--network", "n"},
                           {"--progress", "none"},
                           {"--log-level", "off"}});
  takes_one({"ls", "p"},
            {{"--join", "h"}, {"--json"}, {"--network", "n"}, {"--progress", "none"}, {"--log-level", "off"}});
  takes_one({"share", "--folder", folder},
            {{"--join", "h"}, {"--port", "7"}, {"--host", "h"}, {"--jobs", "3"}, {"--json"}});
  takes_one({"verify", "m", "d"}, {{"--jobs", "3"}, {"--progress", "none"}, {"--json"}});
  takes_one({"chunks", "--folder", folder, "--transfer_port", "7"},
            {{"--name", "n"}, {"--peers", peers}, {"--id", "7"}, {"--quorum", "2"}, {"--dir", folder}});
  // Here more words are more paths.
  const auto manifest =
      parsed<ManifestOptions>({"manifest", "-o", "m", "a", "--piece-size", "1MiB", "b", "--jobs", "3", "c"});
  CHECK(manifest.paths.size() == 3);
}

SharePlan plan(std::vector<std::string> words) { return plan_share(parsed<ShareOptions>(std::move(words))); }

TEST_CASE("a folder is shared on port 5000, and joins that port of this machine unless it is its own", "[share]") {
  const TempDir dir;
  const auto first = plan({"share", "--folder", dir.path().string()});
  CHECK(first.self.port == 5000);
  CHECK(first.self.host == primary_host());
  CHECK(first.join.empty());
  const auto second = plan({"share", "--folder", dir.path().string(), "--port", "5001", "--host", "localhost"});
  CHECK(second.self == Address{"localhost", 5001});
  CHECK(second.join == std::vector<Address>{{"localhost", 5000}});
}

TEST_CASE("a cluster joins those that its file lists, and has its own entry's port and host", "[share]") {
  const TempDir dir;
  dir.write("cluster1/cluster1", "cluster2p[5002],cluster3@10.0.0.3p[5003],cluster1@10.0.0.1p[5001]");
  const auto own = plan({"share", (dir / "cluster1").string()});
  CHECK(own.self == Address{"10.0.0.1", 5001});
  CHECK((own.join == std::vector<Address>{{"localhost", 5002}, {"10.0.0.3", 5003}}));
  CHECK(own.hidden == std::set<std::string>{"cluster1"});
  CHECK(plan({"share", (dir / "cluster1/").string() + "/"}).self == own.self);
  CHECK(plan({"share", (dir / "cluster1").string(), "--port", "7", "--host", "localhost"}).self ==
        Address{"localhost", 7});
  CHECK(plan({"share", (dir / "cluster1").string(), "--join", "x:9"}).join == std::vector<Address>{{"x", 9}});
}

TEST_CASE("a cluster's port may stand in the file of a cluster beside it", "[share]") {
  const TempDir dir;
  dir.write("cluster1/cluster1", "cluster2p[5002]");
  CHECK_THROWS_AS(plan({"share", (dir / "cluster1").string()}), ExitError);
  dir.write("cluster2/cluster2.txt", "cluster1p[5001]\n");
  dir.write("other/other", "no list of clusters");
  dir.write("plain/file", "x");
  CHECK(plan({"share", (dir / "cluster1").string()}).self == Address{"localhost", 5001});
  CHECK(find_clusters(dir.path()).size() == 2);
  CHECK_THROWS_AS(plan({"share", (dir / "other").string()}), config::ConfigError);
  CHECK_THROWS_AS(plan({"share", (dir / "plain").string(), "--port", "7"}), ExitError);
}

TEST_CASE("a node without a DHT refuses --dht, and visitors need none", "[command line]") {
  CHECK(refused({"share", "--folder", ".", "--dht"}) == !no_dht().empty());
  CHECK_FALSE(refused({"ls", "--dht"}));
  CHECK_FALSE(refused({"get", "name", "--dht"}));
}

TEST_CASE("share may offer one file of a folder", "[command line]") {
  const TempDir dir;
  dir.write("a", "text");
  const auto one = parsed<ShareOptions>({"share", "--file", (dir / "a").string(), "--no-cache"});
  const SharePlan plan = plan_share(one);
  CHECK(plan.folder == dir.path());
  CHECK(plan.only == "a");
  CHECK_FALSE(one.keeps);
  CHECK(parsed<ShareOptions>({"share", "--folder", dir.path().string()}).keeps);
  CHECK_FALSE(plan_share(parsed<ShareOptions>({"share", "--folder", dir.path().string()})).only);
  CHECK(refused({"share", "--file", dir.path().string()}));
  CHECK(refused({"share", "--file", (dir / "a").string(), "--folder", dir.path().string()}));
  CHECK(refused({"share", "--file", (dir / "a").string(), "--as", "b"}));
}

TEST_CASE("a get that others lead says where it is, and ends with them", "[command line]") {
  const auto led = parsed<GetOptions>({"get", "a", "--as", "sub/b", "--while-stdin", "30", "--json-progress"});
  CHECK(led.as == "sub/b");
  CHECK(led.while_stdin_s == 30);
  CHECK(led.net.status.json_progress);
  CHECK(parsed<GetOptions>({"get", "a", "--json-progress", "--json-events=3"}).net.status.json_events == 3);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"get", "a", "--json-progress", "--json"},
                                             {"get", "a", "--json-progress", "--json-events"},
                                             {"get", "a", "b", "--json-progress"},
                                             {"get", "--all", "--as", "x"},
                                             {"get", "a", "--as", "../x"},
                                             {"get", "a", "--while-stdin", "0"}})
    CHECK(refused(words));
}

}  // namespace
}  // namespace p2p
