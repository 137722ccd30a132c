// A private network's part of a DHT, by OpenDHT itself on the loopback: what members find, and what a stranger who
// knows the number and the keys, which go over the line in clear, can read, put and end.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "peer/discovery/announcement.hpp"
#include "peer/discovery/dht_module.hpp"
#include "peer/discovery/discovery.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/networks.hpp"
#include "tests/support/stream_pair.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::private_network;
using test::run_until;
using test::text;
using udp = asio::ip::udp;

const Holding kHolding{"moon landing.txt", ContentId{std::byte{0xcc}, std::byte{0xdd}, std::byte{0xee}}, 123'456};
const std::string kHost = "127.0.0.1";

std::uint16_t free_port() {
  asio::io_context io;
  return udp::socket(io, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

/// Again and again, until it holds. The deadline only ends a hang.
template <class Condition>
void eventually(Condition&& condition) {
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (!condition()) REQUIRE(std::chrono::steady_clock::now() < until);
}

class Member {
 public:
  Member(asio::io_context& io, const Network& network, std::uint32_t id, const std::vector<std::uint16_t>& join = {})
      : io_(io) {
    DiscoveryOptions options{.network = network, .self = Node{PeerId{id}, kHost, port}, .port = port};
    for (const std::uint16_t other : join) options.join.push_back({kHost, other});
    dht = make_dht(io, options);
  }

  bool finds(const std::string& name) {
    bool found = false;
    bool done = false;
    dht->find_name(
        name, [&](const Found& each) { found = found || each.holding == kHolding; }, [&] { done = true; });
    run_until(io_, [&] { return done; });
    return found;
  }

  const std::uint16_t port = free_port();
  std::unique_ptr<Discovery> dht;

 private:
  asio::io_context& io_;
};

/// One that holds something, and another that has found it.
struct Pair {
  Pair(asio::io_context& io, const Network& network)
      : holder(io, network, 0x1a2b3c4d), other(io, network, 2, {holder.port}) {
    holder.dht->announce(kHolding);
    eventually([&] { return other.finds(kHolding.name); });
  }
  Member holder, other;
};

/// A node of OpenDHT with another program, which keeps whatever it gets.
class Stranger {
 public:
  Stranger(asio::io_context& io, const Network& network, std::uint16_t member) : io_(io) {
    REQUIRE(no_dht().empty());
    const auto anything = [](auto&&...) { return true; };
    node_ = open_dht_node(io,
                          {.network = network_number(network),
                           .v4 = asio::ip::address_v4::loopback(),
                           .largest_value = 4'096,
                           .may_store = anything,
                           .may_replace = anything},
                          [this](bool connected) { connected_ = connected; });
    node_->contact({{asio::ip::address_v4::loopback(), member}});
    run_until(io, [&] { return connected_; });
  }

  std::vector<Bytes> look(const DhtKey& key) {
    std::vector<Bytes> all;
    bool done = false;
    const auto search = node_->get(
        key, [&](const std::vector<Bytes>& values) { all.insert(all.end(), values.begin(), values.end()); },
        [&] { done = true; });
    run_until(io_, [&] { return done; });
    return all;
  }
  std::vector<Bytes> dump(const DhtKey& key) {
    std::vector<Bytes> all;
    eventually([&] { return !(all = look(key)).empty(); });
    return all;
  }
  /// Has all of them sent to whoever is near the key, and waits until they have answered.
  void put(const DhtKey& key, const std::vector<std::pair<std::uint64_t, Bytes>>& values) {
    for (const auto& [number, bytes] : values) node_->take_back({DhtValue{key, number, bytes}}, 10s);
  }

 private:
  asio::io_context& io_;
  std::unique_ptr<DhtNode> node_;
  bool connected_ = false;
};

TEST_CASE("members of a private network find each other, and a stranger reads nothing", "[dht]") {
  asio::io_context io{1};
  const Network lab = private_network();
  Pair members(io, lab);

  Stranger stranger(io, lab, members.holder.port);
  for (const DhtKey& key : {node_key(lab), name_key(lab, kHolding.name), content_key(lab, kHolding.id)})
    for (const Bytes& value : stranger.dump(key)) {
      // It is what members read there,
      CHECK(read_value(value, lab));
      // and nobody else.
      for (const Network& none : {Network("lab"), private_network("lab", 1), private_network("lab2")})
        CHECK_FALSE(read_value(value, none));
      for (const Bytes& clear : {text("lab"), text("moon"), text(kHost), test::hex("1a2b3c4d"), test::hex("ccddee00")})
        CHECK(std::ranges::search(value, clear).empty());
    }
  // Whoever guesses the name of the network and of the file looks elsewhere.
  CHECK(stranger.look(node_key(Network("lab"))).empty());
  CHECK(stranger.look(name_key(Network("lab"), kHolding.name)).empty());
}

TEST_CASE("what a stranger puts is not kept", "[dht]") {
  asio::io_context io{1};
  const Network lab = private_network();
  Member one(io, lab, 1);
  Member other(io, lab, 2, {one.port});
  const DhtKey key = name_key(lab, kHolding.name);
  const Bytes encoding = encode(Announcement{.seal = {}, .node = {PeerId{3}, kHost, 1}, .holding = kHolding});
  const Bytes foreign = to_value(encoding, private_network("lab", 1));
  const Bytes members = to_value(encoding, lab);
  const auto numbered = [](const Bytes& value) { return std::pair(announcement_number(value), value); };
  {
    Stranger stranger(io, lab, one.port);
    stranger.put(key, {numbered(encoding), numbered(foreign), {7, members}, numbered(members)});
  }
  // A member's own, which was recorded, is all that is there when the one who put it has gone.
  Stranger next(io, lab, one.port);
  const std::vector<Bytes> kept = next.dump(key);
  CHECK(std::ranges::count(kept, members) > 0);
  CHECK(std::ranges::all_of(kept, [&](const Bytes& value) { return value == members; }));
}

TEST_CASE("a stranger ends no member's announcement, and the member does", "[dht]") {
  asio::io_context io{1};
  const Network lab = private_network();
  Pair members(io, lab);

  const DhtKey key = name_key(lab, kHolding.name);
  Stranger stranger(io, lab, members.holder.port);
  for (const Bytes& value : stranger.dump(key)) {
    const std::uint64_t number = announcement_number(value);
    const Bytes withdrawal = encode(Withdrawal{});
    stranger.put(key, {{number, withdrawal},
                       {number, to_value(withdrawal, lab)},
                       {number, to_value(withdrawal, private_network("lab", 1))},
                       {number, text("anything")}});
  }
  eventually([&] { return members.other.finds(kHolding.name); });
  members.holder.dht->withdraw(kHolding);
  eventually([&] { return !members.other.finds(kHolding.name); });
}

}  // namespace
}  // namespace p2p
