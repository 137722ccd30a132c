// Sharing nodes and who asks them, in one process on the loopback; discovery is a table in memory.
#include <random>

#include "config/hex.hpp"
#include "peer/content/manifest_link.hpp"
#include "peer/discovery/holder_search.hpp"
#include "peer/net/dialer.hpp"
#include "peer/net/tcp_stream.hpp"
#include "peer/node/fetch.hpp"
#include "peer/node/node_id.hpp"
#include "peer/node/share_node.hpp"
#include "peer/storage/digest.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_discovery.hpp"
#include "tests/support/networks.hpp"
#include "tests/support/stream_pair.hpp"
#include "tests/support/temp_dir.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::run_until;
using test::World;

/// A folder that is shared on a port of the loopback.
class Place {
 public:
  Place(asio::io_context& io, World& world, const Network& network = Network("n"))
      : io_(io),
        acceptor_(io, {asio::ip::address_v4::loopback(), 0}),
        discovery_(io, world, Node{self, "127.0.0.1", acceptor_.local_endpoint().port()}),
        library(io, {.folder = dir.path(), .jobs = 2},
                {.on_offered =
                     [this](const Holding& holding) {
                       node->offered(holding);
                       discovery_.announce(holding);
                     },
                 .on_withdrawn =
                     [this](const Holding& holding) {
                       node->withdrawn(holding);
                       discovery_.withdraw(holding);
                     },
                 .on_work = [] {}}),
        node(std::make_unique<ShareNode>(io, Node{self, "127.0.0.1", port_}, network, library)) {
    accept();
  }

  /// Shares what has been written to `dir`.
  void open(std::size_t files) {
    library.start();
    offers(files);
  }
  void offers(std::size_t files) {
    run_until(io_, [&] {
      return library.pending().looked && library.pending().waiting == 0 && library.offered().size() == files;
    });
  }
  /// Nobody answers any more, though others were told.
  void vanish() { acceptor_.close(); }

  Address address() const { return {"127.0.0.1", port_}; }

  const PeerId self = random_peer_id();
  test::TempDir dir;

 private:
  void accept() {
    acceptor_.async_accept([this](const std::error_code& error, tcp::socket socket) {
      if (error) return;
      node->add_accepted(std::make_unique<TcpStream>(std::move(socket)));
      accept();
    });
  }

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  std::uint16_t port_ = acceptor_.local_endpoint().port();
  test::FakeDiscovery discovery_;

 public:
  Library library;
  std::unique_ptr<ShareNode> node;
};

std::string random_text(std::size_t size, std::uint32_t seed = 1) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

std::optional<NodeCatalog> asked(asio::io_context& io, const Address& address, const std::string& question,
                                 const Network& network = Network("n")) {
  std::optional<NodeCatalog> answer;
  bool answered = false;
  ask_catalog(io, PeerId{1}, address, network, question, std::make_shared<AnswerRoom>(), {},
              [&](const CatalogAnswer& given) {
                answer = given.catalog;
                answered = true;
              });
  run_until(io, [&] { return answered; });
  return answer;
}

