// Neighbors of an open swarm name each other.
#include "protocol/wire/features.hpp"
#include "tests/support/stage.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;
using test::Remote;
using test::Scene;
using test::Stage;

constexpr ContentPrefix kContent{std::byte{7}};

Scene getter() {
  return {.stored = "00000", .content = kContent, .open = true, .listens_at = 7000, .wanted_neighbors = 4};
}
Scene sharer() { return {.stored = "11111", .content = kContent, .open = true, .listens_at = 5000}; }

Endpoint at(unsigned machine, std::uint16_t port, unsigned network = 10) {
  Endpoint place{.port = port};
  place.ip[10] = place.ip[11] = std::byte{0xff};
  place.ip[12] = std::byte(network);
  place.ip[15] = std::byte(machine);
  return place;
}

void greets(Stage& stage, Remote& remote, std::uint32_t id, bool names_peers = true) {
  stage.swarm.on_handshake(remote.link(),
                           {PeerId{id}, encode(Features{.names_peers = names_peers, .content = kContent})}, stage.now);
  stage.settle();
}

void says_peers(Stage& stage, Remote& remote, std::uint16_t port, std::vector<NamedPeer> named = {}) {
  stage.swarm.on_message(
      remote.link(), PeersMessage{port, std::make_shared<const std::vector<NamedPeer>>(std::move(named))}, stage.now);
  stage.settle();
}

