// Who has a file: hints of the discovery, and the word of each node itself.
#include "peer/discovery/holder_search.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/hex.hpp"
#include "tests/support/catalog_node.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_discovery.hpp"
#include "tests/support/stream_pair.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::CatalogNode;
using test::run_until;

ContentId id(unsigned char first) { return {std::byte{first}}; }
config::CatalogEntry entry(const std::string& name, unsigned char content, std::uint64_t size = 5) {
  return {name, size, id(content)};
}
const config::CatalogEntry kFile = entry("file", 7);

struct Setup {
  Setup() { spdlog::set_level(spdlog::level::off); }
  ~Setup() { spdlog::set_level(spdlog::level::info); }

  /// The discovery says that this node has the file.
  void hint(const Address& at, std::uint32_t peer = 100, const std::string& name = "file", unsigned char content = 7) {
    world.found.insert({{PeerId{peer}, at.host, at.port}, {name, id(content), 5}});
    world.nodes.insert({PeerId{peer}, at.host, at.port});
  }
  HolderSearch search(const std::string& wanted = "file", std::vector<Address> join = {},
                      std::optional<ContentId> content = {}) {
    return HolderSearch(io, discovery,
                        {.self = PeerId{5},
                         .network = Network("n"),
                         .wanted = wanted,
                         .id = content,
                         .join = std::move(join),
                         .patience = 2s});
  }
  /// "7 file 07, 8 file 08", sorted, of one round.
  std::string round(HolderSearch& search, const std::set<Address>& known = {}, const std::set<Address>& also = {}) {
    std::vector<std::string> all;
    int done = 0;
    search.run(
        known, also,
        [&](const Holder& holder) {
          CHECK(holder.ip == "127.0.0.1");
          all.push_back(std::to_string(holder.peer.value) + " " + holder.name + " " +
                        config::to_hex(holder.id).substr(0, 2));
        },
        [&] { ++done; });
    CHECK(done == 0);
    run_until(io, [&] { return done > 0; });
    io.restart();
    io.poll();
    CHECK(done == 1);
    std::ranges::sort(all);
    std::string text;
    for (const std::string& each : all) text += (text.empty() ? "" : ", ") + each;
    return text;
  }

  asio::io_context io{1};
  test::World world;
  test::FakeDiscovery discovery{io, world};
};

TEST_CASE("each node that is heard of is asked itself, and its word counts", "[holder_search]") {
  Setup setup;
  const CatalogNode has(setup.io, 7, {kFile}), has_another(setup.io, 8, {entry("file", 8)}),
      has_nothing(setup.io, 9, std::vector<config::CatalogEntry>{}), not_heard_of(setup.io, 10, {kFile});
  for (const CatalogNode* const node : {&has, &has_another, &has_nothing}) setup.hint(node->address());
  HolderSearch search = setup.search();
  CHECK(setup.round(search) == "7 file 07, 8 file 08");
  CHECK(search.answered() == 3);
  CHECK(search.failures().empty());
  CHECK(has.asked() == std::vector{catalog_key(Network("n"), "file")});
  CHECK(not_heard_of.asked().empty());
}

TEST_CASE("the nodes of --join are asked, too, and nobody twice", "[holder_search]") {
  Setup setup;
  const CatalogNode joined(setup.io, 7, {kFile}), hinted(setup.io, 8, {kFile}), also(setup.io, 9, {kFile}),
      known(setup.io, 10, {kFile});
  for (const CatalogNode* const node : {&joined, &hinted, &known}) setup.hint(node->address());
  setup.hint(hinted.address(), 101);
  HolderSearch search = setup.search("file", {joined.address(), joined.address()});
  CHECK(setup.round(search, {known.address()}, {also.address(), hinted.address()}) ==
        "7 file 07, 8 file 07, 9 file 07");
  CHECK(joined.asked().size() == 1);
  CHECK(hinted.asked().size() == 1);
  CHECK(known.asked().empty());
}

TEST_CASE("an answer that says more than was asked for is taken only where it fits", "[holder_search]") {
  Setup setup;
  const CatalogNode node(setup.io, 7, {entry("a", 1), entry("b", 7), kFile});
  setup.hint(node.address());
  setup.hint(node.address(), 100, "b");
  HolderSearch search = setup.search();
  CHECK(setup.round(search) == "7 file 07");
  search.look_for(id(7));
  CHECK(setup.round(search) == "7 b 07, 7 file 07");
  search.look_for("a");
  CHECK(setup.round(search, {}, {node.address()}) == "7 a 01");
  CHECK(node.asked() == std::vector{catalog_key(Network("n"), "file"), catalog_key(Network("n"), config::to_hex(id(7))),
                                    catalog_key(Network("n"), "a")});
  HolderSearch all = setup.search("");
  CHECK(setup.round(all) == "7 a 01, 7 b 07, 7 file 07");
}