TEST_CASE("a node says what it offers: all, one name, one content; and nothing to another network",
          "[share][network]") {
  asio::io_context io;
  World world;
  Place place(io, world);
  place.dir.write("a.bin", "1");
  place.dir.write("sub/a.bin", "1");
  place.dir.write("b.bin", "22");
  place.open(3);
  const auto all = asked(io, place.address(), "");
  REQUIRE(all);
  CHECK(all->peer == place.self);
  REQUIRE(all->entries.size() == 3);
  CHECK(all->entries[0].name == "a.bin");
  CHECK(all->entries[2].name == "sub/a.bin");
  CHECK(all->entries[0].content_id == all->entries[2].content_id);
  CHECK(all->entries[0].content_id != all->entries[1].content_id);
  const auto b = asked(io, place.address(), "b.bin");
  REQUIRE(b);
  // In answers to all questions but the one for everything there is what the manifests of small files follow from.
  const auto in_full = asked(io, place.address(), "/");
  REQUIRE(in_full->entries.size() == 3);
  const std::string bytes = "22";
  CHECK(in_full->entries[1].sha256 == sha256(std::as_bytes(std::span(bytes))));
  CHECK_FALSE(all->entries[1].sha256);
  CHECK(b->entries == std::vector{in_full->entries[1]});
  CHECK(asked(io, place.address(), config::to_hex(all->entries[0].content_id))->entries.size() == 2);
  CHECK(asked(io, place.address(), "sub/")->entries == std::vector{in_full->entries[2]});
  CHECK(asked(io, place.address(), "sub")->entries.empty());
  CHECK(asked(io, place.address(), "c.bin")->entries.empty());
  CHECK(asked(io, place.address(), "", Network("other"))->entries.empty());
  CHECK(asked(io, place.address(), "b.bin", test::private_network("n"))->entries.empty());
}

TEST_CASE("a node of a private network answers its members alone", "[share][network]") {
  asio::io_context io;
  World world;
  Place place(io, world, test::private_network("n"));
  place.dir.write("sub/a.bin", "1");
  place.open(1);
  for (const char* const question : {"", "/", "sub/", "sub/a.bin"}) {
    CHECK(asked(io, place.address(), question, test::private_network("n"))->entries.size() == 1);
    for (const Network& other : {Network("n"), test::private_network("n", 1), test::private_network("m")})
      CHECK(asked(io, place.address(), question, other)->entries.empty());
  }
}