/// A neighbor that came from a machine, and says where it listens; what it hears is dropped.
Remote& comes(Stage& stage, std::uint32_t id, const std::string& map = "00000", std::uint16_t port = 6000,
              unsigned network = 10) {
  Remote& remote = stage.accepts(id);
  stage.swarm.on_remote(remote.link(), at(id, 40'000, network));
  greets(stage, remote, id);
  if (remote.closed()) return remote;
  remote.says("bitfield " + map);
  remote.hears();
  says_peers(stage, remote, port);
  return remote;
}

TEST_CASE("each end says where it listens, behind its bitfield", "[swarm][peers]") {
  Stage stage(sharer());
  Remote& guest = stage.accepts();
  stage.swarm.on_remote(guest.link(), at(1, 40'000));
  greets(stage, guest, 77);
  CHECK(guest.hears() == "handshake 1001, bitfield 11111, listens at 5000");
}

TEST_CASE("one that does not understand it hears nothing of it", "[swarm][peers]") {
  Stage stage(sharer());
  comes(stage, 5);
  Remote& guest = stage.accepts();
  stage.swarm.on_remote(guest.link(), at(1, 40'000));
  greets(stage, guest, 77, false);
  CHECK(guest.hears() == "handshake 1001, bitfield 11111");
  says_peers(stage, guest, 6000);
  CHECK(guest.reason().find("has not said that it does so") != std::string::npos);
}

TEST_CASE("those who come are told of each other at once", "[swarm][peers]") {
  Stage stage(sharer());
  Remote& first = comes(stage, 11);
  CHECK(first.hears().empty());
  Remote& second = stage.accepts(12);
  stage.swarm.on_remote(second.link(), at(12, 40'000));
  greets(stage, second, 12);
  CHECK(second.hears() == "handshake 1001, bitfield 11111, listens at 5000 names 11");
  second.says("bitfield 00000");
  says_peers(stage, second, 6000);
  CHECK(first.hears() == "listens at 5000 names 12");
}

TEST_CASE("only news is told: soon after the first time, then after pauses that double, at last every ten seconds",
          "[swarm][peers]") {
  Stage stage(sharer());
  Remote& first = comes(stage, 11);
  comes(stage, 12);
  CHECK(first.hears() == "listens at 5000 names 12");
  comes(stage, 13);
  CHECK(first.hears().empty());
  stage.passes(500ms);
  CHECK(first.hears() == "listens at 5000 names 13");
  std::vector<int> at_100ms;  // when it was told, while somebody new came all the time
  for (int step = 0; step < 600; ++step) {
    comes(stage, static_cast<std::uint32_t>(14 + step));
    stage.passes(100ms);
    if (first.hears().find("names") != std::string::npos) at_100ms.push_back(step);
  }
  CHECK(at_100ms.size() >= 10);
  CHECK(at_100ms.size() <= 13);
  CHECK(at_100ms[0] <= 10);
  CHECK(at_100ms.back() - at_100ms[at_100ms.size() - 2] >= 100);
}

TEST_CASE("one who listens nowhere or at a small port, who has not said where, or is gone is not named",
          "[swarm][peers]") {
  Stage stage(sharer());
  comes(stage, 11, "00000", 0);
  comes(stage, 12, "00000", 80);
  Remote& silent = stage.accepts(13);
  stage.swarm.on_remote(silent.link(), at(13, 40'000));
  greets(stage, silent, 13);
  comes(stage, 14).leaves();
  Remote& last = comes(stage, 15);
  stage.passes(1min);
  CHECK(last.hears().empty());
}

TEST_CASE("who is on the loopback is named there alone", "[swarm][peers]") {
  Stage stage(sharer());
  comes(stage, 11, "00000", 6000, 127);
  Remote& far = comes(stage, 12);
  Remote& near = comes(stage, 13, "00000", 6000, 127);
  stage.passes(1min);
  CHECK(far.hears().empty());
  CHECK(near.hears().find("names") == std::string::npos);  // it heard of both when it came
  Remote& last = stage.accepts(14);
  stage.swarm.on_remote(last.link(), at(14, 40'000, 127));
  greets(stage, last, 14);
  const std::string heard = last.hears();
  for (const char* id : {" 11", " 12", " 13"}) CHECK(heard.find(id) != std::string::npos);
}

TEST_CASE("a message has fifty at most", "[swarm][peers]") {
  Stage stage(sharer());
  for (std::uint32_t id = 1; id <= 80; ++id) comes(stage, id);
  Remote& last = stage.accepts(200);
  stage.swarm.on_remote(last.link(), at(200, 40'000));
  greets(stage, last, 200);
  const std::string heard = last.hears();
  const std::string names = heard.substr(heard.find("names"));
  CHECK(std::ranges::count(names, ' ') == 50);
}

TEST_CASE("a getter meets those whom others name, as long as it has too few neighbors", "[swarm][peers]") {
  Stage stage(getter());
  Remote& teller = comes(stage, 11, "11111");
  std::vector<NamedPeer> named;
  for (unsigned i = 50; i < 60; ++i) named.push_back({at(i, 6000), PeerId{i}});
  says_peers(stage, teller, 6000, named);
  CHECK(stage.to_meet().size() == 3);
  for (std::uint32_t id = 21; id <= 24; ++id) comes(stage, id);
  stage.to_meet();
  stage.passes(1min);
  CHECK(stage.to_meet().empty());
}

TEST_CASE("neither ourselves nor one that is linked is met, and nobody when all is there", "[swarm][peers]") {
  Stage stage(getter());
  Remote& teller = comes(stage, 11, "11111");
  comes(stage, 12);
  says_peers(stage, teller, 6000, {{at(1, 7000), PeerId{1001}}, {at(12, 6000), PeerId{12}}});
  CHECK(stage.to_meet().empty());
  Stage complete(sharer());
  Remote& other = comes(complete, 11);
  says_peers(complete, other, 6000, {{at(50, 6000), PeerId{50}}});
  CHECK(complete.to_meet().empty());
}

TEST_CASE("one who names others again and again is cut off", "[swarm][peers]") {
  Stage stage(getter());
  Remote& talker = comes(stage, 11);
  for (int i = 0; i < 100 && !talker.closed(); ++i) says_peers(stage, talker, 6000);
  CHECK(talker.reason() == "a flood of named peers");
}

TEST_CASE("of two connections that cross both ends keep the one that the larger ID dialled", "[swarm][peers]") {
  for (const std::uint32_t other : {500u, 2000u}) {
    Stage stage(getter());
    const PeerId handle{Swarm::kFirstHandle};
    stage.swarm.add_neighbor(handle, PeerId{other}, stage.now);
    stage.passes(0s);
    Remote& came = stage.accepts(9);
    stage.swarm.on_remote(came.link(), at(9, 40'000));
    greets(stage, came, other);
    Remote& ours = stage.dials(handle.value);
    stage.swarm.on_remote(ours.link(), at(9, 6000));
    greets(stage, ours, other);
    CHECK(came.closed() == (other < 1001));
    CHECK(ours.closed() == (other > 1001));
    CHECK(stage.swarm.linked_neighbors() == 1);
  }
}

TEST_CASE("somebody else who shows its ID does not take the place of a peer that we dialled", "[swarm][peers]") {
  Stage stage(getter());
  const PeerId handle{Swarm::kFirstHandle};
  stage.swarm.add_neighbor(handle, PeerId{2000}, stage.now);
  stage.passes(0s);
  Remote& ours = stage.dials(handle.value);
  stage.swarm.on_remote(ours.link(), at(9, 6000));
  greets(stage, ours, 2000);
  Remote& other = stage.accepts(8);
  stage.swarm.on_remote(other.link(), at(8, 40'000));
  greets(stage, other, 2000);
  CHECK_FALSE(ours.closed());
  CHECK(stage.swarm.is_linked(PeerId{2000}, at(9, 0).origin()));
}

}  // namespace
}  // namespace p2p