TEST_CASE("our own catalog is no answer", "[holder_search]") {
  Setup setup;
  const CatalogNode ourselves(setup.io, 5, {kFile});
  HolderSearch search = setup.search("file", {ourselves.address()});
  CHECK(setup.round(search).empty());
  CHECK(search.answered() == 1);
}

TEST_CASE("who does not answer, or answers nonsense, is told with the reason, and the others count",
          "[holder_search]") {
  Setup setup;
  Address gone{"127.0.0.1", 0};
  {
    tcp::acceptor closed(setup.io, {asio::ip::address_v4::loopback(), 0});
    gone.port = closed.local_endpoint().port();
  }
  const CatalogNode has(setup.io, 7, {kFile}), nonsense(setup.io, 8, std::string("<html>")),
      closes(setup.io, 9, std::nullopt);
  HolderSearch search =
      setup.search("file", {gone, {"nosuch.invalid", 5}, has.address(), nonsense.address(), closes.address()});
  CHECK(setup.round(search) == "7 file 07");
  // One that closes without a word has nothing for us.
  CHECK(search.answered() == 2);
  REQUIRE(search.failures().size() == 3);
  CHECK(search.failures().at(gone).kind == DialFailure::Kind::refused);
  CHECK(search.failures().at({"nosuch.invalid", 5}).kind == DialFailure::Kind::not_resolved);
  CHECK(search.failures().at(nonsense.address()).text.starts_with(to_string(nonsense.address()) + " gives no catalog"));
}

TEST_CASE("a round does not wait for the silent, and takes their answer when it comes", "[holder_search]") {
  Setup setup;
  CatalogNode silent(setup.io, 8, {kFile});
  const CatalogNode has(setup.io, 7, {kFile});
  silent.fall_silent();
  HolderSearch search = setup.search("file", {silent.address(), has.address()});
  CHECK(setup.round(search) == "7 file 07");
  CHECK(search.answered() == 1);
}

TEST_CASE("hundreds of nodes are all asked", "[holder_search]") {
  Setup setup;
  std::vector<std::unique_ptr<CatalogNode>> nodes;
  for (std::uint32_t i = 0; i < 200; ++i) {
    nodes.push_back(std::make_unique<CatalogNode>(setup.io, 1000 + i, std::vector{kFile}));
    setup.hint(nodes.back()->address(), 1000 + i);
  }
  HolderSearch search = setup.search();
  const std::string found = setup.round(search);
  CHECK(std::ranges::count(found, 'f') == 200);
  CHECK(search.answered() == 200);
}

TEST_CASE("a search that is gone hears of no answer", "[holder_search]") {
  Setup setup;
  const CatalogNode has(setup.io, 7, {kFile});
  {
    HolderSearch search = setup.search("file", {has.address()});
    search.run(
        {}, {}, [](const Holder&) { FAIL("a holder was told"); }, [] { FAIL("it was done"); });
  }
  run_until(setup.io, [&] { return has.asked().size() == 1; });
  setup.io.run_for(20ms);
}

TEST_CASE("an endless catalog is cut, and those that are small come through", "[holder_search]") {
  Setup setup;
  std::vector<config::CatalogEntry> many;
  for (int i = 0; i < 60'000; ++i) {
    char name[16];
    std::snprintf(name, sizeof name, "%06d", i);
    many.push_back({std::string(200, 'n') + name, 5, id(1)});
  }
  std::vector<std::unique_ptr<CatalogNode>> endless;
  std::vector<Address> join;
  for (std::uint32_t i = 0; i < 6; ++i) {
    endless.push_back(std::make_unique<CatalogNode>(setup.io, 100 + i, many));
    join.push_back(endless.back()->address());
  }
  const CatalogNode small(setup.io, 7, {kFile});
  join.push_back(small.address());
  HolderSearch search = setup.search("", join);
  std::size_t holders = 0;
  bool has_small = false, done = false;
  search.run(
      {}, {},
      [&](const Holder& holder) {
        ++holders;
        has_small = has_small || holder.name == "file";
      },
      [&] { done = true; });
  run_until(setup.io, [&] { return done; });
  CHECK(has_small);
  CHECK(holders * (200 + 320) <= AnswerRoom::kUsualBytes);
}

TEST_CASE("a question's key is of its network and its words, and of nothing else", "[catalog_link]") {
  CHECK(catalog_key(Network("n"), "file") == catalog_key(Network("n"), "file"));
  CHECK(catalog_key(Network("n"), "file") != catalog_key(Network("m"), "file"));
  CHECK(catalog_key(Network("n"), "file") != catalog_key(Network("n"), "fil"));
  // Where one ends and the other begins counts.
  CHECK(catalog_key(Network("na"), "b") != catalog_key(Network("n"), "ab"));
  CHECK(catalog_key(Network(""), "nb") != catalog_key(Network("n"), "b"));
}

}  // namespace
}  // namespace p2p