TEST_CASE("a long answer is what is offered now, each time", "[share][network]") {
  asio::io_context io;
  World world;
  Place place(io, world);
  for (std::size_t i = 1; i <= 1'000; ++i) place.dir.write("sub/" + std::to_string(i), "1");
  place.open(1'000);
  const auto check_answers = [&](std::size_t files) {
    place.offers(files);
    for (const char* const each : {"", "/", "sub/"}) CHECK(asked(io, place.address(), each)->entries.size() == files);
  };
  check_answers(1'000);
  place.dir.write("sub/0", "3");
  check_answers(1'001);
  std::filesystem::remove(place.dir / "sub/0");
  check_answers(1'000);
}

TEST_CASE("where no node is there is no answer", "[share][network]") {
  asio::io_context io;
  World world;
  Place place(io, world);
  place.vanish();
  CHECK_FALSE(asked(io, place.address(), ""));
}

TEST_CASE("what changes in a folder changes what is offered", "[share][network]") {
  asio::io_context io;
  World world;
  Place place(io, world);
  place.dir.write("a", "1");
  place.open(1);
  const ContentId before = place.library.offered()[0].id;
  place.dir.write("new/b", "2");
  place.offers(2);
  std::filesystem::rename(place.dir / "new", place.dir / "renamed");
  run_until(io, [&] {
    return asked(io, place.address(), "renamed/b")->entries.size() == 1 &&
           asked(io, place.address(), "new/b")->entries.empty();
  });
  place.dir.write("a", "something else");
  run_until(io, [&] {
    const auto now = asked(io, place.address(), "a")->entries;
    return now.size() == 1 && now[0].content_id != before;
  });
  std::filesystem::remove(place.dir / "a");
  run_until(io, [&] { return asked(io, place.address(), "a")->entries.empty(); });
  place.offers(1);
  CHECK(asked(io, place.address(), "renamed/")->entries.size() == 1);
  CHECK(asked(io, place.address(), "new/")->entries.empty());
  CHECK(world.found.size() == 1);
}

std::vector<Holder> searched(asio::io_context& io, World& world, const std::string& name,
                             std::vector<Address> join = {}) {
  test::FakeDiscovery discovery(io, world);
  HolderSearch search(io, discovery,
                      {.self = PeerId{1}, .network = Network("n"), .wanted = name, .id = {}, .join = std::move(join)});
  std::vector<Holder> holders;
  bool done = false;
  search.run(
      {}, {}, [&](const Holder& holder) { holders.push_back(holder); }, [&] { done = true; });
  run_until(io, [&] { return done; });
  return holders;
}

TEST_CASE("holders are those that say so themselves", "[share][network]") {
  asio::io_context io;
  World world;
  Place right(io, world), gone(io, world), joined(io, world);
  for (Place* place : {&right, &gone, &joined}) {
    place->dir.write("f", "bytes");
    place->open(1);
  }
  CHECK(searched(io, world, "f").size() == 3);
  gone.vanish();
  // Announced, and by now something else.
  world.found.insert({{PeerId{5}, "127.0.0.1", right.address().port}, {"g", {}, 1}});
  CHECK(searched(io, world, "g").empty());
  const auto holders = searched(io, world, "f");
  CHECK(holders.size() == 2);
  world.found.clear();
  const auto through_join = searched(io, world, "f", {joined.address(), joined.address()});
  REQUIRE(through_join.size() == 1);
  CHECK(through_join[0].peer == joined.self);
  CHECK(through_join[0].size == 5);
}

ManifestPtr manifest_from(asio::io_context& io, const Holder& holder) {
  ManifestPtr known;
  fetch_manifest(io, PeerId{1}, holder.id, {{holder.peer, holder.address.host, holder.address.port}},
                 [&](ManifestPtr found) { known = std::move(found); });
  run_until(io, [&] { return known != nullptr; });
  return known;
}

TEST_CASE("a file is fetched from all holders, and a holder that goes is replaced", "[share][network]") {
  asio::io_context io;
  World world;
  auto first = std::make_unique<Place>(io, world);
  auto second = std::make_unique<Place>(io, world);
  const std::string content = random_text(40u << 20);
  for (Place* place : {first.get(), second.get()}) {
    place->dir.write("f", content);
    place->open(1);
  }
  const auto holders = searched(io, world, "f");
  REQUIRE(holders.size() == 2);
  const test::TempDir target;
  bool complete = false;
  const auto known = manifest_from(io, holders[0]);
  Fetch fetch(io, PeerId{1}, known, target / "f", {ProgressMode::none, {}},
              {[&] { complete = true; }, [](std::uint32_t) {}});
  fetch.start();
  // The first alone, until it is in the middle; then it is gone for good.
  const bool swap = holders[0].peer == first->self;
  fetch.add_holder(holders[0]);
  run_until(io, [&] { return !fetch.contributions().empty(); });
  fetch.add_holder(holders[1]);
  run_until(io, [&] { return complete || fetch.contributions().size() == 2; });
  (swap ? first : second)->vanish();
  (swap ? first : second)->node->finish([] {});
  run_until(io, [&] { return complete; });
  CHECK(target.read("f") == content);
  CHECK_FALSE(target.has("f.part"));
  bool finished = false;
  fetch.finish([&] { finished = true; });
  run_until(io, [&] { return finished; });
}

TEST_CASE("a file that changes while it is fetched is not mixed with what it was", "[share][network]") {
  asio::io_context io;
  World world;
  Place place(io, world);
  place.dir.write("f", random_text(8u << 20));
  place.open(1);
  const auto before = searched(io, world, "f");
  REQUIRE(before.size() == 1);
  const auto known = manifest_from(io, before[0]);
  const test::TempDir target;
  bool complete = false;
  Fetch fetch(io, PeerId{1}, known, target / "f", {ProgressMode::none, {}},
              {[&] { complete = true; }, [](std::uint32_t) {}});
  fetch.start();
  place.dir.write("f", random_text(8u << 20, 2));
  fetch.add_holder(before[0]);
  // The node has seen it, and offers the new one alone.
  run_until(io, [&] {
    const auto now = asked(io, place.address(), "f")->entries;
    return now.size() == 1 && now[0].content_id != before[0].id;
  });
  CHECK_FALSE(complete);
  CHECK_FALSE(target.has("f"));
  bool finished = false;
  fetch.finish([&] { finished = true; });
  run_until(io, [&] { return finished; });
}

TEST_CASE("a dial that is under way when a fetch ends comes to nothing", "[share][network]") {
  asio::io_context io;
  World world;
  Place place(io, world);
  place.dir.write("f", "bytes");
  place.open(1);
  const auto holders = searched(io, world, "f");
  const auto known = manifest_from(io, holders.at(0));
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  acceptor.non_blocking(true);
  Holder holder = holders[0];
  holder.address.port = acceptor.local_endpoint().port();
  const test::TempDir target;
  auto fetch = std::make_unique<Fetch>(io, PeerId{1}, known, target / "f", Fetch::Options{},
                                       Fetch::Hooks{[] {}, [](std::uint32_t) {}});
  fetch->start();
  fetch->add_holder(holder);
  // One step at a time: the kernel has connected, and the dialer has not been told.
  tcp::socket dialled(io);
  for (std::error_code error = asio::error::would_block; error == asio::error::would_block;
       acceptor.accept(dialled, error)) {
    io.restart();
    io.run_one_for(1s);
  }
  fetch.reset();
  std::optional<std::size_t> heard;
  std::error_code end;
  std::byte first{};
  dialled.async_read_some(asio::buffer(&first, 1), [&](const std::error_code& read, std::size_t bytes) {
    end = read;
    heard = bytes;
  });
  run_until(io, [&] { return heard.has_value(); });
  CHECK(end == asio::error::eof);
  CHECK(*heard == 0);
}

TEST_CASE("exchanges that nobody takes part in are given up, and made anew", "[share][network]") {
  asio::io_context io;
  World world;
  Place place(io, world);
  place.dir.write("f", random_text(1u << 20));
  place.open(1);
  const auto holders = searched(io, world, "f");
  const auto known = manifest_from(io, holders.at(0));
  for (int round = 0; round < 3; ++round) {
    const test::TempDir target;
    bool complete = false;
    bool finished = false;
    Fetch fetch(io, PeerId{1}, known, target / "f", {ProgressMode::none, {}},
                {[&] { complete = true; }, [](std::uint32_t) {}});
    fetch.start();
    fetch.add_holder(holders[0]);
    run_until(io, [&] { return complete; });
    CHECK(target.read("f") == place.dir.read("f"));
    fetch.finish([&] { finished = true; });
    run_until(io, [&] { return finished; });
  }
  CHECK(place.node->sent_bytes() >= 3u << 20);
}

TEST_CASE("connections that say nothing, or nonsense, are ended and harm nobody", "[share][network]") {
  asio::io_context io;
  World world;
  Place place(io, world);
  place.dir.write("f", "bytes");
  place.open(1);
  std::vector<tcp::socket> silent;
  for (int i = 0; i < 300; ++i) {
    silent.emplace_back(io);
    silent.back().connect({asio::ip::address_v4::loopback(), place.address().port});
  }
  tcp::socket classic(io);
  classic.connect({asio::ip::address_v4::loopback(), place.address().port});
  const std::string hello = "P2PFILESHARINGPROJ" + std::string(13, '\0') + "\x07";
  asio::write(classic, asio::buffer(hello));
  tcp::socket http(io);
  http.connect({asio::ip::address_v4::loopback(), place.address().port});
  asio::write(http, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: localhost:5000\r\n\r\n")));
  for (tcp::socket* refused : {&classic, &http}) {
    bool ended = false;
    std::array<char, 1> byte{};
    refused->async_read_some(asio::buffer(byte),
                             [&](const std::error_code& error, std::size_t) { ended = static_cast<bool>(error); });
    run_until(io, [&] { return ended; });
  }
  CHECK(asked(io, place.address(), "f")->entries.size() == 1);
}

}  // namespace
}  // namespace p2p
