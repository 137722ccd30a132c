// Whom others have named: what is kept of it, and who is dialled.
#include "protocol/swarm/peer_book.hpp"

#include <set>

#include "tests/support/catch.hpp"

namespace p2p {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

Endpoint at(std::uint32_t machine, std::uint16_t port = 5000, unsigned network = 10) {
  Endpoint place{.port = port};
  place.ip[10] = place.ip[11] = std::byte{0xff};
  place.ip[12] = std::byte(network);
  for (int i = 0; i < 3; ++i) place.ip[15 - i] = std::byte(machine >> 8 * i);
  return place;
}

NamedPeer peer(std::uint32_t number, unsigned network = 10) { return {at(number, 5000, network), PeerId{number}}; }

struct Desk {
  Random random{1};
  PeerBook book{kStart};
  Instant now = kStart;

  void told(std::uint32_t teller, const std::vector<NamedPeer>& named) { book.add(named, at(teller), random, now); }
  std::optional<NamedPeer> draw() {
    return book.draw([](const NamedPeer&) { return true; }, random, now);
  }
  std::set<std::uint32_t> draw_all() {
    std::set<std::uint32_t> drawn;
    while (const auto each = draw()) drawn.insert(each->peer.value);
    return drawn;
  }
};

TEST_CASE("whoever was named is drawn once, and again after a minute", "[peers]") {
  Desk desk;
  CHECK_FALSE(desk.draw());
  desk.told(1, {peer(2), peer(3)});
  desk.told(4, {peer(2)});
  CHECK(desk.draw_all() == std::set<std::uint32_t>{2, 3});
  desk.now += PeerBook::kRetry - 1s;
  CHECK(desk.draw_all().empty());
  desk.now += 1s;
  CHECK(desk.draw_all() == std::set<std::uint32_t>{2, 3});
}

TEST_CASE("one who is not wanted is passed over, and not used up by that", "[peers]") {
  Desk desk;
  desk.told(1, {peer(2), peer(3)});
  CHECK(desk.book.draw([](const NamedPeer& each) { return each.peer == PeerId{3}; }, desk.random, desk.now)->peer ==
        PeerId{3});
  CHECK(desk.draw_all() == std::set<std::uint32_t>{2});
}

TEST_CASE("addresses that are no machine's are not kept, and the loopback's only from there", "[peers]") {
  Desk desk;
  Endpoint group_v6{.port = 5000}, link_local{.port = 5000}, nobody{.port = 5000};
  group_v6.ip[0] = std::byte{0xff};
  link_local.ip[0] = std::byte{0xfe};
  link_local.ip[1] = std::byte{0x80};
  link_local.ip[15] = std::byte{1};
  desk.told(1, {peer(9, 0),
                peer(9, 224),
                peer(9, 255),
                {group_v6, PeerId{9}},
                {link_local, PeerId{9}},
                {nobody, PeerId{9}},
                peer(9, 127)});
  CHECK(desk.book.size() == 0);
  desk.book.add(std::vector{peer(9, 127), peer(8)}, at(1, 5000, 127), desk.random, desk.now);
  CHECK(desk.draw_all() == std::set<std::uint32_t>{8, 9});
}

TEST_CASE("one who names thousands has a bounded place, and no larger share than one who names a few", "[peers]") {
  Desk desk;
  std::vector<NamedPeer> many;
  for (std::uint32_t i = 1000; i < 6000; ++i) many.push_back(peer(i));
  desk.told(1, many);
  CHECK(desk.book.size() == PeerBook::kMostByTeller);
  desk.told(2, {peer(1), peer(2), peer(3), peer(4), peer(5), peer(6)});
  int honest = 0;
  for (int i = 0; i < 12; ++i) honest += desk.draw()->peer.value < 1000;
  CHECK(honest >= 3);  // six at the mean
}

TEST_CASE("tellers are bounded; who has told nothing for longest is forgotten", "[peers]") {
  Desk desk;
  for (std::uint32_t teller = 0; teller < PeerBook::kMostTellers + 10; ++teller) {
    desk.told(teller, {peer(10'000 + teller)});
    desk.now += 1ms;
  }
  CHECK(desk.book.size() == PeerBook::kMostTellers);
  const auto drawn = desk.draw_all();
  CHECK_FALSE(drawn.contains(10'000));
  CHECK(drawn.contains(10'000 + PeerBook::kMostTellers + 9));
}

TEST_CASE("dials are bounded, whatever is named", "[peers]") {
  Desk desk;
  for (std::uint32_t teller = 0; teller < PeerBook::kMostTellers; ++teller) {
    std::vector<NamedPeer> named;
    for (std::uint32_t i = 0; i < PeerBook::kMostByTeller; ++i) named.push_back(peer(1000 * teller + i));
    desk.told(teller, named);
  }
  CHECK(desk.draw_all().size() == PeerBook::kDialBurst);
  desk.now += 10s;
  CHECK(desk.draw_all().size() == 10);
}

TEST_CASE("who gave wrong bytes is not dialled by the word of those before", "[peers]") {
  Desk desk;
  desk.told(1, {peer(2), peer(3)});
  desk.book.forget(PeerId{2});
  CHECK(desk.draw_all() == std::set<std::uint32_t>{3});
}

}  // namespace
}  // namespace p2p
